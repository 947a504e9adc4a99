//! What `kv export` prints and `kv import` reads: keys with flags and values in base64.

use super::fields::{DecodeError, Fields, Fill, value_list};
use crate::json::{self, Value};

/// A key to write, as a file of exported keys has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportEntry {
    /// The key.
    pub key: String,
    /// Its flags.
    pub flags: u64,
    /// Its value in base64.
    pub value: String,
    /// Consul Enterprise's, which is to be empty.
    pub namespace: String,
    /// Likewise.
    pub partition: String,
}

impl Fill for ImportEntry {
    fn fill(&mut self, fields: &mut Fields, folded: &str, _: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "key" => fields.string("key", value, &mut self.key),
            "flags" => fields.uint("flags", value, &mut self.flags),
            "value" => fields.string("value", value, &mut self.value),
            "namespace" => fields.string("namespace", value, &mut self.namespace),
            "partition" => fields.string("partition", value, &mut self.partition),
            // Members of later versions are let through, as Consul does.
            _ => {}
        }
        Ok(())
    }
}

/// Reads a file of exported keys; `null` is none.
///
/// # Errors
/// [`DecodeError`] with Go's text.
pub fn import_entries(bytes: &[u8]) -> Result<Vec<ImportEntry>, DecodeError> {
    value_list(json::parse_whole(bytes)?, ("[]*impexp.Entry", "impexp.Entry"), "Entry")
}

#[test]
fn entries_are_read_by_gos_rules() {
    let read = |text: &str| import_entries(text.as_bytes()).map_err(|error| error.to_string());
    let entry = ImportEntry { key: "c".to_owned(), flags: 3, value: "aGk=".to_owned(), ..ImportEntry::default() };
    assert_eq!(read(r#"[{"Key":"c","VALUE":"aGk=","flags":3,"extra":1}]"#), Ok(vec![entry]));
    assert_eq!(read("null"), Ok(Vec::new()));
    for (text, refused) in [
        ("{}", "json: cannot unmarshal object into Go value of type []*impexp.Entry"),
        ("[] t", "invalid character 't' after top-level value"),
        (r#"[{"key":5}]"#, "json: cannot unmarshal number into Go struct field Entry.key of type string"),
        (r#"[{"flags":"3"}]"#, "json: cannot unmarshal string into Go struct field Entry.flags of type uint64"),
        (r#"[{"flags":-1}]"#, "json: cannot unmarshal number -1 into Go struct field Entry.flags of type uint64"),
    ] {
        assert_eq!(read(text), Err(refused.to_owned()));
    }
}

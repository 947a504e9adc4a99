//! `meta.json`: Consul's members, and muster's.

use super::FORMAT;
use super::reading::ArchiveError;
use crate::json::{self, ObjectWriter, Value, parse_uint};

/// What an archive says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveMeta {
    /// A name for people: Consul's form, term-index-milliseconds.
    pub id: String,
    /// The registry's index.
    pub index: u64,
    /// The level of rules that reading the state needs.
    pub rules: u32,
    /// How long `state.bin` is.
    pub size: u64,
}

impl ArchiveMeta {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut object = ObjectWriter::new(&mut out);
        object.uint("Version", 1);
        object.string("ID", &self.id);
        object.uint("Index", self.index);
        object.uint("Term", 1);
        object.raw("Peers", "null");
        object.raw("Configuration", r#"{"Servers":[]}"#);
        object.uint("ConfigurationIndex", 0);
        object.uint("Size", self.size);
        let mut own = ObjectWriter::new(object.member("Muster"));
        own.uint("Format", u64::from(FORMAT));
        own.uint("Rules", u64::from(self.rules));
        own.end();
        object.end();
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ArchiveError> {
        let damaged = || ArchiveError::Damaged { what: "its meta.json cannot be read" };
        let value = json::parse(bytes).map_err(|_| damaged())?;
        let object = value.as_object().ok_or_else(damaged)?;
        let number = |value: Option<&Value>| match value {
            Some(Value::Number(text)) => parse_uint(text).map_err(|_| damaged()),
            _ => Err(damaged()),
        };
        let Some(own) = object.get("Muster").and_then(Value::as_object) else {
            let raft = object.get("Index").is_some() && object.get("Term").is_some();
            return Err(if raft { ArchiveError::Consul } else { damaged() });
        };
        let format = number(own.get("Format"))?;
        if format > u64::from(FORMAT) {
            return Err(ArchiveError::NewerFormat { found: format });
        }
        Ok(Self {
            id: object.get("ID").and_then(Value::as_str).unwrap_or_default().to_owned(),
            index: number(object.get("Index"))?,
            rules: u32::try_from(number(own.get("Rules"))?).map_err(|_| damaged())?,
            size: number(object.get("Size"))?,
        })
    }
}

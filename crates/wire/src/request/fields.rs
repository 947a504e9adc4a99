//! Typed fields out of JSON by the rules of Go's encoding/json with unknown fields refused: names
//! without case, `null` ignored, the last of repeated members wins, the first type error is reported.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::base64_text;
pub(super) use super::decode_error::DecodeError;
use super::go_list::GoList;
use crate::duration_text::{GoDuration, InvalidDuration};
use crate::json::{self, Object, Value};

/// One Go structure being filled.
pub(super) struct Fields {
    structure: &'static str,
    path: Vec<&'static str>,
    /// Consul decodes into the types of its client: they have other names than the server's own.
    of_client: bool,
    /// Go goes on after a wrong type and reports the first.
    saved: Option<DecodeError>,
}

/// Fills a structure member by member: the folded name, the name as sent, the value.
pub(super) trait Fill {
    /// Takes one member; an error ends the decoding at once.
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError>;

    /// Once all members are taken.
    fn finish(&mut self) -> Result<(), DecodeError> {
        Ok(())
    }
}

/// Decodes a whole body into `target`. `go_type` is Go's name of its type; `structure` and `path` are what Go's errors say of its fields.
pub(super) fn body(
    bytes: &[u8],
    go_type: &'static str,
    structure: &'static str,
    path: &[&'static str],
    target: &mut impl Fill,
) -> Result<(), DecodeError> {
    match json::parse(bytes)? {
        Value::Null => Ok(()),
        Value::Object(object) => {
            Fields { structure, path: path.to_vec(), of_client: false, saved: None }.run(&object, target)
        }
        other => Err(DecodeError::Body { value: other.kind(), expected: go_type }),
    }
}

/// Decodes a body that is a list of structures; a null one is none. `types` are Go's names of the list and of the
/// structures, `structure` is what its errors say of fields.
pub(super) fn body_list<T: Fill + Default>(
    bytes: &[u8],
    types: (&'static str, &'static str),
    structure: &'static str,
) -> Result<Vec<T>, DecodeError> {
    value_list(json::parse(bytes)?, types, structure)
}

/// The same of a body that is read already.
pub(super) fn value_list<T: Fill + Default>(
    body: Value,
    types: (&'static str, &'static str),
    structure: &'static str,
) -> Result<Vec<T>, DecodeError> {
    let (list_type, item_type) = types;
    let items = match body {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        other => return Err(DecodeError::Body { value: other.kind(), expected: list_type }),
    };
    let mut list = Vec::new();
    for item in items {
        match item {
            Value::Null => {}
            Value::Object(object) => {
                let mut target = T::default();
                Fields { structure, path: Vec::new(), of_client: true, saved: None }.run(&object, &mut target)?;
                list.push(target);
            }
            other => return Err(DecodeError::Body { value: other.kind(), expected: item_type }),
        }
    }
    Ok(list)
}

impl Fields {
    /// Decodes on its own: what was saved is told at the end.
    fn run(mut self, object: &Object, target: &mut impl Fill) -> Result<(), DecodeError> {
        self.members(object, target)?;
        self.saved.map_or(Ok(()), Err)?;
        target.finish()
    }

    fn members(&mut self, object: &Object, target: &mut impl Fill) -> Result<(), DecodeError> {
        for (name, value) in &object.0 {
            target.fill(self, &name.to_lowercase(), name, value)?;
        }
        Ok(())
    }

    /// Go's name of a type: the server's own or the client's.
    pub fn go<T>(&self, server: T, client: T) -> T {
        if self.of_client { client } else { server }
    }

    /// A field that nobody knows.
    pub fn unknown(&mut self, name: &str) {
        self.save(DecodeError::UnknownField(name.to_owned()));
    }

    fn save(&mut self, error: DecodeError) {
        self.saved.get_or_insert(error);
    }

    fn field(&self, name: &str) -> String {
        let mut path: Vec<&str> = self.path.clone();
        path.push(name);
        // Names of map entries are the user's and do not stand in Go's path.
        path.retain(|segment| !segment.is_empty());
        path.join(".")
    }

    fn wrong(&mut self, name: &str, value: &Value, expected: &'static str) {
        let value = match (value, expected) {
            (Value::Number(text), "int" | "uint" | "uint64" | "uint8") => format!("number {text}"),
            _ => value.kind().to_owned(),
        };
        self.save(DecodeError::Type { value, structure: self.structure, field: self.field(name), expected });
    }

    /// Takes a field that Consul's structure has beside the type that it embeds: Go's path does not name that.
    pub fn beside<T>(&mut self, take: impl FnOnce(&mut Self) -> T) -> T {
        let embedded = self.path.pop();
        let taken = take(self);
        self.path.extend(embedded);
        taken
    }

    /// A string.
    pub fn string(&mut self, name: &str, value: &Value, slot: &mut String) {
        self.text(name, "string", value, slot);
    }

    /// A string that has a type of its own in Go.
    pub fn text(&mut self, name: &str, go_type: &'static str, value: &Value, slot: &mut String) {
        match value {
            Value::Null => {}
            Value::String(text) => slot.clone_from(text),
            other => self.wrong(name, other, go_type),
        }
    }

    /// An integer. Go's are of 64 bits; ours of 32 are enough for every field that has one.
    pub fn int(&mut self, name: &str, value: &Value, slot: &mut i32) {
        match value {
            Value::Null => {}
            Value::Number(text) if text.parse::<i32>().is_ok() => *slot = text.parse().unwrap_or_default(),
            other => self.wrong(name, other, "int"),
        }
    }

    /// A number that is not negative.
    pub fn uint(&mut self, name: &str, value: &Value, slot: &mut u64) {
        match value {
            Value::Null => {}
            Value::Number(text) if text.parse::<u64>().is_ok() => *slot = text.parse().unwrap_or_default(),
            other => self.wrong(name, other, "uint64"),
        }
    }

    /// The same where Go leaves its length to the machine; of ours half as many.
    pub fn machine_uint(&mut self, name: &str, value: &Value, slot: &mut i64) {
        match value {
            Value::Null => {}
            Value::Number(text) if text.parse().is_ok_and(|number: i64| number >= 0) => {
                *slot = text.parse().unwrap_or_default();
            }
            other => self.wrong(name, other, "uint"),
        }
    }

    /// Indexes that a client may send back; nobody reads them.
    pub fn index(&mut self, folded: &str, value: &Value) {
        let (name, of_client) = match folded {
            "createindex" => ("RaftIndex.CreateIndex", "CreateIndex"),
            _ => ("RaftIndex.ModifyIndex", "ModifyIndex"),
        };
        self.uint(self.go(name, of_client), value, &mut 0);
    }

    /// Bytes, in base64 or one by one.
    pub fn bytes(&mut self, name: &str, value: &Value, slot: &mut Vec<u8>) {
        match value {
            Value::Null => slot.clear(),
            Value::String(text) => match base64_text::decode(text) {
                Ok(bytes) => *slot = bytes,
                Err(at) => self.save(DecodeError::Base64(at)),
            },
            Value::Array(items) => {
                slot.resize(items.len(), 0);
                for (item, place) in items.iter().zip(slot) {
                    match item {
                        // What stood in the place stays.
                        Value::Null => {}
                        Value::Number(text) if text.parse::<u8>().is_ok() => *place = text.parse().unwrap_or_default(),
                        other => self.wrong(name, other, "uint8"),
                    }
                }
            }
            other => self.wrong(name, other, "[]uint8"),
        }
    }

    /// Something else where a list should be; `null` is none.
    pub fn not_a_list(&mut self, name: &str, go_type: &'static str, value: &Value) {
        if *value != Value::Null {
            self.wrong(name, value, go_type);
        }
    }

    /// A truth value.
    pub fn bool(&mut self, name: &str, value: &Value, slot: &mut bool) {
        match value {
            Value::Null => {}
            Value::Bool(flag) => *slot = *flag,
            other => self.wrong(name, other, "bool"),
        }
    }

    /// A list of strings.
    pub fn strings(&mut self, name: &str, value: &Value, slot: &mut GoList<Arc<str>>) {
        self.texts(name, ("[]string", "string"), value, slot);
    }

    /// A list of strings that have a type of their own in Go: its names for the list and for one.
    pub fn texts(
        &mut self,
        name: &str,
        types: (&'static str, &'static str),
        value: &Value,
        slot: &mut GoList<Arc<str>>,
    ) {
        let (list_type, item_type) = types;
        match value {
            Value::Null => slot.clear(),
            Value::Array(items) => {
                for (item, place) in items.iter().zip(slot.comes_with(items.len())) {
                    // Go leaves what stood in a place where `null` comes.
                    let mut text = place.to_string();
                    self.text(name, item_type, item, &mut text);
                    *place = Arc::from(text);
                }
            }
            other => self.wrong(name, other, list_type),
        }
    }

    /// An object of strings.
    pub fn map(&mut self, name: &str, value: &Value, slot: &mut BTreeMap<Arc<str>, Arc<str>>) {
        match value {
            Value::Null => slot.clear(),
            Value::Object(object) => {
                for (key, item) in &object.0 {
                    let mut text = String::new();
                    self.string(name, item, &mut text);
                    slot.insert(Arc::from(&**key), Arc::from(text));
                }
            }
            other => self.wrong(name, other, "map[string]string"),
        }
    }

    /// A plain nested structure: a wrong type in it does not end the decoding.
    pub fn nested(
        &mut self,
        name: &'static str,
        go_name: (&'static str, &'static str),
        value: &Value,
        target: &mut impl Fill,
    ) -> Result<(), DecodeError> {
        let (structure, go_type) = go_name;
        // A map is no structure: what is wrong in it is its owner's.
        let structure = if structure.is_empty() { self.structure } else { structure };
        match value {
            Value::Null => Ok(()),
            Value::Object(object) => {
                let mut path = self.path.clone();
                path.push(name);
                let mut inner = Fields { structure, path, of_client: self.of_client, saved: self.saved.take() };
                let filled = inner.members(object, target);
                self.saved = inner.saved;
                filled
            }
            other => {
                self.wrong(name, other, go_type);
                Ok(())
            }
        }
    }

    /// A list of plain nested structures; `null` among them is none. `go_name`: of the list, of one of them.
    pub fn nested_list<T: Fill + Default>(
        &mut self,
        name: &'static str,
        list_type: &'static str,
        go_name: (&'static str, &'static str),
        value: &Value,
        slot: &mut GoList<Option<T>>,
    ) -> Result<(), DecodeError> {
        self.list(name, list_type, value, slot, |fields, item, target| fields.nested(name, go_name, item, target))
    }

    /// A list of pointers: Go goes on with what stood in a place, and `null` is a pointer to nothing.
    fn list<T: Default>(
        &mut self,
        name: &str,
        list_type: &'static str,
        value: &Value,
        slot: &mut GoList<Option<T>>,
        take: impl Fn(&mut Self, &Value, &mut T) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        match value {
            Value::Null => slot.clear(),
            Value::Array(items) => {
                for (item, place) in items.iter().zip(slot.comes_with(items.len())) {
                    match item {
                        Value::Null => *place = None,
                        item => take(self, item, place.get_or_insert_default())?,
                    }
                }
            }
            other => self.wrong(name, other, list_type),
        }
        Ok(())
    }

    /// A nested structure that Consul decodes by itself (Go's `UnmarshalJSON`): any error ends the whole.
    pub fn custom(
        &mut self,
        name: &'static str,
        go_type: &'static str,
        value: &Value,
        target: &mut impl Fill,
    ) -> Result<(), DecodeError> {
        match value {
            Value::Null => Ok(()),
            Value::Object(object) => {
                let mut path = self.path.clone();
                path.extend([name, "Alias"]);
                Fields { structure: self.structure, path, of_client: self.of_client, saved: None }.run(object, target)
            }
            other => {
                self.wrong(name, other, go_type);
                self.saved.take().map_or(Ok(()), Err)
            }
        }
    }

    /// A list of such structures.
    pub fn custom_list<T: Fill + Default>(
        &mut self,
        name: &'static str,
        go_type: (&'static str, &'static str),
        value: &Value,
        slot: &mut GoList<Option<T>>,
    ) -> Result<(), DecodeError> {
        let (list_type, item_type) = go_type;
        self.list(name, list_type, value, slot, |fields, item, target| fields.custom(name, item_type, item, target))
    }
}

/// A duration as Consul takes it: a Go string or nanoseconds. What is neither is ignored, as there.
pub(super) fn duration(value: &Value) -> Result<Option<GoDuration>, InvalidDuration> {
    match value {
        Value::String(text) => GoDuration::parse(text).map(Some),
        Value::Number(text) => Ok(text.parse().ok().map(|nanos: f64| GoDuration::from_nanos(go_integer(nanos)))),
        _ => Ok(None),
    }
}

/// What Go makes of a number that an integer of 64 bits may not hold: the smallest there is.
fn go_integer(number: f64) -> i64 {
    const END: f64 = 9_223_372_036_854_775_808.0;
    if (-END..END).contains(&number) { number as i64 } else { i64::MIN }
}

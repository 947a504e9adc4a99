//! A JSON value as it was read.

use std::fmt;

use super::{ArrayWriter, ObjectWriter, push_string};

/// A JSON value. Numbers stay text, since Go reads them by the type that they are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`: for Go the same as not being there.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// The number's text.
    Number(String),
    /// A string, unescaped; what is no UTF-8 became U+FFFD.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// An object.
    Object(Object),
}

/// An object's members in the order they were written, repeated names included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Object(pub Vec<(String, Value)>);

impl Object {
    /// The value of the last member of this exact name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// As it was written, but for blanks and escapes.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::new();
        self.write(&mut out);
        f.write_str(&String::from_utf8_lossy(&out))
    }
}

impl Value {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Self::Number(text) => out.extend_from_slice(text.as_bytes()),
            Self::String(text) => push_string(out, text),
            Self::Array(items) => {
                let mut list = ArrayWriter::new(out);
                items.iter().for_each(|item| item.write(list.item()));
                list.end();
            }
            Self::Object(Object(members)) => {
                let mut object = ObjectWriter::new(out);
                members.iter().for_each(|(name, value)| value.write(object.entry(name)));
                object.end();
            }
        }
    }

    /// What Go's errors call it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// The members, if it is an object.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The elements, if it is a list.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

//! The tree that a text becomes.

use crate::Position;

/// A value with the place where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it begins.
    pub position: Position,
    /// What it is.
    pub value: Value,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// JSON's `null`; HCL has none.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string or a heredoc, escapes resolved; `${…}` stands as it was written.
    Text(String),
    /// A list, or in HCL all blocks of one name.
    List(Vec<Node>),
    /// An object.
    Object(Object),
}

/// A number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// Without point and exponent.
    Integer {
        /// Its value.
        value: i64,
        /// How it was written: `0600` is 384, and whoever takes it for a count may want to say so.
        base: Base,
    },
    /// With point or exponent.
    Float(f64),
}

/// How an integer was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// `10`.
    Decimal,
    /// `012`: a zero in front.
    Octal,
    /// `0xa`.
    Hexadecimal,
}

/// Keys with their values, in the order in which each key was first written. Each key stands once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object {
    /// The members.
    pub members: Vec<Member>,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The key.
    pub key: String,
    /// Where the key was last written.
    pub position: Position,
    /// Its value.
    pub node: Node,
}

impl Object {
    /// The value of this exact key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.members.iter().find(|member| member.key == key).map(|member| &member.node)
    }
}

impl Value {
    /// What it is called in messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::List(_) => "list",
            Self::Object(_) => "object",
        }
    }
}

impl Node {
    /// The object: itself, or the only one in a list, as blocks are (Go's weak decoding from slices).
    pub fn object(&self) -> Option<&Object> {
        match &self.value {
            Value::Object(object) => Some(object),
            Value::List(items) if items.len() == 1 => match &items[0].value {
                Value::Object(object) => Some(object),
                _ => None,
            },
            _ => None,
        }
    }
}

//! A key's value with the place that it comes from.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use muster_hcl::{Node, Position};
use muster_model::duration_text::GoDuration;

/// A value, checked against the key's kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    Bool(bool),
    Int(i64),
    Number(f64),
    Text(String),
    Duration(GoDuration),
    List(Vec<String>),
    Map(BTreeMap<String, String>),
    Blocks(Vec<Block>),
    /// Something that nobody looks at.
    Any,
}

/// One block, or one object of a list, with the file that it stands in.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub file: Arc<str>,
    pub node: Node,
}

/// Where a value was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    File(Arc<str>, Position),
    Flag(&'static str),
}

/// A value with its origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub setting: Setting,
    pub origin: Origin,
}

impl Setting {
    /// Nothing in it: it asks for nothing.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Map(items) => items.is_empty(),
            Self::Blocks(items) => items.is_empty(),
            _ => false,
        }
    }
}

impl Origin {
    /// How a message about `path` begins: the place and what is meant.
    pub fn of(&self, path: &str) -> String {
        match self {
            Self::File(..) => format!("{self}: key {path:?}"),
            Self::Flag(name) => format!("flag -{name}"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file, position) => write!(formatter, "{file}:{position}"),
            Self::Flag(name) => write!(formatter, "flag -{name}"),
        }
    }
}

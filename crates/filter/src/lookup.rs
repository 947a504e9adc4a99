//! How rows are asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::field::Field;

/// A row that answers for itself, without being turned into something else first.
pub trait Lookup {
    /// Calls `test` with what `path` leads to and returns what it said. Where the path leads through
    /// records in a row, each is tested until one says yes; with none, the answer is no. Behind a key
    /// that a map has not, [`Value::Missing`] is tested. `path` is one that the row's table has.
    fn test(&self, path: Path<'_>, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool;
}

/// The names of a selector that lie ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path<'a>(&'a [String]);

impl<'a> Path<'a> {
    pub(crate) fn new(selector: &'a [String]) -> Self {
        Self(selector)
    }

    /// The next name and what follows; none at the end.
    pub fn next(self) -> Option<(&'a str, Self)> {
        self.0.split_first().map(|(name, rest)| (name.as_str(), Self(rest)))
    }

    /// Whether the path leads no further.
    pub fn is_end(self) -> bool {
        self.0.is_empty()
    }
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// A [`crate::Field::Text`].
    Text(&'a str),
    /// A [`crate::Field::Int`].
    Int(i64),
    /// A [`crate::Field::Bool`].
    Bool(bool),
    /// [`crate::Field::Texts`].
    Texts(&'a [Arc<str>]),
    /// A [`crate::Field::TextMap`].
    TextMap(&'a BTreeMap<Arc<str>, Arc<str>>),
    /// A [`crate::Field::RecordMap`] itself: whether a key is there, and whether there is any.
    Keys(&'a dyn Keys),
    /// [`crate::Field::Records`] themselves: how many.
    Count(usize),
    /// What would lie behind a map's key, but the key is not there.
    Missing,
}

/// A map's keys.
pub trait Keys: std::fmt::Debug {
    /// Whether the key is there.
    fn has(&self, key: &str) -> bool;
    /// Whether there is none.
    fn is_empty(&self) -> bool;
}

impl<T: std::fmt::Debug> Keys for BTreeMap<Arc<str>, T> {
    fn has(&self, key: &str) -> bool {
        self.contains_key(key)
    }

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }
}

impl Value<'_> {
    /// Tests a map of texts, or the text behind one of its keys.
    pub fn test_texts(
        map: &BTreeMap<Arc<str>, Arc<str>>,
        path: Path<'_>,
        test: &mut dyn FnMut(Value<'_>) -> bool,
    ) -> bool {
        match path.next() {
            None => test(Value::TextMap(map)),
            Some((key, _)) => test(map.get(key).map_or(Value::Missing, |text| Value::Text(text))),
        }
    }

    /// Tests what lies in a field that is never set: empty, 0, false.
    pub fn test_unset(field: Field, path: Path<'_>, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let mut field = field;
        let mut path = path;
        while let Some((name, rest)) = path.next() {
            match field {
                Field::Records(_) => return false,
                Field::TextMap | Field::RecordMap(_) => return test(Value::Missing),
                _ => {}
            }
            let Some(next) = field.within(name) else { return false };
            (field, path) = (next, rest);
        }
        match field {
            Field::Text => test(Value::Text("")),
            Field::Int => test(Value::Int(0)),
            Field::Bool => test(Value::Bool(false)),
            Field::Texts => test(Value::Texts(&[])),
            Field::TextMap | Field::RecordMap(_) => test(Value::Keys(&BTreeMap::<Arc<str>, ()>::new())),
            Field::Records(_) => test(Value::Count(0)),
            Field::Record(_) => false,
        }
    }
}

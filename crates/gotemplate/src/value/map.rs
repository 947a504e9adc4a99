//! Maps.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Value, compare};
use crate::Type;

/// A map's pairs with their types, in the order that Go prints and ranges over them.
#[derive(Debug, Clone)]
pub struct Map {
    key: Arc<Type>,
    element: Arc<Type>,
    pairs: Vec<(Value, Value)>,
}

impl Map {
    /// A map of `pairs`; of those with the same key, the last counts.
    pub fn new(key: Type, element: Type, mut pairs: Vec<(Value, Value)>) -> Self {
        // Sorted backwards and turned, so that of equal keys the last given comes first and stays.
        pairs.reverse();
        pairs.sort_by(|(a, _), (b, _)| compare(a, b));
        pairs.dedup_by(|(later, _), (kept, _)| compare(later, kept) == Ordering::Equal);
        Self { key: Arc::new(key), element: Arc::new(element), pairs }
    }

    /// A `map[string]string`.
    pub fn of_strings(pairs: impl IntoIterator<Item = (Value, Value)>) -> Self {
        Self::new(Type::String, Type::String, pairs.into_iter().collect())
    }

    /// The keys' type.
    pub fn key(&self) -> &Arc<Type> {
        &self.key
    }

    /// The elements' type, which missing keys have the zero value of.
    pub fn element(&self) -> &Arc<Type> {
        &self.element
    }

    /// The element under `key`.
    pub fn get(&self, key: &Value) -> Option<&Value> {
        let found = self.pairs.binary_search_by(|(other, _)| compare(other, key)).ok()?;
        Some(&self.pairs[found].1)
    }

    /// The element under a text, in a map whose keys are strings.
    pub(crate) fn get_text(&self, key: &[u8]) -> Option<&Value> {
        let found = self.pairs.binary_search_by(|(other, _)| match other.as_bytes() {
            Some(other) => other.cmp(key),
            None => Ordering::Less,
        });
        Some(&self.pairs[found.ok()?].1)
    }

    /// Keys and elements, sorted by key.
    pub fn pairs(&self) -> &[(Value, Value)] {
        &self.pairs
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_and_keeps_the_last_of_equal_keys() {
        let pair = |key: &str, value| (Value::from(key), Value::int(value));
        let map = Map::new(Type::String, Type::INT, vec![pair("b", 1), pair("a", 2), pair("b", 3)]);
        assert_eq!(map.len(), 2);
        assert_eq!(map.get(&Value::from("b")).unwrap().to_string(), "3");
        assert_eq!(map.get_text(b"a").unwrap().to_string(), "2");
        assert!(map.get_text(b"c").is_none());
    }
}

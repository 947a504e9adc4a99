//! Reading keys.

use std::sync::Arc;

use muster_model::KvEntry;

use super::Answer;
use crate::state::State;

impl State {
    /// The entry at `key`.
    pub fn key(&self, key: &str) -> Answer<Option<Arc<KvEntry>>> {
        let index = self.kv.index_of(key);
        match self.kv.get(key) {
            Some(entry) => self.answer(index, Some(Arc::clone(entry))),
            None => self.missing(index, None),
        }
    }

    /// All entries whose keys start with `prefix`, in key order.
    pub fn keys_under(&self, prefix: &str) -> Answer<Vec<Arc<KvEntry>>> {
        let entries: Vec<_> = self.kv.under(prefix).cloned().collect();
        let index = self.kv.index_under(prefix);
        if entries.is_empty() { self.missing(index, entries) } else { self.answer(index, entries) }
    }

    /// The keys that start with `prefix`, each cut after the first `separator` beyond the prefix, each once.
    pub fn key_names_under(&self, prefix: &str, separator: &str) -> Answer<Vec<Arc<str>>> {
        let mut names: Vec<Arc<str>> = Vec::new();
        for entry in self.kv.under(prefix) {
            let key = entry.key.as_str();
            let beyond = &key[prefix.len()..];
            let end = match beyond.find(separator) {
                Some(place) if !separator.is_empty() => prefix.len() + place + separator.len(),
                _ => key.len(),
            };
            if names.last().is_none_or(|last| **last != key[..end]) {
                names.push(Arc::from(&key[..end]));
            }
        }
        let index = self.kv.index_under(prefix);
        if names.is_empty() { self.missing(index, names) } else { self.answer(index, names) }
    }
}

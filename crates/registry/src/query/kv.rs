//! Reading keys.

use std::sync::Arc;

use muster_model::KvEntry;

use super::Answer;
use crate::state::{State, Topic};

impl State {
    /// What to wait for where one asks for `topic`: around what is not there now, what is there.
    pub(crate) fn awaited(&self, topic: &Topic) -> Topic {
        match topic {
            Topic::KeysUnder(prefix) => match self.kv.nearest(prefix) {
                all if all.len() == prefix.len() => topic.clone(),
                part => Topic::KeysUnder(Arc::from(part)),
            },
            _ => topic.clone(),
        }
    }

    /// The entry at `key`.
    pub fn key(&self, key: &str) -> Answer<Option<Arc<KvEntry>>> {
        let index = self.kv.index_of(key);
        match self.kv.get(key) {
            Some(entry) => self.answer(index, Some(Arc::clone(entry))),
            None => self.missing(index, None),
        }
    }

    /// All entries whose keys start with `prefix`, in key order. Where there is none, a change around it is one of the
    /// answer, as in Consul: clients that watch several prefixes one after the other, as Spring Cloud's configuration
    /// does, are held by one that is empty until the longest wait is over, and look at the others only then.
    pub fn keys_under(&self, prefix: &str) -> Answer<Vec<Arc<KvEntry>>> {
        let entries: Vec<_> = self.kv.under(prefix).cloned().collect();
        self.answer(self.kv.index_under(prefix), entries)
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
        self.answer(self.kv.index_under(prefix), names)
    }
}

//! Rules of the key-value store.

use std::sync::Arc;

use muster_model::{Index, Key, KvEntry};

use super::{Changes, State, Topic};
use crate::command::{KvSet, Outcome, Rejection};
use crate::seeded::{SeededBug, is_seeded};

impl State {
    /// A put that changes nothing moves no index; a plain put leaves a lock's holder as it is.
    pub(super) fn kv_set(&mut self, set: &KvSet, index: Index, changes: &mut Changes) -> Result<Outcome, Rejection> {
        let present = self.kv.get(set.key.as_str());
        let holds = match (set.cas, present) {
            (None, _) => true,
            (Some(Index(0)), present) => present.is_none(),
            (Some(asked), Some(entry)) if is_seeded(SeededBug::StaleCas) => entry.modified >= asked,
            (Some(asked), Some(entry)) => entry.modified == asked,
            (Some(_), None) => false,
        };
        if !holds {
            return Ok(Outcome::Declined);
        }
        let entry = KvEntry {
            key: set.key.clone(),
            value: Arc::clone(&set.value),
            flags: set.flags,
            session: present.and_then(|entry| entry.session.clone()),
            lock_index: present.map_or(0, |entry| entry.lock_index),
            created: present.map_or(index, |entry| entry.created),
            modified: index,
        };
        #[cfg(test)]
        let entry = self.seeded_rule(entry);
        self.put_entry(entry, changes);
        Ok(Outcome::Done)
    }

    /// The rule that came with a later level, for tests of levels.
    #[cfg(test)]
    fn seeded_rule(&self, entry: KvEntry) -> KvEntry {
        if self.rules.0 < super::rules::SEEDED_LEVEL {
            return entry;
        }
        KvEntry { value: Arc::from(entry.value.to_ascii_uppercase()), ..entry }
    }

    /// Deleting what is not there succeeds, whatever the condition; condition 0 never holds for a key that is there.
    pub(super) fn kv_delete(
        &mut self,
        key: &Key,
        cas: Option<Index>,
        index: Index,
        changes: &mut Changes,
    ) -> Result<Outcome, Rejection> {
        let Some(entry) = self.kv.get(key.as_str()) else {
            return Ok(Outcome::Done);
        };
        if cas.is_some_and(|asked| asked != entry.modified) {
            return Ok(Outcome::Declined);
        }
        self.remove_entry(key, index, changes);
        Ok(Outcome::Done)
    }

    pub(super) fn kv_delete_under(
        &mut self,
        prefix: &str,
        index: Index,
        changes: &mut Changes,
    ) -> Result<Outcome, Rejection> {
        for entry in self.kv.remove_under(prefix, index) {
            self.note_unlocked(entry.session.as_ref(), &entry.key);
            changes.touch(Topic::Key(entry.key.clone()));
        }
        Ok(Outcome::Done)
    }
}

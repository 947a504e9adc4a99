//! What keys were at every point of the order, and what a transaction does to them.

use std::collections::BTreeMap;

use crate::event::{Entry, Step};

/// The steps that fail.
pub(super) type Failed = Vec<usize>;
/// What keys become; `None`: deleted.
pub(super) type Written = BTreeMap<String, Option<Entry>>;

/// All versions of all keys, each with the point from which it holds.
#[derive(Debug, Default)]
pub(super) struct Model {
    versions: BTreeMap<String, Vec<(u64, Option<Entry>)>>,
}

impl Model {
    /// What a key is at a point.
    fn at(&self, key: &str, point: u64) -> Option<&Entry> {
        let versions = self.versions.get(key)?;
        let after = versions.partition_point(|(from, _)| *from <= point);
        versions[..after].last()?.1.as_ref()
    }

    /// All keys under a prefix at a point.
    pub(super) fn under(&self, prefix: &str, point: u64) -> Vec<Entry> {
        let keys = self.versions.range(prefix.to_owned()..).map(|(key, _)| key);
        keys.take_while(|key| key.starts_with(prefix)).filter_map(|key| self.at(key, point).cloned()).collect()
    }

    /// Whether it was so at some point before.
    pub(super) fn was_before(&self, prefix: &str, point: u64, list: &[Entry]) -> bool {
        let keys = self.versions.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix));
        let mut points = keys.flat_map(|(_, versions)| versions.iter().map(|(from, _)| *from)).chain([0]);
        points.any(|earlier| earlier < point && self.under(prefix, earlier) == list)
    }

    /// What a transaction answers and changes, done at `index` upon the state at `point`; or which steps fail.
    pub(super) fn outcome(&self, steps: &[Step], point: u64, index: u64) -> Result<(Vec<Entry>, Written), Failed> {
        let (mut results, mut failed, mut written) = (Vec::new(), Vec::new(), Written::new());
        for (at, step) in steps.iter().enumerate() {
            match self.step(step, point, index, &mut written) {
                Ok(entry) => results.extend(entry),
                Err(()) => failed.push(at),
            }
        }
        if failed.is_empty() { Ok((results, written)) } else { Err(failed) }
    }

    /// What the steps that do not fail change.
    pub(super) fn forced(&self, steps: &[Step], index: u64) -> Written {
        let mut written = Written::new();
        for step in steps {
            let step = match step {
                Step::Cas(key, value, _) => Step::Set(key.clone(), value.clone()),
                Step::DeleteCas(key, _) => Step::Delete(key.clone()),
                other => other.clone(),
            };
            let _ = self.step(&step, index - 1, index, &mut written);
        }
        written
    }

    /// Keeps what was written.
    pub(super) fn keep(&mut self, written: Written, index: u64) {
        for (key, entry) in written {
            self.versions.entry(key).or_default().push((index, entry));
        }
    }

    fn step(&self, step: &Step, point: u64, index: u64, written: &mut Written) -> Result<Option<Entry>, ()> {
        let (Step::Set(key, _)
        | Step::Cas(key, ..)
        | Step::Delete(key)
        | Step::DeleteCas(key, _)
        | Step::CheckIndex(key, _)
        | Step::Get(key)) = step;
        let present = match written.get(key) {
            Some(entry) => entry.clone(),
            None => self.at(key, point).cloned(),
        };
        let modified = present.as_ref().map(|entry| entry.modified);
        match step {
            Step::Cas(_, _, 0) if present.is_some() => Err(()),
            Step::Cas(_, _, asked) if *asked > 0 && modified != Some(*asked) => Err(()),
            Step::Set(_, value) | Step::Cas(_, value, _) => {
                let entry = Entry {
                    key: key.clone(),
                    value: Some(value.clone()),
                    created: present.map_or(index, |entry| entry.created),
                    modified: index,
                    lock: 0,
                    session: None,
                };
                written.insert(key.clone(), Some(entry.clone()));
                Ok(Some(entry))
            }
            Step::DeleteCas(_, asked) if present.is_some() && modified != Some(*asked) => Err(()),
            Step::Delete(_) | Step::DeleteCas(..) => {
                if present.is_some() {
                    written.insert(key.clone(), None);
                }
                Ok(None)
            }
            Step::CheckIndex(_, asked) if modified != Some(*asked) => Err(()),
            Step::CheckIndex(..) | Step::Get(_) => present.map(Some).ok_or(()),
        }
    }
}

//! Transactions: every operation on one copy of the state, which is kept whole or thrown away whole.

mod entity;

use std::sync::Arc;

use muster_model::{Index, Key, KvEntry, KvOperation, KvWrite, Operation, SessionId};

use super::{Changes, State};
use crate::command::{KvSet, OperationError, OperationFailure, OperationResult, Outcome, Rejection, Subject};

/// What an operation answers, or why it fails.
type Answered = Result<Vec<OperationResult>, OperationFailure>;

impl State {
    /// Runs a transaction. Keys in lock-delay are found first, as in Consul: then nothing is even tried.
    pub(super) fn transact(
        &mut self,
        operations: &[Operation],
        index: Index,
        changes: &mut Changes,
    ) -> Result<Outcome, Rejection> {
        let delayed = self.refused_early(operations);
        if !delayed.is_empty() {
            return Err(Rejection::Transaction(delayed));
        }
        self.run(operations, index, changes).map(Outcome::Transaction).map_err(Rejection::Transaction)
    }

    /// The operations on keys in lock-delay.
    pub fn refused_early(&self, operations: &[Operation]) -> Vec<OperationError> {
        let refused = |(at, operation): (usize, &Operation)| match operation {
            Operation::Kv(KvOperation::Lock(write, _)) if self.is_delayed(&write.key) => {
                Some(OperationError { at, failure: OperationFailure::LockDelay(write.key.clone()) })
            }
            _ => None,
        };
        operations.iter().enumerate().filter_map(refused).collect()
    }

    /// Runs all operations, also after one failed, so that every failure is told.
    pub(crate) fn run(
        &mut self,
        operations: &[Operation],
        index: Index,
        changes: &mut Changes,
    ) -> Result<Vec<OperationResult>, Vec<OperationError>> {
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for (at, operation) in operations.iter().enumerate() {
            let answered = match operation {
                Operation::Kv(operation) => self.run_kv(operation, index, changes),
                Operation::Node(operation) => self.run_node(operation, index, changes),
                Operation::Service(operation) => self.run_service(operation, index, changes),
                Operation::Check(operation) => self.run_check(operation, index, changes),
            };
            match answered {
                Ok(more) => results.extend(more),
                Err(failure) => errors.push(OperationError { at, failure }),
            }
        }
        if errors.is_empty() { Ok(results) } else { Err(errors) }
    }

    fn run_kv(&mut self, operation: &KvOperation, index: Index, changes: &mut Changes) -> Answered {
        match operation {
            KvOperation::Set(write, cas) => self.run_set(write, *cas, index, changes),
            KvOperation::Lock(write, session) => match self.kv_lock(write, session, index, changes)? {
                Outcome::Done => Ok(self.entry_without_value(&write.key)),
                _ => Err(OperationFailure::LockHeld(write.key.clone())),
            },
            KvOperation::Unlock(write, session) => match self.kv_release(write, session, index, changes) {
                Outcome::Done => Ok(self.entry_without_value(&write.key)),
                _ => Err(OperationFailure::LockNotHeld(write.key.clone())),
            },
            KvOperation::Delete(key, cas) => match self.kv_delete(key, *cas, index, changes)? {
                Outcome::Done => Ok(Vec::new()),
                _ => Err(OperationFailure::StaleDelete(Subject::Key(key.clone()))),
            },
            KvOperation::DeleteTree(prefix) => {
                self.kv_delete_under(prefix, index, changes)?;
                Ok(Vec::new())
            }
            read => self.run_kv_read(read),
        }
    }

    fn run_set(&mut self, write: &KvWrite, cas: Option<Index>, index: Index, changes: &mut Changes) -> Answered {
        let KvWrite { key, value, flags } = write.clone();
        match self.kv_set(&KvSet { key, value, flags, cas }, index, changes)? {
            Outcome::Done => Ok(self.entry_without_value(&write.key)),
            _ => Err(OperationFailure::StaleSet(Subject::Key(write.key.clone()))),
        }
    }

    fn run_kv_read(&self, operation: &KvOperation) -> Answered {
        let missing = |key: &Key| OperationFailure::Missing(Subject::Key(key.clone()));
        let with_value = |entry: &Arc<KvEntry>| OperationResult::Kv { entry: Arc::clone(entry), with_value: true };
        match operation {
            KvOperation::Get(key) => {
                let entry = self.kv.get(key.as_str()).ok_or_else(|| missing(key))?;
                Ok(vec![with_value(entry)])
            }
            KvOperation::GetOrEmpty(key) => {
                let entry = self.kv.get(key.as_str()).cloned().unwrap_or_else(|| Arc::new(empty(key)));
                Ok(vec![with_value(&entry)])
            }
            KvOperation::GetTree(prefix) => Ok(self.kv.under(prefix).map(with_value).collect()),
            KvOperation::CheckIndex(key, asked) => self.check_index(key, *asked),
            KvOperation::CheckSession(key, asked) => self.check_session(key, asked.as_ref()),
            KvOperation::CheckNotExists(key) => match self.kv.get(key.as_str()) {
                Some(_) => Err(OperationFailure::KeyExists(key.clone())),
                None => Ok(Vec::new()),
            },
            _ => Ok(Vec::new()),
        }
    }

    fn check_index(&self, key: &Key, asked: Index) -> Answered {
        match self.kv.get(key.as_str()) {
            None => Err(OperationFailure::NoKeyForIndex(key.clone())),
            Some(entry) if entry.modified != asked => {
                Err(OperationFailure::OtherIndex { key: key.clone(), current: entry.modified, asked })
            }
            Some(_) => Ok(self.entry_without_value(key)),
        }
    }

    fn check_session(&self, key: &Key, asked: Option<&SessionId>) -> Answered {
        let text = |session: Option<&SessionId>| session.map_or_else(|| Arc::from(""), SessionId::shared);
        match self.kv.get(key.as_str()) {
            None => Err(OperationFailure::NoKeyForSession(key.clone())),
            Some(entry) if entry.session.as_ref() != asked => Err(OperationFailure::OtherSession {
                key: key.clone(),
                current: text(entry.session.as_ref()),
                asked: text(asked),
            }),
            Some(_) => Ok(self.entry_without_value(key)),
        }
    }

    /// What a write or a check of a key answers: the entry, but not its value.
    fn entry_without_value(&self, key: &Key) -> Vec<OperationResult> {
        let entry = self.kv.get(key.as_str());
        entry.map(|entry| OperationResult::Kv { entry: Arc::clone(entry), with_value: false }).into_iter().collect()
    }
}

/// What is answered for a key that is not there.
fn empty(key: &Key) -> KvEntry {
    let write = KvWrite { key: key.clone(), value: Arc::from([]), flags: 0 };
    super::lock::written(&write, None, None, 0, Index(0))
}

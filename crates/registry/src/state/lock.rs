//! Rules of locks: keys that a session holds.

use std::sync::Arc;
use std::time::Duration;

use muster_model::{Index, Key, KvEntry, KvWrite, SessionId};

use super::{Changes, State, Timer, TimerChange};
use crate::command::{Outcome, Rejection};
use crate::seeded::{SeededBug, is_seeded};

/// A key that nobody may lock for a while, since its holder's session was ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LockDelay {
    /// The index of the command that began it.
    pub(crate) epoch: Index,
    pub(crate) length: Duration,
}

impl State {
    /// Whether nobody may lock `key` for now.
    pub(super) fn is_delayed(&self, key: &Key) -> bool {
        self.lock_delays.contains_key(key) && !is_seeded(SeededBug::NoLockDelay)
    }

    /// Ends a lock-delay, unless it is another one by now. Nothing that can be read changes.
    pub(super) fn end_lock_delay(&mut self, key: &Key, epoch: Index, changes: &mut Changes) {
        if self.lock_delays.get(key).is_some_and(|delay| self.epoch_of(delay.epoch) == epoch) {
            self.lock_delays.remove(key);
            changes.timers.push(TimerChange::Stop(Timer::LockDelay(key.clone())));
        }
    }

    /// Puts a key and locks it. Declined while another session holds it or its lock-delay runs.
    pub(super) fn kv_acquire(
        &mut self,
        write: &KvWrite,
        session: &SessionId,
        index: Index,
        changes: &mut Changes,
    ) -> Result<Outcome, Rejection> {
        if self.is_delayed(&write.key) {
            return Ok(Outcome::Declined);
        }
        self.kv_lock(write, session, index, changes)
    }

    /// The same without a look at lock-delays. A holder may lock again: the value is put, the lock stays the same one.
    pub(super) fn kv_lock(
        &mut self,
        write: &KvWrite,
        session: &SessionId,
        index: Index,
        changes: &mut Changes,
    ) -> Result<Outcome, Rejection> {
        if !self.sessions.contains_key(session) {
            return Err(Rejection::InvalidSession(session.clone()));
        }
        let present = self.kv.get(write.key.as_str());
        let lock_index = match present {
            None => 1,
            Some(entry) => match &entry.session {
                None => entry.lock_index.saturating_add(1),
                Some(holder) if holder == session => entry.lock_index,
                Some(_) if is_seeded(SeededBug::StolenLock) => entry.lock_index.saturating_add(1),
                Some(_) => return Ok(Outcome::Declined),
            },
        };
        let entry = written(write, present.map(|entry| &**entry), Some(session.clone()), lock_index, index);
        self.put_entry(entry, changes);
        Ok(Outcome::Done)
    }

    /// Puts a key and unlocks it. Declined unless this session holds it.
    pub(super) fn kv_release(
        &mut self,
        write: &KvWrite,
        session: &SessionId,
        index: Index,
        changes: &mut Changes,
    ) -> Outcome {
        let present = self.kv.get(write.key.as_str()).filter(|entry| entry.session.as_ref() == Some(session));
        let Some(present) = present else { return Outcome::Declined };
        let entry = written(write, Some(present), None, present.lock_index, index);
        self.put_entry(entry, changes);
        Outcome::Done
    }

    /// Puts an entry, keeping in step which session holds what. One that is the same already moves nothing.
    pub(super) fn put_entry(&mut self, entry: KvEntry, changes: &mut Changes) {
        let present = self.kv.get(entry.key.as_str());
        let same = present.is_some_and(|old| KvEntry { modified: old.modified, ..entry.clone() } == **old);
        if same && !is_seeded(SeededBug::MovingNoOp) {
            return;
        }
        let holder = present.and_then(|old| old.session.clone());
        if holder != entry.session {
            self.note_unlocked(holder.as_ref(), &entry.key);
            self.note_locked(entry.session.as_ref(), &entry.key);
        }
        changes.touch(super::Topic::Key(entry.key.clone()));
        self.kv.insert(Arc::new(entry));
    }

    /// Takes an entry out, keeping in step which session holds what.
    pub(super) fn remove_entry(&mut self, key: &Key, index: Index, changes: &mut Changes) {
        if let Some(entry) = self.kv.remove(key.as_str(), index) {
            self.note_unlocked(entry.session.as_ref(), key);
            changes.touch(super::Topic::Key(key.clone()));
        }
    }

    pub(super) fn note_locked(&mut self, session: Option<&SessionId>, key: &Key) {
        if let Some(record) = session.and_then(|id| self.sessions.get_mut(id)) {
            Arc::make_mut(record).locks.insert(key.clone());
        }
    }

    pub(super) fn note_unlocked(&mut self, session: Option<&SessionId>, key: &Key) {
        if let Some(record) = session.and_then(|id| self.sessions.get_mut(id)) {
            Arc::make_mut(record).locks.remove(key);
        }
    }
}

/// The entry that a write makes out of the one that is there.
pub(super) fn written(
    write: &KvWrite,
    present: Option<&KvEntry>,
    session: Option<SessionId>,
    lock_index: u64,
    index: Index,
) -> KvEntry {
    KvEntry {
        key: write.key.clone(),
        value: Arc::clone(&write.value),
        flags: write.flags,
        session,
        lock_index,
        created: present.map_or(index, |entry| entry.created),
        modified: index,
    }
}

//! Rules of sessions: what they are tied to, and what becomes of their keys when they end.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use muster_model::{CheckStatus, Index, Indexed, Key, MAX_LOCK_DELAY, Session, SessionBehavior, SessionId};

use super::{Changes, LockDelay, State, Timer, TimerChange, Topic};
use crate::command::{Outcome, Rejection};
use crate::seeded::{SeededBug, is_seeded};

/// A session with the keys that it holds.
#[derive(Debug, Clone)]
pub(crate) struct SessionRecord {
    pub(crate) session: Indexed<Arc<Session>>,
    pub(crate) locks: OrdSet<Key>,
}

/// The sessions of a node that has some.
#[derive(Debug, Clone, Default)]
pub(crate) struct NodeSessions {
    pub(crate) ids: OrdSet<SessionId>,
    /// By the folded IDs of the checks that they are tied to.
    by_check: OrdMap<Arc<str>, OrdSet<SessionId>>,
    /// When one of them last came or went.
    pub(crate) index: Index,
}

impl State {
    /// A session needs its node, and its checks there and not critical.
    pub(super) fn create_session(
        &mut self,
        session: &Arc<Session>,
        index: Index,
        changes: &mut Changes,
    ) -> Result<Outcome, Rejection> {
        let node = session.node.folded();
        let Some(record) = self.nodes.get(&node) else { return Err(Rejection::MissingNode) };
        for id in session.checks() {
            match record.checks.get(&id.folded()) {
                None => return Err(Rejection::MissingCheck(id.clone())),
                Some(record) if record.check.value.status == CheckStatus::Critical => {
                    return Err(Rejection::CriticalCheck(id.clone()));
                }
                Some(_) => {}
            }
        }
        if self.sessions.contains_key(&session.id) {
            return Err(Rejection::SessionTaken(session.id.clone()));
        }
        self.list_session(Indexed { value: Arc::clone(session), created: index, modified: index });
        self.touch_sessions(&node, &session.id, index, changes);
        if let Some(after) = session.expires_after() {
            changes.timers.push(TimerChange::Start { timer: Timer::Session(session.id.clone()), after, epoch: index });
        }
        Ok(Outcome::Done)
    }

    /// Enters a session into the tables that list it.
    pub(super) fn list_session(&mut self, session: Indexed<Arc<Session>>) {
        let value = Arc::clone(&session.value);
        let mut listed = self.sessions_of(&value.node.folded());
        listed.ids.insert(value.id.clone());
        for check in value.checks() {
            listed.by_check.entry(check.folded()).or_default().insert(value.id.clone());
        }
        self.node_sessions.insert(value.node.folded(), Arc::new(listed));
        self.sessions.insert(value.id.clone(), Arc::new(SessionRecord { session, locks: OrdSet::new() }));
    }

    fn sessions_of(&self, node: &Arc<str>) -> NodeSessions {
        self.node_sessions.get(node).map(|listed| (**listed).clone()).unwrap_or_default()
    }

    fn touch_sessions(&mut self, node: &Arc<str>, id: &SessionId, index: Index, changes: &mut Changes) {
        self.indexes.sessions = index;
        if let Some(listed) = self.node_sessions.get_mut(node) {
            Arc::make_mut(listed).index = index;
        }
        changes.touch(Topic::Sessions);
        changes.touch(Topic::Session(id.clone()));
        changes.touch(Topic::NodeSessions(Arc::clone(node)));
    }

    /// The epoch of a timer that began at `begun`: a restore begins all anew.
    pub(super) fn epoch_of(&self, begun: Index) -> Index {
        begun.max(self.restored)
    }

    /// Ends a session whose time ran out, unless it is another one by now.
    pub(super) fn expire_session(&mut self, id: &SessionId, epoch: Index, index: Index, changes: &mut Changes) {
        if self.sessions.get(id).is_some_and(|record| self.epoch_of(record.session.created) == epoch) {
            self.end_session(id, index, changes);
        }
    }

    /// Ends a session: its keys are unlocked or deleted, and nobody locks them for a while. Ending what is not there
    /// changes nothing.
    pub(super) fn end_session(&mut self, id: &SessionId, index: Index, changes: &mut Changes) {
        let Some(record) = self.sessions.remove(id) else { return };
        let session = &record.session.value;
        let node = session.node.folded();
        let mut listed = self.sessions_of(&node);
        listed.ids.remove(id);
        for check in session.checks() {
            let check = check.folded();
            if let Some(tied) = listed.by_check.get_mut(&check) {
                tied.remove(id);
                if tied.is_empty() {
                    listed.by_check.remove(&check);
                }
            }
        }
        if listed.ids.is_empty() {
            self.node_sessions.remove(&node);
        } else {
            self.node_sessions.insert(Arc::clone(&node), Arc::new(listed));
        }
        self.indexes.session_gone = index;
        self.touch_sessions(&node, id, index, changes);
        if session.expires_after().is_some() {
            changes.timers.push(TimerChange::Stop(Timer::Session(id.clone())));
        }
        if is_seeded(SeededBug::KeptLock) {
            return;
        }
        for key in &record.locks {
            self.give_up(key, session, index, changes);
        }
    }

    fn give_up(&mut self, key: &Key, session: &Session, index: Index, changes: &mut Changes) {
        match session.behavior {
            SessionBehavior::Delete => self.remove_entry(key, index, changes),
            SessionBehavior::Release => {
                let Some(entry) = self.kv.get(key.as_str()) else { return };
                let mut entry = (**entry).clone();
                entry.session = None;
                entry.modified = index;
                self.put_entry(entry, changes);
            }
        }
        let length = session.lock_delay.min(MAX_LOCK_DELAY);
        if !length.is_zero() {
            self.lock_delays.insert(key.clone(), Arc::new(LockDelay { epoch: index, length }));
            let timer = Timer::LockDelay(key.clone());
            changes.timers.push(TimerChange::Start { timer, after: length, epoch: index });
        }
    }

    /// Ends the sessions that are tied to a check, since it went or is critical.
    pub(super) fn end_sessions_tied_to(
        &mut self,
        node: &Arc<str>,
        check: &Arc<str>,
        index: Index,
        changes: &mut Changes,
    ) {
        let tied = self.node_sessions.get(node).and_then(|listed| listed.by_check.get(check)).cloned();
        for id in tied.iter().flatten() {
            self.end_session(id, index, changes);
        }
    }

    /// Ends all sessions of a node.
    pub(super) fn end_sessions_on(&mut self, node: &Arc<str>, index: Index, changes: &mut Changes) {
        let ids = self.node_sessions.get(node).map(|listed| listed.ids.clone());
        for id in ids.iter().flatten() {
            self.end_session(id, index, changes);
        }
    }
}

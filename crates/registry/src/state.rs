//! The registry's whole state as an immutable value: persistent tables with their indexes.
//!
//! Readers hold a snapshot of it; only `apply` makes the next one. Derived tables (instances by
//! service name, tags, indexes) are kept here in step with what they derive from.

mod catalog;
mod check;
mod kv;
mod lock;
mod node;
mod radix;
mod record;
mod restore;
mod service;
mod session;
mod timer;
mod topic;
mod transaction;

use std::sync::Arc;

use imbl::OrdMap;
use muster_model::{Index, Key, SessionId};

pub(crate) use lock::LockDelay;
pub(crate) use radix::Radix;
pub(crate) use record::{CheckRecord, InstanceKey, NameRecord, NodeRecord, ServiceRecord};
pub(crate) use restore::RestoredName;
pub(crate) use session::{NodeSessions, SessionRecord};
pub(crate) use timer::{Timer, TimerChange};
pub use topic::Topic;

use crate::command::{Command, Outcome, Rejection};
use crate::seeded::{SeededBug, is_seeded};

/// The rules level that this build writes: which version of `apply`'s rules a batch is for.
pub const RULES_LEVEL: u32 = 1;

/// Everything the registry knows at one moment. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The index of the last effective command.
    pub(crate) index: Index,
    /// Per server incarnation, the number of its last applied batch.
    pub(crate) applied: OrdMap<u64, u64>,
    /// Nodes by folded name.
    pub(crate) nodes: OrdMap<Arc<str>, Arc<NodeRecord>>,
    /// Services by folded name, with their instances.
    pub(crate) names: OrdMap<Arc<str>, Arc<NameRecord>>,
    pub(crate) kv: Radix,
    pub(crate) sessions: OrdMap<SessionId, Arc<SessionRecord>>,
    /// By folded node name, the nodes that have sessions.
    pub(crate) node_sessions: OrdMap<Arc<str>, Arc<NodeSessions>>,
    pub(crate) lock_delays: OrdMap<Key, Arc<LockDelay>>,
    pub(crate) indexes: TableIndexes,
}

/// Indexes of lists, and floors for what is no longer there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TableIndexes {
    /// The list of nodes.
    pub(crate) nodes: Index,
    /// The list of service names with their tags.
    pub(crate) services: Index,
    /// All checks.
    pub(crate) checks: Index,
    /// Checks by status: passing, warning, critical.
    pub(crate) by_status: [Index; 3],
    /// When a node last went; the index of every node that is not there.
    pub(crate) node_gone: Index,
    /// When a service's last instance last went; the index of every service that has none.
    pub(crate) service_gone: Index,
    /// The list of sessions.
    pub(crate) sessions: Index,
    /// When a session last ended; the index of every session that is not there.
    pub(crate) session_gone: Index,
}

/// What a command changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) topics: Vec<Topic>,
    pub(crate) timers: Vec<TimerChange>,
}

impl Changes {
    pub(crate) fn touch(&mut self, topic: Topic) {
        self.topics.push(topic);
    }
}

impl State {
    /// The index of the last effective command; what `X-Consul-Index` never exceeds.
    pub fn index(&self) -> Index {
        self.index
    }

    /// Applies one command: the next state and what changed, or why not. Pure and total: no clock, no
    /// randomness, no I/O; a rejected command leaves everything as it is.
    pub(crate) fn apply(&mut self, command: &Command) -> (Result<Outcome, Rejection>, Changes) {
        let mut next = self.clone();
        let mut changes = Changes::default();
        let index = self.index.next();
        let result = match command {
            Command::Register(registration) => next.register(registration, index, &mut changes),
            Command::Deregister(target) => next.deregister(target, index, &mut changes),
            Command::Report { node, check, status, output } => {
                next.report(node, check, status, output, index, &mut changes)
            }
            Command::KvSet(set) => next.kv_set(set, index, &mut changes),
            Command::KvDelete { key, cas } => next.kv_delete(key, *cas, index, &mut changes),
            Command::KvDeleteUnder { prefix } => next.kv_delete_under(prefix, index, &mut changes),
            Command::KvAcquire { write, session } => next.kv_acquire(write, session, index, &mut changes),
            Command::KvRelease { write, session } => Ok(next.kv_release(write, session, index, &mut changes)),
            Command::SessionCreate(session) => next.create_session(session, index, &mut changes),
            Command::SessionDestroy(id) => {
                next.end_session(id, index, &mut changes);
                Ok(Outcome::Done)
            }
            Command::SessionExpire { id, epoch } => {
                next.expire_session(id, *epoch, index, &mut changes);
                Ok(Outcome::Done)
            }
            Command::LockDelayOver { key, epoch } => {
                next.end_lock_delay(key, *epoch, &mut changes);
                Ok(Outcome::Done)
            }
            Command::Transaction(operations) => next.transact(operations, index, &mut changes),
        };
        match result {
            Err(rejection) => {
                if is_seeded(SeededBug::HalfTransaction) && !changes.topics.is_empty() {
                    next.index = index;
                    *self = next;
                    return (Err(rejection), changes);
                }
                (Err(rejection), Changes::default())
            }
            Ok(outcome) => {
                let shares = is_seeded(SeededBug::SharedIndex) && index.0.is_multiple_of(5);
                if !changes.topics.is_empty() && !shares {
                    next.index = index;
                }
                *self = next;
                (Ok(outcome), changes)
            }
        }
    }
}

#[cfg(test)]
mod tests;

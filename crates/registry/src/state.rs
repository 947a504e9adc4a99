//! The registry's whole state as an immutable value: persistent tables with their indexes.
//!
//! Readers hold a snapshot of it; only `apply` makes the next one. Derived tables (instances by
//! service name, tags, indexes) are kept here in step with what they derive from.

mod catalog;
mod check;
mod compact;
mod deregistration;
mod kv;
mod lease;
mod lock;
mod node;
mod node_id;
mod radix;
mod record;
mod replace;
mod restore;
mod rules;
mod service;
mod session;
mod timer;
mod topic;
mod transaction;

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use muster_model::{Index, Key, SessionId};

pub(crate) use lease::Lease;
pub(crate) use lock::LockDelay;
pub(crate) use radix::Radix;
pub(crate) use record::{CheckRecord, InstanceKey, NameRecord, NodeRecord, ServiceRecord};
pub(crate) use replace::Staged;
pub(crate) use restore::RestoredName;
pub(crate) use rules::Level;
pub use rules::RULES_LEVEL;
#[cfg(test)]
pub(crate) use rules::SEEDED_LEVEL;
pub(crate) use session::{NodeSessions, SessionRecord};
pub(crate) use timer::{Timer, TimerChange};
pub use topic::Topic;

use crate::command::{Command, Outcome, Rejection};
use crate::seeded::{SeededBug, is_seeded};

/// Everything the registry knows at one moment. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The index of the last effective command.
    pub(crate) index: Index,
    /// The level of rules that `apply` goes by.
    pub(crate) rules: Level,
    /// When the state was last replaced by a snapshot's; 0: never.
    pub(crate) restored: Index,
    /// A restore that is under way. Not part of a snapshot: none is saved meanwhile.
    pub(crate) staged: Option<Arc<Staged>>,
    /// Per server incarnation, the number of its last applied batch.
    pub(crate) applied: OrdMap<u64, u64>,
    /// Nodes by folded name.
    pub(crate) nodes: OrdMap<Arc<str>, Arc<NodeRecord>>,
    /// The nodes that have an ID: both folded. Follows from the nodes.
    pub(crate) node_ids: OrdSet<(Arc<str>, Arc<str>)>,
    /// Services by folded name, with their instances.
    pub(crate) names: OrdMap<Arc<str>, Arc<NameRecord>>,
    pub(crate) kv: Radix,
    pub(crate) sessions: OrdMap<SessionId, Arc<SessionRecord>>,
    /// By folded node name, the nodes that have sessions.
    pub(crate) node_sessions: OrdMap<Arc<str>, Arc<NodeSessions>>,
    pub(crate) lock_delays: OrdMap<Key, Arc<LockDelay>>,
    /// By folded node name, the leases of nodes whose agents have one.
    pub(crate) leases: OrdMap<Arc<str>, Lease>,
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

    /// The rules level in effect.
    pub fn rules(&self) -> u32 {
        self.rules.0
    }

    /// Applies one command: the next state and what changed, or why not. Pure and total: no clock, no
    /// randomness, no I/O; a rejected command leaves everything as it is.
    pub(crate) fn apply(&mut self, command: &Command) -> (Result<Outcome, Rejection>, Changes) {
        let index = self.index.next();
        let mut changes = Changes::default();
        let result = match command {
            // Its operations are tried one after the other, so it may fail after some of them.
            Command::Transaction(operations) => {
                let mut next = self.clone();
                let result = next.transact(operations, index, &mut changes);
                if is_seeded(SeededBug::HalfTransaction) && result.is_err() && !changes.topics.is_empty() {
                    next.index = index;
                    *self = next;
                    return (result, changes);
                }
                if result.is_ok() {
                    *self = next;
                }
                result
            }
            // All others look first and change then.
            command => self.step(command, index, &mut changes),
        };
        match result {
            Err(rejection) => (Err(rejection), Changes::default()),
            Ok(outcome) => {
                let shares = is_seeded(SeededBug::SharedIndex) && index.0.is_multiple_of(5);
                if !changes.topics.is_empty() && !shares {
                    self.index = self.index.max(index);
                }
                (Ok(outcome), changes)
            }
        }
    }

    fn step(&mut self, command: &Command, index: Index, changes: &mut Changes) -> Result<Outcome, Rejection> {
        self.allows(command)?;
        match command {
            Command::Register(registration) => return self.register(registration, index, changes),
            Command::Deregister(target) => self.deregister(target, index, changes),
            Command::CatalogDeregister(target) => self.catalog_deregister(target, index, changes),
            Command::Report { node, check, status, output } => {
                return self.report(node, check, status, output, index, changes);
            }
            Command::KvSet(set) => return self.kv_set(set, index, changes),
            Command::KvDelete { key, cas } => return self.kv_delete(key, *cas, index, changes),
            Command::KvDeleteUnder { prefix } => return self.kv_delete_under(prefix, index, changes),
            Command::KvAcquire { write, session } => return self.kv_acquire(write, session, index, changes),
            Command::KvRelease { write, session } => return Ok(self.kv_release(write, session, index, changes)),
            Command::SessionCreate(session) => return self.create_session(session, index, changes),
            Command::Transaction(operations) => return self.transact(operations, index, changes),
            Command::Restore(step) => return self.restore_step(step, changes),
            Command::LeaseBegin { node, length } => return self.begin_lease(node, *length, index, changes),
            Command::SessionDestroy(id) => self.end_session(id, index, changes),
            Command::SessionExpire { id, epoch } => self.expire_session(id, *epoch, index, changes),
            Command::LockDelayOver { key, epoch } => self.end_lock_delay(key, *epoch, changes),
            Command::RaiseLevel(level) => self.rules.raise(*level),
            // For those who apply it, not for the state.
            Command::StateDigest(_) => {}
            Command::LeaseLapse { node, epoch } => self.lapse_lease(node, *epoch, index, changes),
        }
        Ok(Outcome::Done)
    }
}

#[cfg(test)]
mod tests;

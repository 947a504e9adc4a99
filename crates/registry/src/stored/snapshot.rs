//! A whole state as rows. Derived tables are not stored but for their indexes, which cannot be derived.

use std::time::Duration;

use muster_model::Index;
use serde::{Deserialize, Serialize};

use super::check::StoredCheck;
use super::parts::{StoredEntry, StoredNode, StoredOwner, StoredService, Text};
use super::session::StoredSession;
use super::{append, encode_list};
use crate::state::{Level, NodeRecord, State, TableIndexes};

#[derive(Serialize, Deserialize)]
pub(super) enum Row<'a> {
    /// First of all: counter, applied batches, list indexes.
    Head {
        index: u64,
        applied: Vec<(u64, u64)>,
        nodes: u64,
        services: u64,
        checks: u64,
        by_status: [u64; 3],
        node_gone: u64,
        service_gone: u64,
    },
    /// A node; its services and checks follow.
    Node { node: StoredNode<'a>, created: u64, modified: u64, services_index: u64, checks_index: u64 },
    /// An instance on the node before it.
    Service { service: StoredService<'a>, owner: StoredOwner, created: u64, modified: u64 },
    /// A check on the node before it.
    Check { check: StoredCheck<'a>, owner: StoredOwner, created: u64, modified: u64 },
    /// A service name's indexes, after all nodes.
    Name { name: Text<'a>, service_index: u64, health_index: u64, checks_index: u64 },
    /// A key.
    Entry(StoredEntry<'a>),
    /// A change in the tree of keys that no present key shows: a deletion. After all keys.
    KeyChange { path: Vec<u8>, index: u64 },
    /// A session, after all nodes and keys.
    Session { session: StoredSession<'a>, created: u64, modified: u64 },
    /// When the sessions of a node that has some last changed, after all sessions.
    NodeSessions { node: Text<'a>, index: u64 },
    /// The indexes of the list of sessions and of those that are gone.
    SessionIndexes { list: u64, gone: u64 },
    /// A key that may not be locked for now.
    LockDelay { key: Text<'a>, epoch: u64, length: Duration },
    /// The level of rules in effect, where it is above the first.
    Rules(u32),
    /// When the state was last replaced, where it ever was.
    Restored(u64),
    /// A node's lease.
    Lease { node: Text<'a>, epoch: u64, length: Duration, lapsed: bool },
}

/// The rows of a state in chunks, made as they are asked for.
pub(super) struct Chunks<'a> {
    rows: Box<dyn Iterator<Item = Row<'a>> + 'a>,
    chunk_bytes: usize,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(state: &'a State, chunk_bytes: usize) -> Self {
        Self { rows: Box::new(rows_of(state)), chunk_bytes }
    }
}

impl Iterator for Chunks<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let (mut rows, mut count) = (Vec::new(), 0);
        while rows.len() < self.chunk_bytes
            && let Some(row) = self.rows.next()
        {
            rows = append(&row, rows);
            count += 1;
        }
        (count > 0).then(|| encode_list(count, &rows))
    }
}

fn rows_of(state: &State) -> impl Iterator<Item = Row<'_>> {
    let indexes = &state.indexes;
    let head = Row::Head {
        index: state.index.0,
        applied: state.applied.iter().map(|(incarnation, number)| (*incarnation, *number)).collect(),
        nodes: indexes.nodes.0,
        services: indexes.services.0,
        checks: indexes.checks.0,
        by_status: indexes.by_status.map(|index| index.0),
        node_gone: indexes.node_gone.0,
        service_gone: indexes.service_gone.0,
    };
    let names = state.names.values().map(|record| Row::Name {
        name: record.name.as_str().into(),
        service_index: record.service_index.0,
        health_index: record.health_index.0,
        checks_index: record.checks_index.0,
    });
    let entries = state.kv.under("").map(|entry| Row::Entry((&**entry).into()));
    let changes = state.kv.unseen_changes().into_iter();
    std::iter::once(head)
        .chain(state.nodes.values().flat_map(|record| node_rows(record)))
        .chain(names)
        .chain(entries)
        .chain(changes.map(|(path, index)| Row::KeyChange { path, index: index.0 }))
        .chain(session_rows(state))
        .chain(control_rows(state))
}

fn control_rows(state: &State) -> impl Iterator<Item = Row<'_>> {
    let rules = (state.rules > Level::default()).then_some(Row::Rules(state.rules.0));
    let restored = (state.restored > Index(0)).then_some(Row::Restored(state.restored.0));
    let leases = state.leases.values().map(|lease| Row::Lease {
        node: lease.node.as_str().into(),
        epoch: lease.epoch.0,
        length: lease.length,
        lapsed: lease.lapsed,
    });
    rules.into_iter().chain(restored).chain(leases)
}

fn session_rows(state: &State) -> impl Iterator<Item = Row<'_>> {
    let sessions = state.sessions.values().map(|record| Row::Session {
        session: (&*record.session.value).into(),
        created: record.session.created.0,
        modified: record.session.modified.0,
    });
    let on_nodes = state.node_sessions.iter();
    let on_nodes = on_nodes.map(|(node, listed)| Row::NodeSessions { node: (&**node).into(), index: listed.index.0 });
    let delays = state.lock_delays.iter().map(|(key, delay)| Row::LockDelay {
        key: key.as_str().into(),
        epoch: delay.epoch.0,
        length: delay.length,
    });
    let TableIndexes { sessions: list, session_gone: gone, .. } = &state.indexes;
    let indexes = Row::SessionIndexes { list: list.0, gone: gone.0 };
    sessions.chain(on_nodes).chain(delays).chain(std::iter::once(indexes))
}

fn node_rows(record: &NodeRecord) -> impl Iterator<Item = Row<'_>> {
    let node = Row::Node {
        node: (&*record.node.value).into(),
        created: record.node.created.0,
        modified: record.node.modified.0,
        services_index: record.services_index.0,
        checks_index: record.checks_index.0,
    };
    let services = record.services.values().map(|service| Row::Service {
        service: (&*service.service.value).into(),
        owner: service.owner.into(),
        created: service.service.created.0,
        modified: service.service.modified.0,
    });
    let checks = record.checks.values().map(|check| Row::Check {
        check: (&*check.check.value).into(),
        owner: check.owner.into(),
        created: check.check.created.0,
        modified: check.check.modified.0,
    });
    std::iter::once(node).chain(services).chain(checks)
}

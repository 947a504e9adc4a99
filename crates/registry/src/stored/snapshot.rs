//! A whole state as rows. Derived tables are not stored but for their indexes, which cannot be derived.

use std::sync::Arc;
use std::time::Duration;

use muster_model::{Check, Index, Indexed, Key, KvEntry, Node, NodeName, Service, ServiceName, Session};
use serde::{Deserialize, Serialize};

use super::parts::{StoredCheck, StoredEntry, StoredNode, StoredOwner, StoredService, invalid};
use super::session::StoredSession;
use super::{StoredError, decode as decode_chunk, encode as encode_chunk};
use crate::state::{CheckRecord, LockDelay, NodeRecord, RestoredName, ServiceRecord, State, TableIndexes};

#[derive(Serialize, Deserialize)]
enum Row {
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
    Node { node: StoredNode, created: u64, modified: u64, services_index: u64, checks_index: u64 },
    /// An instance on the node before it.
    Service { service: StoredService, owner: StoredOwner, created: u64, modified: u64 },
    /// A check on the node before it.
    Check { check: StoredCheck, owner: StoredOwner, created: u64, modified: u64 },
    /// A service name's indexes, after all nodes.
    Name { name: String, service_index: u64, health_index: u64, checks_index: u64 },
    /// A key.
    Entry(StoredEntry),
    /// A change in the tree of keys that no present key shows: a deletion. After all keys.
    KeyChange { path: Vec<u8>, index: u64 },
    /// A session, after all nodes and keys.
    Session { session: StoredSession, created: u64, modified: u64 },
    /// When the sessions of a node that has some last changed, after all sessions.
    NodeSessions { node: String, index: u64 },
    /// The indexes of the list of sessions and of those that are gone.
    SessionIndexes { list: u64, gone: u64 },
    /// A key that may not be locked for now.
    LockDelay { key: String, epoch: u64, length: Duration },
}

pub(super) fn encode(state: &State, chunk_bytes: usize) -> Vec<Vec<u8>> {
    let mut chunks = Vec::new();
    let mut rows: Vec<Row> = Vec::new();
    let mut bytes = 0;
    for row in rows_of(state) {
        bytes += postcard::experimental::serialized_size(&row).unwrap_or(0);
        rows.push(row);
        if bytes >= chunk_bytes {
            chunks.push(encode_chunk(&rows));
            rows.clear();
            bytes = 0;
        }
    }
    if !rows.is_empty() {
        chunks.push(encode_chunk(&rows));
    }
    chunks
}

fn rows_of(state: &State) -> impl Iterator<Item = Row> + '_ {
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
        name: record.name.to_string(),
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
}

fn session_rows(state: &State) -> impl Iterator<Item = Row> + '_ {
    let sessions = state.sessions.values().map(|record| Row::Session {
        session: (&*record.session.value).into(),
        created: record.session.created.0,
        modified: record.session.modified.0,
    });
    let on_nodes = state.node_sessions.iter();
    let on_nodes = on_nodes.map(|(node, listed)| Row::NodeSessions { node: node.to_string(), index: listed.index.0 });
    let delays = state.lock_delays.iter().map(|(key, delay)| Row::LockDelay {
        key: key.to_string(),
        epoch: delay.epoch.0,
        length: delay.length,
    });
    let TableIndexes { sessions: list, session_gone: gone, .. } = &state.indexes;
    let indexes = Row::SessionIndexes { list: list.0, gone: gone.0 };
    sessions.chain(on_nodes).chain(delays).chain(std::iter::once(indexes))
}

fn node_rows(record: &NodeRecord) -> impl Iterator<Item = Row> + '_ {
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

pub(super) fn decode(chunks: &[impl AsRef<[u8]>]) -> Result<State, StoredError> {
    let mut state = State::default();
    let mut node: Option<NodeRecord> = None;
    let mut indexes = TableIndexes::default();
    for chunk in chunks {
        let rows: Vec<Row> = decode_chunk(chunk.as_ref())?;
        for row in rows {
            match row {
                Row::Head { index, applied, nodes, services, checks, by_status, node_gone, service_gone } => {
                    state.index = Index(index);
                    state.applied = applied.into_iter().collect();
                    indexes = TableIndexes {
                        nodes: Index(nodes),
                        services: Index(services),
                        checks: Index(checks),
                        by_status: by_status.map(Index),
                        node_gone: Index(node_gone),
                        service_gone: Index(service_gone),
                        ..TableIndexes::default()
                    };
                }
                Row::Entry(entry) => state.kv.insert(Arc::new(KvEntry::try_from(entry)?)),
                Row::KeyChange { path, index } => state.kv.raise_at(&path, Index(index)),
                Row::Name { name, service_index, health_index, checks_index } => {
                    if let Some(done) = node.take() {
                        state.restore_node(done);
                    }
                    let indexes = [service_index, health_index, checks_index].map(Index);
                    let name = ServiceName::new(name).map_err(invalid)?;
                    state.restore_name(RestoredName { name, indexes });
                }
                Row::SessionIndexes { list, gone } => {
                    (indexes.sessions, indexes.session_gone) = (Index(list), Index(gone));
                }
                Row::Session { .. } | Row::NodeSessions { .. } | Row::LockDelay { .. } => {
                    restore_session_row(&mut state, row)?;
                }
                on_node => restore_node_row(&mut state, &mut node, on_node)?,
            }
        }
    }
    if let Some(done) = node {
        state.restore_node(done);
    }
    state.indexes = indexes;
    state.restore_locks();
    Ok(state)
}

fn restore_session_row(state: &mut State, row: Row) -> Result<(), StoredError> {
    match row {
        Row::Session { session, created, modified } => {
            let value = Arc::new(Session::try_from(session)?);
            state.restore_session(Indexed { value, created: Index(created), modified: Index(modified) });
        }
        Row::NodeSessions { node, index } => {
            state.restore_node_sessions(&NodeName::new(node).map_err(invalid)?, Index(index));
        }
        Row::LockDelay { key, epoch, length } => {
            let delay = LockDelay { epoch: Index(epoch), length };
            state.lock_delays.insert(Key::new(key).map_err(invalid)?, Arc::new(delay));
        }
        _ => {}
    }
    Ok(())
}

fn restore_node_row(state: &mut State, open: &mut Option<NodeRecord>, row: Row) -> Result<(), StoredError> {
    let orphan = || StoredError::Invalid("a service or check stands before its node".into());
    match row {
        Row::Node { node, created, modified, services_index, checks_index } => {
            let node: Node = node.try_into()?;
            let indexed = Indexed { value: Arc::new(node), created: Index(created), modified: Index(modified) };
            let mut record = NodeRecord::new(indexed);
            record.services_index = Index(services_index);
            record.checks_index = Index(checks_index);
            if let Some(done) = open.replace(record) {
                state.restore_node(done);
            }
        }
        Row::Service { service, owner, created, modified } => {
            let service: Service = service.try_into()?;
            let key = service.id.folded();
            let service = Indexed { value: Arc::new(service), created: Index(created), modified: Index(modified) };
            let record = ServiceRecord { service, owner: owner.into(), checks: Vec::new() };
            open.as_mut().ok_or_else(orphan)?.services.insert(key, Arc::new(record));
        }
        Row::Check { check, owner, created, modified } => {
            let check: Check = check.try_into()?;
            let key = check.id.folded();
            let check = Indexed { value: Arc::new(check), created: Index(created), modified: Index(modified) };
            open.as_mut().ok_or_else(orphan)?.put_check(key, CheckRecord { check, owner: owner.into() });
        }
        _ => {}
    }
    Ok(())
}

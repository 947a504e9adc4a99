//! Putting a state together from a snapshot's rows, chunk by chunk.

use std::sync::Arc;

use muster_model::{Check, Index, Indexed, Key, KvEntry, MAX_KEY_BYTES, Node, NodeName, Service, ServiceName, Session};

use super::parts::invalid;
use super::snapshot::Row;
use super::{StoredError, decode as decode_chunk};
use crate::state::{
    CheckRecord, Lease, Level, LockDelay, NodeRecord, RestoredName, ServiceRecord, State, TableIndexes,
};

/// No registry gets there by counting; a counter near its end would begin anew.
const MAX_INDEX: u64 = u64::MAX / 2;

/// A state that is being put together. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loader {
    state: State,
    /// The node whose services and checks are coming.
    node: Option<NodeRecord>,
    indexes: TableIndexes,
}

impl Loader {
    /// Takes the next chunk.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<(), StoredError> {
        let rows: Vec<Row<'_>> = decode_chunk(chunk)?;
        rows.into_iter().try_for_each(|row| self.take(row))
    }

    /// The state, once all chunks are there.
    pub(crate) fn finish(mut self) -> Result<State, StoredError> {
        if let Some(done) = self.node.take() {
            self.state.restore_node(done);
        }
        self.state.indexes = self.indexes;
        self.state.restore_locks();
        Ok(self.state)
    }

    fn take(&mut self, row: Row<'_>) -> Result<(), StoredError> {
        let state = &mut self.state;
        match row {
            Row::Head { index, applied, nodes, services, checks, by_status, node_gone, service_gone } => {
                if index > MAX_INDEX {
                    return Err(StoredError::Invalid(format!("index {index} leaves no room for more")));
                }
                state.index = Index(index);
                state.applied = applied.into_iter().collect();
                self.indexes = TableIndexes {
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
            // As a key's own length, it bounds how deep the tree of keys is.
            Row::KeyChange { path, .. } if path.len() > MAX_KEY_BYTES => {
                return Err(StoredError::Invalid(format!("a change at a key of {} bytes", path.len())));
            }
            Row::KeyChange { path, index } => state.kv.raise_at(&path, Index(index)),
            Row::Name { name, service_index, health_index, checks_index } => {
                if let Some(done) = self.node.take() {
                    state.restore_node(done);
                }
                let indexes = [service_index, health_index, checks_index].map(Index);
                let name = ServiceName::new(name).map_err(invalid)?;
                state.restore_name(RestoredName { name, indexes });
            }
            Row::SessionIndexes { list, gone } => {
                (self.indexes.sessions, self.indexes.session_gone) = (Index(list), Index(gone));
            }
            Row::Rules(level) => state.rules = Level(level),
            Row::Restored(index) => state.restored = Index(index),
            Row::Node { .. } | Row::Service { .. } | Row::Check { .. } => {
                restore_node_row(state, &mut self.node, row)?;
            }
            other => restore_session_row(state, other)?,
        }
        Ok(())
    }
}

fn restore_session_row(state: &mut State, row: Row<'_>) -> Result<(), StoredError> {
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
        Row::Lease { node, epoch, length, lapsed } => {
            let node = NodeName::new(node).map_err(invalid)?;
            state.leases.insert(node.folded(), Lease { node, epoch: Index(epoch), length, lapsed });
        }
        _ => {}
    }
    Ok(())
}

fn restore_node_row(state: &mut State, open: &mut Option<NodeRecord>, row: Row<'_>) -> Result<(), StoredError> {
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

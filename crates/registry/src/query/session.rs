//! Reading sessions, and what a transaction only reads.

use std::sync::Arc;

use muster_model::{Index, Indexed, Operation, Session};

use super::Answer;
use crate::command::{OperationError, OperationResult};
use crate::state::{Changes, State};

impl State {
    /// A session.
    pub fn session(&self, id: &str) -> Answer<Option<Indexed<Arc<Session>>>> {
        let found = muster_model::SessionId::new(id).ok().and_then(|id| self.sessions.get(&id));
        match found {
            Some(record) => self.answer(record.session.modified, Some(record.session.clone())),
            None => self.missing(self.indexes.session_gone, None),
        }
    }

    /// All sessions, by ID.
    pub fn all_sessions(&self) -> Answer<Vec<Indexed<Arc<Session>>>> {
        let list = self.sessions.values().map(|record| record.session.clone()).collect();
        self.answer(self.indexes.sessions, list)
    }

    /// The sessions on a node, by ID.
    pub fn sessions_on(&self, node: &str) -> Answer<Vec<Indexed<Arc<Session>>>> {
        let Some(listed) = self.node_sessions.get(&*node.to_lowercase()) else {
            return self.answer(self.indexes.session_gone, Vec::new());
        };
        let list = listed.ids.iter().filter_map(|id| self.sessions.get(id)).map(|record| record.session.clone());
        self.answer(listed.index, list.collect())
    }

    /// What a transaction that only reads answers. Operations that write are done on a copy that is thrown away.
    pub fn read_transaction(
        &self,
        operations: &[Operation],
    ) -> Answer<Result<Vec<OperationResult>, Vec<OperationError>>> {
        let index: Index = self.index();
        self.answer(index, self.clone().run(operations, index.next(), &mut Changes::default()))
    }

    /// What a transaction would fail for. Nothing is done.
    pub fn failures(&self, operations: &[Operation]) -> Vec<OperationError> {
        self.read_transaction(operations).value.err().unwrap_or_default()
    }
}

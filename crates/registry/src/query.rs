//! Reading a state: each query with the index of its answer and the topics that can change it.

mod catalog;
mod census;
mod kv;
mod question;
mod session;
mod view;

use std::sync::Arc;

use muster_model::{Check, Index, Indexed, NodeName, Service};

use crate::state::State;

pub(crate) use catalog::row as check_row;
pub use catalog::{NodeServices, ServiceNames, all_pass};
pub use census::Census;
pub use question::{Question, QuestionKey};
pub use view::InstanceView;

/// An answer with what a blocking query needs to know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// The last change of what was asked for. Never 0.
    pub index: Index,
    /// The registry's index when it was evaluated.
    pub at: Index,
    /// False: there is no such thing. A query that found nothing goes on blocking while it finds nothing.
    pub found: bool,
    /// What was asked for.
    pub value: T,
}

impl State {
    /// After a restore no answer's index is below it: whoever holds an index from before has to ask anew.
    fn answer<T>(&self, index: Index, value: T) -> Answer<T> {
        Answer { index: index.max(self.restored).max(Index(1)), at: self.index, found: true, value }
    }

    fn missing<T>(&self, index: Index, value: T) -> Answer<T> {
        Answer { found: false, ..self.answer(index, value) }
    }
}

impl Answer<()> {
    /// What is no part of the registry's state, and so changes with nothing in it.
    pub fn constant(index: Index) -> Self {
        Self { index, at: Index(0), found: true, value: () }
    }
}

impl<T> Answer<T> {
    /// The same answer with its value turned into something else.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Answer<U> {
        Answer { index: self.index, at: self.at, found: self.found, value: change(self.value) }
    }
}

/// A check with what its answer says of node and service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRow {
    /// The check.
    pub check: Indexed<Arc<Check>>,
    /// Its node.
    pub node: NodeName,
    /// Its service's instance, if it is about one.
    pub service: Option<Arc<Service>>,
}

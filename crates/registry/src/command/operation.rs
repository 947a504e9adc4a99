//! What the operations of a transaction answer, and why they fail.

use std::fmt;
use std::sync::Arc;

use muster_model::{CheckId, Index, Indexed, Key, KvEntry, Node, NodeName, Service, ServiceId, quoted};

use super::Rejection;
use crate::query::CheckRow;

/// What an operation of a transaction answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationResult {
    /// A key.
    Kv {
        /// Its entry.
        entry: Arc<KvEntry>,
        /// Whether the value is part of the answer.
        with_value: bool,
    },
    /// A node.
    Node(Indexed<Arc<Node>>),
    /// An instance.
    Service(Indexed<Arc<Service>>),
    /// A check.
    Check(CheckRow),
}

/// An operation that fails, and so its transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationError {
    /// Which one, from 0.
    pub at: usize,
    /// Why.
    pub failure: OperationFailure,
}

/// Why an operation fails. Displays are Consul's own texts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperationFailure {
    /// It is not there.
    #[error("{0} doesn't exist")]
    Missing(Subject),
    /// Its ModifyIndex is another one.
    #[error("failed to set {0}, index is stale")]
    StaleSet(Subject),
    /// Its ModifyIndex is another one.
    #[error("failed to delete {0}, index is stale")]
    StaleDelete(Subject),
    /// It is there.
    #[error("key {0:?} exists")]
    KeyExists(Key),
    /// Another session holds it.
    #[error("failed to lock key {0:?}, lock is already held")]
    LockHeld(Key),
    /// Its last holder's session was ended a short time ago.
    #[error("failed to lock key {0:?} due to lock delay")]
    LockDelay(Key),
    /// The session does not hold it.
    #[error("failed to unlock key {0:?}, lock isn't held, or is held by another session")]
    LockNotHeld(Key),
    /// There is no key whose index could be compared.
    #[error("failed to check index, key {0:?} doesn't exist")]
    NoKeyForIndex(Key),
    /// The key has another one.
    #[error("failed index check for key {key:?}, current modify index {current} != {asked}")]
    OtherIndex {
        /// The key.
        key: Key,
        /// Its ModifyIndex.
        current: Index,
        /// The one asked for.
        asked: Index,
    },
    /// There is no key whose holder could be compared.
    #[error("failed to check session, key {0:?} doesn't exist")]
    NoKeyForSession(Key),
    /// The key has another holder.
    #[error("failed session check for key {key:?}, current session {} != {}", quoted(.current), quoted(.asked))]
    OtherSession {
        /// The key.
        key: Key,
        /// Its holder; empty: none.
        current: Arc<str>,
        /// The one asked for; empty: none.
        asked: Arc<str>,
    },
    /// A check names an instance that its node does not have.
    #[error("Missing service registration")]
    NoService,
    /// A rule that holds outside transactions too.
    #[error(transparent)]
    Rejected(#[from] Box<Rejection>),
}

impl From<Rejection> for OperationFailure {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::UnknownService { .. } => Self::NoService,
            rejection => Self::Rejected(Box::new(rejection)),
        }
    }
}

/// What an operation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A key.
    Key(Key),
    /// A node, by name or ID.
    Node(Arc<str>),
    /// An instance.
    Service {
        /// Its ID.
        id: ServiceId,
        /// Its node.
        node: NodeName,
    },
    /// A check.
    Check {
        /// Its ID.
        id: CheckId,
        /// Its node.
        node: NodeName,
    },
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "key {key:?}"),
            Self::Node(node) => write!(f, "node {}", quoted(node)),
            Self::Service { id, node } => write!(f, "service {id:?} on node {node:?}"),
            Self::Check { id, node } => write!(f, "check {id:?} on node {node:?}"),
        }
    }
}

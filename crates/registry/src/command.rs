//! Writes, as they stand in the journal, and what becomes of them.

mod operation;

use std::sync::Arc;

use muster_catalog::{CatalogDeregistration, CatalogRegistration};
use muster_model::{CheckId, CheckStatus, Index, Key, KvWrite, NodeName, Operation, ServiceId, Session, SessionId};

pub use operation::{OperationError, OperationFailure, OperationResult, Subject};

/// One write. Whatever time or randomness it needs was stamped into it by who submits it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Add or change a node, an instance, checks.
    Register(Box<CatalogRegistration>),
    /// Remove a node, an instance or a check.
    Deregister(CatalogDeregistration),
    /// Set a check's result.
    Report {
        /// The check's node.
        node: NodeName,
        /// The check.
        check: CheckId,
        /// The result.
        status: CheckStatus,
        /// What was said with it.
        output: Arc<str>,
    },
    /// Put a key.
    KvSet(KvSet),
    /// Delete a key.
    KvDelete {
        /// The key.
        key: Key,
        /// Only if its ModifyIndex is this.
        cas: Option<Index>,
    },
    /// Delete all keys that start with a prefix.
    KvDeleteUnder {
        /// Any text, empty for all.
        prefix: Arc<str>,
    },
    /// Put a key and lock it.
    KvAcquire {
        /// What it is to have.
        write: KvWrite,
        /// Who is to hold it.
        session: SessionId,
    },
    /// Put a key and unlock it.
    KvRelease {
        /// What it is to have.
        write: KvWrite,
        /// Who holds it.
        session: SessionId,
    },
    /// Create a session.
    SessionCreate(Arc<Session>),
    /// End a session.
    SessionDestroy(SessionId),
    /// End a session that was not renewed in time.
    SessionExpire {
        /// The session.
        id: SessionId,
        /// Its CreateIndex: with another one it is another session.
        epoch: Index,
    },
    /// Let a key be locked again.
    LockDelayOver {
        /// The key.
        key: Key,
        /// The index at which its lock-delay began.
        epoch: Index,
    },
    /// Do all of these, or none.
    Transaction(Arc<[Operation]>),
}

/// A key with the value that it is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvSet {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Arc<[u8]>,
    /// The client's number.
    pub flags: u64,
    /// Only if the key's ModifyIndex is this; 0: only if there is no such key.
    pub cas: Option<Index>,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The registry is as the command wants it.
    Done,
    /// The command's condition did not hold; nothing was changed.
    Declined,
    /// All operations of a transaction are done; this is what they answer.
    Transaction(Vec<OperationResult>),
}

/// Why `apply` refuses a command. Displays are Consul's own texts, which clients match.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A registration that keeps the node as it is, and there is none.
    #[error("Missing node registration")]
    MissingNode,
    /// A check names an instance that its node does not have.
    #[error("Unknown service ID '{service}' for check ID '{check}'")]
    UnknownService {
        /// The instance named.
        service: ServiceId,
        /// The check.
        check: CheckId,
    },
    /// A live node of another ID has that name.
    #[error("Node name {name} is reserved by node {holder} with name {name} ({address})")]
    NodeNameReserved {
        /// The name.
        name: NodeName,
        /// The ID of the node that has it.
        holder: Arc<str>,
        /// Its address.
        address: Arc<str>,
    },
    /// A result for a check that is not there.
    #[error("Unknown check ID {0:?}. Ensure that the check ID is passed, not the check name.")]
    UnknownCheck(CheckId),
    /// A session is tied to a check that its node does not have.
    #[error("Missing check '{0}' registration")]
    MissingCheck(CheckId),
    /// A session is tied to a check that fails.
    #[error("Check '{0}' is in critical state")]
    CriticalCheck(CheckId),
    /// There is a session of that ID.
    #[error("session {0:?} exists")]
    SessionTaken(SessionId),
    /// A lock for a session that is not there.
    #[error("invalid session {0:?}")]
    InvalidSession(SessionId),
    /// Operations of a transaction that fail.
    #[error("transaction rolled back: {} of its operations failed", .0.len())]
    Transaction(Vec<OperationError>),
}

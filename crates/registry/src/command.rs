//! Writes, as they stand in the journal, and what becomes of them.

mod operation;

use std::sync::Arc;
use std::time::Duration;

use muster_catalog::{CatalogDeregistration, CatalogRegistration};
use muster_model::{
    CheckId, CheckStatus, Index, Key, KvWrite, NodeName, Operation, ServiceId, Session, SessionId, quoted,
};

pub use operation::{OperationError, OperationFailure, OperationResult, Subject};

/// One write. Whatever time or randomness it needs was stamped into it by who submits it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Add or change a node, an instance, checks.
    Register(Box<CatalogRegistration>),
    /// Remove a node, an instance or a check: by whoever owns it.
    Deregister(CatalogDeregistration),
    /// The same by anybody. What a live node's own agent has stays.
    CatalogDeregister(CatalogDeregistration),
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
    /// Apply what follows by this level of rules. Written once every live server can.
    RaiseLevel(u32),
    /// What a server's state was after an entry, so that others, and a later run, can compare theirs.
    StateDigest(StateDigest),
    /// A step of replacing the whole state.
    Restore(RestoreStep),
    /// A node's agent answers, from now on by a lease.
    LeaseBegin {
        /// The node.
        node: NodeName,
        /// How long it stands without being renewed.
        length: Duration,
    },
    /// A node's agent did not renew its lease.
    LeaseLapse {
        /// The node.
        node: NodeName,
        /// Which of its leases.
        epoch: Index,
    },
}

/// What a state was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateDigest {
    /// After which entry of the journal.
    pub position: u64,
    /// How it was computed; others cannot be compared.
    pub form: u8,
    /// The digest.
    pub digest: [u8; 32],
}

/// A step of replacing the state by that of a snapshot. Until the last one nothing changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreStep {
    /// The next rows; number 0 begins anew, whatever was under way.
    Chunk {
        /// Which restore.
        restore: u64,
        /// Counts from 0.
        number: u32,
        /// Rows in their stored form.
        rows: Arc<[u8]>,
    },
    /// All rows are there: replace the state.
    Commit {
        /// Which restore.
        restore: u64,
        /// How many chunks there were.
        chunks: u32,
    },
    /// Forget it.
    Abort {
        /// Which restore.
        restore: u64,
    },
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
    #[error(
        "Error while renaming Node ID: {id:?}{}: Node name {name} is reserved by node {holder} with name {name} ({address})",
        renamed_at.as_ref().map(|address| format!(" ({address})")).unwrap_or_default()
    )]
    NodeNameReserved {
        /// The ID that would have it.
        id: Arc<str>,
        /// The new address of a node that has another name so far.
        renamed_at: Option<Arc<str>>,
        /// The name.
        name: NodeName,
        /// The ID of the node that has it.
        holder: Arc<str>,
        /// Its address.
        address: Arc<str>,
    },
    /// A node whose agent answers would get another name by somebody else.
    #[error("Error while renaming Node ID: {}: node {name} has an agent, which alone gives it another name", quoted(.id))]
    NodeHasAgent {
        /// The ID.
        id: Arc<str>,
        /// The name that stays.
        name: NodeName,
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
    /// A command that came with newer rules than those in effect.
    #[error("needs rules level {0}, which not every server has yet")]
    NeedsRules(u32),
    /// A step of a restore that is not under way, or not at this step.
    #[error("another restore began, or this one was given up")]
    NoRestore,
    /// Rows that cannot be read.
    #[error("this snapshot is damaged: its state cannot be read: {0}")]
    UnreadableState(Arc<str>),
    /// Operations of a transaction that fail.
    #[error("transaction rolled back: {} of its operations failed", .0.len())]
    Transaction(Vec<OperationError>),
}

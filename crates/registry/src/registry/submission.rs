//! Handing a write to the committer.

use std::sync::Arc;

use muster_model::Index;
use tokio::sync::oneshot;

use super::Registry;
use crate::command::{Command, Outcome, Rejection};

/// A write on its way, with who waits for it.
pub(super) struct Submission {
    pub(super) command: Command,
    pub(super) reply: oneshot::Sender<Result<Committed, SubmitError>>,
}

/// A write that is durable and applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// What became of it.
    pub outcome: Outcome,
    /// The registry's index after it.
    pub index: Index,
}

/// Why a write was not done, or may not have been.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SubmitError {
    /// The rules refuse it.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// It does not fit into the journal.
    #[error("write takes {bytes} bytes, {at_most} is the most")]
    TooLarge {
        /// Its stored length.
        bytes: usize,
        /// The journal's limit.
        at_most: usize,
    },
    /// Nothing was written: the journal takes no writes any more.
    #[error("registry takes no writes: {reason}")]
    Stopped {
        /// What the journal said.
        reason: Arc<str>,
    },
    /// The write may be there or not; ask before writing again.
    #[error("outcome unknown: {reason}")]
    Unknown {
        /// What happened.
        reason: Arc<str>,
    },
    /// The registry is being shut down; nothing was written.
    #[error("registry is shutting down")]
    ShuttingDown,
}

impl Registry {
    /// Writes `command`: durable and applied when this returns.
    pub async fn submit(&self, command: Command) -> Result<Committed, SubmitError> {
        let (reply, answer) = oneshot::channel();
        let queued = self.submissions.send(Submission { command, reply }).await;
        queued.map_err(|_| SubmitError::ShuttingDown)?;
        answer.await.unwrap_or(Err(SubmitError::ShuttingDown))
    }
}

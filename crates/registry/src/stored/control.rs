//! Stored forms of the commands that are about the registry itself.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::command::{RestoreStep, StateDigest};

#[derive(Serialize, Deserialize)]
pub(super) enum StoredStep {
    Chunk(u64, u32, Arc<[u8]>),
    Commit(u64, u32),
    Abort(u64),
}

impl From<&RestoreStep> for StoredStep {
    fn from(step: &RestoreStep) -> Self {
        match step {
            RestoreStep::Chunk { restore, number, rows } => Self::Chunk(*restore, *number, Arc::clone(rows)),
            RestoreStep::Commit { restore, chunks } => Self::Commit(*restore, *chunks),
            RestoreStep::Abort { restore } => Self::Abort(*restore),
        }
    }
}

impl From<StoredStep> for RestoreStep {
    fn from(stored: StoredStep) -> Self {
        match stored {
            StoredStep::Chunk(restore, number, rows) => Self::Chunk { restore, number, rows },
            StoredStep::Commit(restore, chunks) => Self::Commit { restore, chunks },
            StoredStep::Abort(restore) => Self::Abort { restore },
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredDigest {
    position: u64,
    form: u8,
    digest: [u8; 32],
}

impl From<&StateDigest> for StoredDigest {
    fn from(digest: &StateDigest) -> Self {
        Self { position: digest.position, form: digest.form, digest: digest.digest }
    }
}

impl From<StoredDigest> for StateDigest {
    fn from(stored: StoredDigest) -> Self {
        Self { position: stored.position, form: stored.form, digest: stored.digest }
    }
}

//! Saving the whole state, and replacing it by a saved one, while everything runs.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::OwnedMutexGuard;

use super::{Registry, SubmitError};
use crate::command::{Command, RestoreStep};
use crate::state::{RULES_LEVEL, State};
use crate::stored::state_chunks;

/// About how long a chunk of a saved state is: one write of a restore.
const CHUNK_BYTES: usize = 256 << 10;

/// The state at one moment, to be saved.
#[derive(Clone)]
pub struct SavedState(Arc<State>);

impl SavedState {
    /// The index that it has.
    pub fn index(&self) -> u64 {
        self.0.index().0
    }

    /// The rules level that reading it needs.
    pub fn rules(&self) -> u32 {
        self.0.rules()
    }

    /// Its chunks, made as they are asked for; the same each time.
    pub fn chunks(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        state_chunks(&self.0, CHUNK_BYTES)
    }
}

/// Why a state was not replaced. Then nothing has changed, but for [`RestoreError::Write`] of an unknown outcome.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RestoreError {
    /// One at a time.
    #[error("another restore is under way: wait for its end")]
    Busy,
    /// A newer muster saved it.
    #[error("this snapshot needs rules level {found}, this muster has up to {known}: use a newer one")]
    NewerRules {
        /// The level that it needs.
        found: u32,
        /// The newest that this program has.
        known: u32,
    },
    /// A write on the way failed.
    #[error(transparent)]
    Write(#[from] SubmitError),
}

/// A restore that is under way. Dropping it leaves the state as it is.
pub struct Restore {
    registry: Registry,
    id: u64,
    chunks: u32,
    _only_one: OwnedMutexGuard<()>,
}

impl Registry {
    /// The state as of now.
    pub fn save(&self) -> SavedState {
        SavedState(self.state())
    }

    /// Begins to replace the state by one that needs `rules`.
    pub fn begin_restore(&self, rules: u32) -> Result<Restore, RestoreError> {
        let known = self.shared.config.rules.max(RULES_LEVEL);
        if rules > known {
            return Err(RestoreError::NewerRules { found: rules, known });
        }
        let only_one = Arc::clone(&self.shared.restoring).try_lock_owned().map_err(|_| RestoreError::Busy)?;
        let id = super::committer::unique_number();
        Ok(Restore { registry: self.clone(), id, chunks: 0, _only_one: only_one })
    }
}

impl Restore {
    /// Hands over the next chunk: it is in the journal, beside the state, when this returns.
    pub async fn push(&mut self, chunk: Bytes) -> Result<(), RestoreError> {
        let step = RestoreStep::Chunk { restore: self.id, number: self.chunks, rows: Arc::from(&*chunk) };
        self.step(step).await?;
        self.chunks += 1;
        Ok(())
    }

    /// Puts what was handed over in the state's place, in one durable step.
    pub async fn commit(self) -> Result<(), RestoreError> {
        let chunks = self.chunks;
        self.step(RestoreStep::Commit { restore: self.id, chunks }).await
    }

    /// Gives up. What could not be written needs no giving up: the next restore, or start, begins anew.
    pub async fn abort(self) {
        let _ = self.step(RestoreStep::Abort { restore: self.id }).await;
    }

    async fn step(&self, step: RestoreStep) -> Result<(), RestoreError> {
        self.registry.submit(Command::Restore(step)).await?;
        Ok(())
    }
}

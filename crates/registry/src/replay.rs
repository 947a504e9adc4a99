//! The state machine by itself: records in, states out. No journal, no clock, no waiting.
//!
//! For tools and tests that look at what records mean; the registry itself goes through its committer.

use crate::command::{Command, Outcome, Rejection};
use crate::state::State;
use crate::stored::{Loader, StoredError, decode_batch, encode_batch, state_chunks};

/// A state, and what it is made of.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    state: State,
}

/// What one command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What became of it, or why it was refused.
    pub outcome: Result<Outcome, Rejection>,
    /// Whether it changed anything that can be asked for.
    pub effective: bool,
}

impl Replay {
    /// The state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Applies a command.
    pub fn apply(&mut self, command: &Command) -> Step {
        let (outcome, changes) = self.state.apply(command);
        Step { outcome, effective: !changes.topics.is_empty() }
    }

    /// The chunks of a snapshot, each about `chunk_bytes` long.
    pub fn snapshot(&self, chunk_bytes: usize) -> Vec<Vec<u8>> {
        state_chunks(&self.state, chunk_bytes).collect()
    }

    /// From the chunks of a snapshot.
    ///
    /// # Errors
    /// What cannot be read in them.
    pub fn restored(chunks: &[impl AsRef<[u8]>]) -> Result<Self, StoredError> {
        let mut loader = Loader::default();
        for chunk in chunks {
            loader.push(chunk.as_ref())?;
        }
        Ok(Self { state: loader.finish()? })
    }
}

/// The bytes that stand in the journal for commands.
pub fn record(commands: &[Command]) -> Vec<u8> {
    encode_batch(commands)
}

/// The commands that bytes of the journal stand for.
///
/// # Errors
/// What cannot be read in them.
pub fn commands(record: &[u8]) -> Result<Vec<Command>, StoredError> {
    decode_batch(record)
}

//! The running registry: one state, one committer, any number of readers.

mod blocking;
mod committer;
mod seams;
mod sessions;
mod submission;

use std::sync::Arc;

use arc_swap::ArcSwap;
use futures_util::StreamExt;
use muster_journal::{Journal, Position};
use muster_model::Index;
use tokio::sync::{mpsc, watch};

pub use blocking::{Consistency, ReadOptions, ReadRefused, wait_time};
pub use committer::Committer;
pub use sessions::new_session_id;
pub use submission::{Committed, SubmitError};

use crate::state::State;
use crate::stored::{StoredError, decode_batch, decode_state};
use crate::timers::Timers;
use crate::watch::Watches;
use submission::Submission;

/// How many writes wait for the committer before further writers wait for a place.
const QUEUE: usize = 1024;

/// How the registry is run.
#[derive(Debug, Clone)]
pub struct RegistryConfig {
    /// The datacenter that it answers for.
    pub datacenter: Arc<str>,
    /// A snapshot is saved, and the journal trimmed, after this many batches.
    pub snapshot_every: u64,
}

impl Default for RegistryConfig {
    fn default() -> Self {
        Self { datacenter: Arc::from("dc1"), snapshot_every: 20_000 }
    }
}

/// A handle to the running registry; clones share it.
#[derive(Clone)]
pub struct Registry {
    shared: Arc<Shared>,
    submissions: mpsc::Sender<Submission>,
}

struct Shared {
    config: RegistryConfig,
    state: ArcSwap<State>,
    watches: Watches,
    timers: Timers,
    journal: Arc<dyn Journal>,
    applied: watch::Sender<Position>,
}

/// Why a registry could not be brought up from its journal.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The journal cannot be read.
    #[error("cannot read the journal")]
    Journal(#[from] muster_journal::ReadError),
    /// An entry or the snapshot is not something this muster understands.
    #[error("cannot read {what} in the journal")]
    Stored {
        /// Which part.
        what: String,
        /// What is wrong with it.
        #[source]
        source: StoredError,
    },
    /// A server of a newer release has written rules that this one does not have.
    #[error("the journal's {what} needs rules level {found}, this muster has up to {known}: use a newer one")]
    NewerRules {
        /// Which part.
        what: String,
        /// The level asked for.
        found: u32,
        /// The newest that this program has.
        known: u32,
    },
}

impl Registry {
    /// Brings the state up from the journal. Nothing is written until the committer runs.
    pub async fn open(journal: Arc<dyn Journal>, config: RegistryConfig) -> Result<(Self, Committer), OpenError> {
        let (mut state, mut position) = load(&*journal).await?;
        let tail = journal.tail().await?;
        let mut follow = journal.follow(position).await?;
        while position < tail {
            let Some(entry) = follow.next().await.transpose()? else { break };
            let what = || format!("entry {}", entry.position);
            check_rules(entry.envelope.rules, what)?;
            let commands =
                decode_batch(&entry.envelope.commands).map_err(|source| OpenError::Stored { what: what(), source })?;
            committer::apply_batch(&mut state, &entry.envelope, &commands);
            position = entry.position;
        }
        let (submissions, queue) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared {
            config,
            timers: Timers::of(&state),
            state: ArcSwap::from_pointee(state),
            watches: Watches::default(),
            journal,
            applied: watch::Sender::new(position),
        });
        let committer = Committer::new(Arc::clone(&shared), queue, submissions.downgrade(), follow);
        Ok((Self { shared, submissions }, committer))
    }

    /// The state as of now.
    pub fn state(&self) -> Arc<State> {
        self.shared.state.load_full()
    }

    /// The index of the last effective command.
    pub fn index(&self) -> Index {
        self.shared.state.load().index()
    }

    /// The datacenter that this registry answers for.
    pub fn datacenter(&self) -> &Arc<str> {
        &self.shared.config.datacenter
    }
}

async fn load(journal: &dyn Journal) -> Result<(State, Position), OpenError> {
    let Some(mut snapshot) = journal.load_snapshot().await? else { return Ok((State::default(), Position::START)) };
    let what = || format!("the snapshot at position {}", snapshot.meta.position);
    check_rules(snapshot.meta.rules, what)?;
    let mut chunks = Vec::new();
    while let Some(chunk) = snapshot.chunks.next().await {
        chunks.push(chunk?);
    }
    let state = decode_state(&chunks).map_err(|source| OpenError::Stored {
        what: format!("the snapshot at position {}", snapshot.meta.position),
        source,
    })?;
    Ok((state, snapshot.meta.position))
}

fn check_rules(found: u32, what: impl Fn() -> String) -> Result<(), OpenError> {
    let known = crate::RULES_LEVEL;
    if found > known { Err(OpenError::NewerRules { what: what(), found, known }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;

//! The running registry: one state, one committer, any number of readers.

mod answers;
mod blocking;
mod committer;
mod digest;
mod restoring;
mod saving;
mod seams;
mod sessions;
mod snapshot_policy;
mod submission;
mod weight;

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use futures_util::StreamExt;
use muster_journal::{Journal, Position};
use muster_model::Index;
use tokio::sync::{mpsc, watch};

pub use blocking::{Consistency, ReadOptions, ReadRefused, WaitTimes};
pub use committer::Committer;
pub use digest::Diverged;
pub use restoring::{Restore, RestoreError, SavedState};
pub use sessions::new_session_id;
pub use submission::{Committed, SubmitError};

use crate::command::Command;
use crate::state::State;
use crate::stored::{Loader, StoredError, decode_batch};
use crate::timers::Timers;
use crate::watch::Watches;
use answers::Answers;
use digest::Replayed;
use submission::Submission;

/// How many writes wait for the committer before further writers wait for a place.
const QUEUE: usize = 1024;

/// How the registry is run.
#[derive(Debug, Clone)]
pub struct RegistryConfig {
    /// The datacenter that it answers for.
    pub datacenter: Arc<str>,
    /// A snapshot is saved, and the journal trimmed, after about this many small batches; later if the state is so
    /// large that saving it costs more than what it lets go of.
    pub snapshot_every: u64,
    /// After this many entries the state's digest is written and compared.
    pub digest_every: u64,
    /// The rules level that every live server has announced: this one's own, as long as it is the only one.
    pub rules: u32,
    /// How long blocking queries wait.
    pub waits: WaitTimes,
}

impl Default for RegistryConfig {
    fn default() -> Self {
        Self {
            datacenter: Arc::from("dc1"),
            snapshot_every: 20_000,
            digest_every: 10_000,
            rules: crate::RULES_LEVEL,
            waits: WaitTimes::default(),
        }
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
    answers: Answers,
    watches: Watches,
    timers: Timers,
    journal: Arc<dyn Journal>,
    applied: watch::Sender<Position>,
    /// The state here is not the one that others have: nothing is answered any more.
    diverged: OnceLock<Diverged>,
    /// Held by the one restore that may be under way.
    restoring: Arc<tokio::sync::Mutex<()>>,
    /// Why no more writes are taken, once that is so.
    stopped: OnceLock<Arc<str>>,
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
    /// The journal was read, but not with the result that it had when it was written.
    #[error("{0}: this muster applies it differently, or the directory is damaged; start the muster that wrote it")]
    Diverged(#[from] Diverged),
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
    /// Brings the state up from the journal. Nothing is written until the committer runs; its first batch raises the
    /// rules level, if it has to, and gives up a restore that a crash has left half done.
    pub async fn open(journal: Arc<dyn Journal>, config: RegistryConfig) -> Result<(Self, Committer), OpenError> {
        let Loaded { mut state, mut position, bytes } = load(&*journal, config.rules).await?;
        let tail = journal.tail().await?;
        let mut follow = journal.follow(position).await?;
        let mut replayed = Replayed::default();
        while position < tail {
            let Some(entry) = follow.next().await.transpose()? else { break };
            let what = || format!("entry {}", entry.position);
            check_rules(entry.envelope.rules, config.rules, what)?;
            let commands =
                decode_batch(&entry.envelope.commands).map_err(|source| OpenError::Stored { what: what(), source })?;
            committer::apply_batch(&mut state, &entry.envelope, &commands);
            for command in &commands {
                if let Command::StateDigest(read) = command {
                    replayed.compare(read)?;
                }
            }
            position = entry.position;
            replayed.note(position, config.digest_every, &state);
        }
        drop(replayed);
        let (submissions, queue) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared {
            config,
            timers: Timers::of(&state),
            state: ArcSwap::from_pointee(state),
            answers: Answers::default(),
            watches: Watches::default(),
            journal,
            applied: watch::Sender::new(position),
            diverged: OnceLock::new(),
            restoring: Arc::default(),
            stopped: OnceLock::new(),
        });
        let committer = Committer::new(Arc::clone(&shared), queue, submissions.downgrade(), follow, bytes);
        Ok((Self { shared, submissions }, committer))
    }

    /// Why no more writes are taken, if that is so: the journal failed. Reads go on.
    pub fn stopped(&self) -> Option<&str> {
        self.shared.stopped.get().map(|reason| &**reason)
    }

    /// The state as of now.
    pub fn state(&self) -> Arc<State> {
        self.shared.state.load_full()
    }

    /// The index of the last effective command.
    pub fn index(&self) -> Index {
        self.shared.state.load().index()
    }

    /// How many nodes did not renew their leases but are not taken for dead, since too many did not at once.
    pub fn held_leases(&self) -> usize {
        self.shared.timers.held_leases()
    }

    /// The datacenter that this registry answers for.
    pub fn datacenter(&self) -> &Arc<str> {
        &self.shared.config.datacenter
    }
}

/// What the journal's snapshot gave.
#[derive(Default)]
struct Loaded {
    state: State,
    position: Position,
    /// How long the snapshot was.
    bytes: u64,
}

async fn load(journal: &dyn Journal, known: u32) -> Result<Loaded, OpenError> {
    let Some(mut snapshot) = journal.load_snapshot().await? else { return Ok(Loaded::default()) };
    let what = || format!("the snapshot at position {}", snapshot.meta.position);
    check_rules(snapshot.meta.rules, known, what)?;
    let unreadable = |source| OpenError::Stored { what: what(), source };
    let (mut loader, mut bytes) = (Loader::default(), 0);
    while let Some(chunk) = snapshot.chunks.next().await {
        let chunk = chunk?;
        bytes += chunk.len() as u64;
        loader.push(&chunk).map_err(unreadable)?;
    }
    Ok(Loaded { state: loader.finish().map_err(unreadable)?, position: snapshot.meta.position, bytes })
}

fn check_rules(found: u32, known: u32, what: impl Fn() -> String) -> Result<(), OpenError> {
    if found > known { Err(OpenError::NewerRules { what: what(), found, known }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;

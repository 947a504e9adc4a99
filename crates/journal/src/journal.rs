//! The seam between the registry and the engine that stores its history.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use futures_core::Stream;

use crate::{
    AppendError, Envelope, HistoryId, ReadError, Snapshot, SnapshotChunks, SnapshotError, SnapshotMeta, TrimError,
};

/// A boxed future, so that engines can be used as trait objects.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Entries in order and without a gap. Waits for more at the end; ends when the journal is closed,
/// and after an error.
pub type Following = Pin<Box<dyn Stream<Item = Result<Entry, ReadError>> + Send>>;

/// Keeps envelopes in one order for ever, or until they are trimmed.
///
/// An engine never retries a write by itself, and after a failure of its storage it refuses every
/// further write ([`AppendError::Stopped`]). Dropping a call's future does not undo the call.
pub trait Journal: Send + Sync {
    /// The history that this journal keeps.
    fn history(&self) -> HistoryId;

    /// The most that an envelope's stored form or a snapshot's chunk may take.
    fn max_batch_bytes(&self) -> usize;

    /// Stores `envelope` behind all others. Returns once it is durable; from then on the journal's
    /// tail is at least the returned position, and every follower gets it.
    fn append<'a>(&'a self, envelope: &'a Envelope) -> Pending<'a, Result<Position, AppendError>>;

    /// The position of the last envelope that any server has stored; [`Position::START`] if none.
    fn tail(&self) -> Pending<'_, Result<Position, ReadError>>;

    /// All entries behind `after`: first those that are stored, then each as it is appended.
    fn follow(&self, after: Position) -> Pending<'_, Result<Following, ReadError>>;

    /// Whether the envelope of that name is stored. To be asked before anything else when an append's
    /// outcome is unknown.
    fn find(&self, incarnation: u64, number: u64) -> Pending<'_, Result<Presence, ReadError>>;

    /// Keeps a snapshot of the state after `meta.position`. It replaces the one before, in one step,
    /// when the last chunk is stored; dropping the future before that leaves the one before.
    fn save_snapshot<'a>(
        &'a self,
        meta: SnapshotMeta,
        chunks: SnapshotChunks<'a>,
    ) -> Pending<'a, Result<(), SnapshotError>>;

    /// The newest complete snapshot.
    fn load_snapshot(&self) -> Pending<'_, Result<Option<Snapshot>, ReadError>>;

    /// Lets go of the entries below `before`, which a snapshot must cover.
    fn trim(&self, before: Position) -> Pending<'_, Result<(), TrimError>>;
}

/// An entry's place: 1 for the first, and one more for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

impl Position {
    /// Before everything.
    pub const START: Self = Self(0);

    /// The one behind this.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The one before this; the start's is the start.
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A stored envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place.
    pub position: Position,
    /// The envelope.
    pub envelope: Envelope,
}

/// Whether an envelope is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is, there.
    Stored(Position),
    /// It is not, and never was.
    Absent,
    /// It is not among the entries that are left; it may have been among those that were trimmed.
    Unknown,
}

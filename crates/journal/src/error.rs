//! What can go wrong, by operation.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::{DecodeError, HistoryId, Position};

/// What the storage below an engine said.
#[derive(Debug, Clone, thiserror::Error)]
#[error(transparent)]
pub struct StorageFailure(Arc<dyn std::error::Error + Send + Sync>);

impl StorageFailure {
    /// Wraps an engine's own error.
    pub fn new(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(error))
    }
}

/// Where stored bytes are not what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// An entry.
    #[error("entry at position {position} is damaged: {reason}")]
    Entry {
        /// Its position.
        position: Position,
        /// What is wrong with it.
        reason: DecodeError,
    },
    /// Entries are missing.
    #[error("entry at position {expected} is missing, {found} comes instead")]
    Gap {
        /// The one that should come.
        expected: Position,
        /// The one that comes.
        found: Position,
    },
    /// An entry is of another registry.
    #[error("entry at position {position} is of history {found}, the journal's is {own}")]
    ForeignEntry {
        /// Its position.
        position: Position,
        /// Its history.
        found: HistoryId,
        /// The journal's.
        own: HistoryId,
    },
    /// The record that describes a snapshot.
    #[error("description of the snapshot is damaged: {reason}")]
    Manifest {
        /// What is wrong with it.
        reason: DecodeError,
    },
    /// A part of a snapshot.
    #[error("chunk {chunk} of the snapshot at position {position} is damaged: {reason}")]
    Chunk {
        /// The snapshot's position.
        position: Position,
        /// Counted from 0.
        chunk: u32,
        /// What is wrong with it.
        reason: DecodeError,
    },
    /// A part of a snapshot is not there.
    #[error("chunk {chunk} of the snapshot at position {position} is missing")]
    ChunkMissing {
        /// The snapshot's position.
        position: Position,
        /// Counted from 0.
        chunk: u32,
    },
    /// The store's own pages.
    #[error("its inner structure is damaged: {reason}")]
    Structure {
        /// The store's own words.
        reason: String,
    },
}

/// Why a journal was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or directory could not be made, read or written.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Somebody else's files are there.
    #[error("data directory {} {reason}: name an empty one or muster's own", directory.display())]
    NotOurs {
        /// The directory.
        directory: PathBuf,
        /// What was found.
        reason: String,
    },
    /// A newer program has written there.
    #[error("data directory {} has format {found}, this program reads up to {known}: use a newer muster", directory.display())]
    NewerFormat {
        /// The directory.
        directory: PathBuf,
        /// Its format.
        found: u32,
        /// The newest that this program reads.
        known: u32,
    },
    /// Another process, or another part of this one, has it open.
    #[error("data directory {} is in use by {}", directory.display(), holder(.process_id))]
    InUse {
        /// The directory.
        directory: PathBuf,
        /// The holder, if it left its number.
        process_id: Option<u32>,
    },
    /// The directory says that it holds a journal, but the file is gone.
    #[error("{} is missing, though the directory was in use before: put it back, or empty the directory to start anew", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A journal is there, but not the file that says in which format.
    #[error(
        "data directory {} holds a journal, but its file {missing} is gone: put it back (this muster writes the line \
         \"{line}\" there)",
        directory.display()
    )]
    Unmarked {
        /// The directory.
        directory: PathBuf,
        /// The file.
        missing: &'static str,
        /// What this program writes there.
        line: String,
    },
    /// Stored bytes are not what was written.
    #[error("{} is damaged: {damage}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in it.
        damage: Damage,
    },
    /// The engine failed.
    #[error("cannot open {}", path.display())]
    Storage {
        /// The file.
        path: PathBuf,
        /// The engine's own error.
        #[source]
        source: StorageFailure,
    },
}

fn holder(process_id: &Option<u32>) -> String {
    match process_id {
        Some(id) => format!("process {id}"),
        None => "another process".to_owned(),
    }
}

/// Why an envelope was not stored, or may not be.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// Not stored: over [`Journal::max_batch_bytes`](crate::Journal::max_batch_bytes).
    #[error("batch takes {bytes} bytes, {at_most} is the most")]
    TooLarge {
        /// Its stored form's length.
        bytes: usize,
        /// The limit.
        at_most: usize,
    },
    /// Not stored: of another registry.
    #[error("batch is of history {found}, the journal's is {own}")]
    OtherHistory {
        /// The journal's.
        own: HistoryId,
        /// The envelope's.
        found: HistoryId,
    },
    /// The storage failed during this call: the envelope may be there at the next start, or not.
    #[error("journal's storage failed")]
    Failed(#[source] StorageFailure),
    /// Not stored: the storage failed earlier.
    #[error("journal takes no more writes since its storage failed")]
    Stopped(#[source] StorageFailure),
    /// The journal was closed; an envelope handed over just before may be stored.
    #[error("journal is closed")]
    Closed,
}

impl AppendError {
    /// Whether the envelope may be stored all the same. If not, it never will be.
    pub fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::Closed)
    }
}

/// Why entries or a snapshot could not be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// What is asked for was trimmed: a snapshot must be loaded first.
    #[error("entries behind position {after} are gone, the first left is {first}")]
    Trimmed {
        /// Where reading was to start.
        after: Position,
        /// The first entry that is left, or that comes next.
        first: Position,
    },
    /// The reader has seen more than the journal ever had: it belongs to another journal.
    #[error("position {after} is beyond the journal's end at {tail}")]
    Ahead {
        /// Where reading was to start.
        after: Position,
        /// The journal's last entry.
        tail: Position,
    },
    /// Stored bytes are not what was written.
    #[error("journal is damaged: {0}")]
    Damaged(Damage),
    /// The storage failed.
    #[error("journal's storage failed")]
    Failed(#[source] StorageFailure),
    /// The journal was closed.
    #[error("journal is closed")]
    Closed,
}

/// Why a snapshot was not saved.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SnapshotError {
    /// It says that it holds entries which the journal does not have.
    #[error("snapshot at position {position} is beyond the journal's end at {tail}")]
    Ahead {
        /// The snapshot's position.
        position: Position,
        /// The journal's last entry.
        tail: Position,
    },
    /// A newer one is there.
    #[error("snapshot at position {position} is older than the stored one at {stored}")]
    Older {
        /// The snapshot's position.
        position: Position,
        /// The stored one's.
        stored: Position,
    },
    /// Of another registry.
    #[error("snapshot is of history {found}, the journal's is {own}")]
    OtherHistory {
        /// The journal's.
        own: HistoryId,
        /// The snapshot's.
        found: HistoryId,
    },
    /// A chunk is over [`Journal::max_batch_bytes`](crate::Journal::max_batch_bytes).
    #[error("chunk takes {bytes} bytes, {at_most} is the most")]
    ChunkTooLarge {
        /// Its length.
        bytes: usize,
        /// The limit.
        at_most: usize,
    },
    /// What is stored already is not what was written.
    #[error("journal is damaged: {0}")]
    Damaged(Damage),
    /// The storage failed, now or earlier; no more writes are taken.
    #[error("journal's storage failed")]
    Stopped(#[source] StorageFailure),
    /// The journal was closed.
    #[error("journal is closed")]
    Closed,
}

/// Why entries were not trimmed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TrimError {
    /// Entries would be lost that are in no snapshot.
    #[error("cannot trim below position {before}: the newest snapshot is at {snapshot}")]
    NotCovered {
        /// The first entry that was to stay.
        before: Position,
        /// The newest snapshot's position; the start if there is none.
        snapshot: Position,
    },
    /// What is stored already is not what was written.
    #[error("journal is damaged: {0}")]
    Damaged(Damage),
    /// The storage failed, now or earlier; no more writes are taken.
    #[error("journal's storage failed")]
    Stopped(#[source] StorageFailure),
    /// The journal was closed.
    #[error("journal is closed")]
    Closed,
}

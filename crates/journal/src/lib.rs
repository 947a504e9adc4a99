//! Ordered durable envelopes with positions, snapshots; engines memory, redb, later etcd. Knows no services.
//!
//! A [`Journal`] takes [`Envelope`]s from the registry's committer, gives each the next [`Position`]
//! once it is durable, and hands all of them, in that order, to whoever follows. What is in an
//! envelope is bytes to it. Snapshots are bytes too: the journal keeps the newest complete one and
//! lets go of the envelopes below it when told to. Every engine passes the same `suite`.

mod envelope;
mod error;
mod journal;
mod live;
mod memory;
mod redb;
mod snapshot;
#[cfg(any(test, feature = "suite"))]
pub mod suite;

pub use envelope::{DecodeError, Envelope, HistoryId};
pub use error::{AppendError, Damage, OpenError, ReadError, SnapshotError, StorageFailure, TrimError};
pub use journal::{Entry, Following, Journal, Pending, Position, Presence};
pub use memory::{MemoryJournal, MemoryStorage};
pub use redb::RedbJournal;
pub use snapshot::{Snapshot, SnapshotChunks, SnapshotMeta, StoredChunks};

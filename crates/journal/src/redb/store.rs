//! The tables in the file: what is read from them, and the transactions that change them.

use std::ops::Bound;
use std::path::PathBuf;

use bytes::Bytes;
use redb::{
    Database, Durability, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition,
    WriteTransaction,
};

use super::Directory;
use crate::live::within_chunk;
use crate::snapshot::{Manifest, decode_chunk};
use crate::{Damage, Entry, Envelope, HistoryId, Position, Presence, ReadError, StorageFailure};

/// Position → stored form of the envelope.
const ENTRIES: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("entries");
/// Number of the snapshot → its manifest. At most one, but while one replaces another.
const SNAPSHOTS: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("snapshots");
/// Number of the snapshot, chunk → stored form of the chunk.
const CHUNKS: TableDefinition<'static, (u64, u32), &[u8]> = TableDefinition::new("chunks");
/// What there is one of.
const FACTS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("facts");

const HISTORY: &str = "history";
const TRIMMED: &str = "trimmed";

/// The chunks' table as it was when a snapshot was looked up.
pub(super) type ChunkTable = ReadOnlyTable<(u64, u32), &'static [u8]>;

/// The open file. The database is closed before the directory is let go.
pub(super) struct Store {
    pub(super) database: Database,
    pub(super) history: HistoryId,
    /// For messages.
    pub(super) path: PathBuf,
    pub(super) _directory: Option<Directory>,
}

/// Why an operation on the tables failed.
#[derive(Debug)]
pub(super) enum StoreError {
    Damaged(Damage),
    Failed(redb::Error),
}

impl<E: Into<redb::Error>> From<E> for StoreError {
    fn from(error: E) -> Self {
        match error.into() {
            redb::Error::Corrupted(reason) => Self::Damaged(Damage::Structure { reason }),
            error => Self::Failed(error),
        }
    }
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged(damage) => Self::Damaged(damage),
            StoreError::Failed(error) => Self::Failed(StorageFailure::new(error)),
        }
    }
}

/// Makes the tables in an empty file.
pub(super) fn create(database: &Database, history: HistoryId) -> Result<(), StoreError> {
    let transaction = database.begin_write()?;
    {
        transaction.open_table(ENTRIES)?;
        transaction.open_table(SNAPSHOTS)?;
        transaction.open_table(CHUNKS)?;
        let mut facts = transaction.open_table(FACTS)?;
        facts.insert(HISTORY, history.as_bytes().as_slice())?;
        facts.insert(TRIMMED, 0u64.to_le_bytes().as_slice())?;
    }
    transaction.commit()?;
    Ok(())
}

/// Whether [`create`] has been here.
#[cfg(test)]
pub(super) fn is_created(database: &impl ReadableDatabase) -> Result<bool, StoreError> {
    match database.begin_read()?.open_table(FACTS) {
        Ok(_) => Ok(true),
        Err(redb::TableError::TableDoesNotExist(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn history(database: &impl ReadableDatabase) -> Result<HistoryId, StoreError> {
    fact(&database.begin_read()?, HISTORY).map(HistoryId::from_bytes)
}

fn fact<const N: usize>(transaction: &ReadTransaction, name: &str) -> Result<[u8; N], StoreError> {
    let stored = transaction.open_table(FACTS)?.get(name)?;
    let bytes = stored.and_then(|value| value.value().try_into().ok());
    bytes.ok_or_else(|| {
        StoreError::Damaged(Damage::Structure { reason: format!("the fact {name:?} is missing or cut") })
    })
}

fn trimmed(transaction: &ReadTransaction) -> Result<Position, StoreError> {
    fact(transaction, TRIMMED).map(|bytes| Position(u64::from_le_bytes(bytes)))
}

/// Reads all entries and says how far they go: that they are all there, whole and of this history.
pub(super) fn verify(database: &impl ReadableDatabase, own: HistoryId) -> Result<Position, StoreError> {
    let transaction = database.begin_read()?;
    let mut last = trimmed(&transaction)?;
    for stored in transaction.open_table(ENTRIES)?.iter()? {
        let (position, value) = stored?;
        let (expected, position) = (last.next(), Position(position.value()));
        if position != expected {
            return Err(StoreError::Damaged(Damage::Gap { expected, found: position }));
        }
        let found = decode(position, value.value())?.history;
        if found != own {
            return Err(StoreError::Damaged(Damage::ForeignEntry { position, found, own }));
        }
        last = position;
    }
    Ok(last)
}

fn decode(position: Position, stored: &[u8]) -> Result<Envelope, StoreError> {
    Envelope::decode(stored).map_err(|reason| StoreError::Damaged(Damage::Entry { position, reason }))
}

impl Store {
    pub(super) fn trimmed(&self) -> Result<Position, StoreError> {
        trimmed(&self.database.begin_read()?)
    }

    /// Some entries behind `after`; at least one, as there are some.
    pub(super) fn read(&self, after: Position) -> Result<Vec<Entry>, ReadError> {
        let transaction = self.database.begin_read().map_err(StoreError::from)?;
        let trimmed = trimmed(&transaction)?;
        if after < trimmed {
            return Err(ReadError::Trimmed { after, first: trimmed.next() });
        }
        let table = transaction.open_table(ENTRIES).map_err(StoreError::from)?;
        let stored = table.range(after.next().0..).map_err(StoreError::from)?;
        let mut failed = None;
        let decoded = stored.map_while(|stored| {
            let entry = stored.map_err(StoreError::from).and_then(|(position, value)| {
                let position = Position(position.value());
                Ok(Entry { position, envelope: decode(position, value.value())? })
            });
            entry.map_err(|error| failed = Some(error)).ok()
        });
        let entries: Vec<Entry> = within_chunk(decoded).collect();
        match failed {
            // What is whole before the damage is handed out first.
            Some(error) if entries.is_empty() => Err(error.into()),
            _ if entries.is_empty() => Err(ReadError::Damaged(Damage::Structure {
                reason: format!("nothing is stored behind position {after}"),
            })),
            _ => Ok(entries),
        }
    }

    /// Looks for an envelope from the end. Numbers of one incarnation rise, so a lower one ends it.
    pub(super) fn find(&self, incarnation: u64, number: u64) -> Result<Presence, StoreError> {
        let transaction = self.database.begin_read()?;
        for stored in transaction.open_table(ENTRIES)?.iter()?.rev() {
            let (position, value) = stored?;
            let position = Position(position.value());
            let envelope = decode(position, value.value())?;
            if envelope.incarnation == incarnation && envelope.number == number {
                return Ok(Presence::Stored(position));
            }
            if envelope.incarnation == incarnation && envelope.number < number {
                return Ok(Presence::Absent);
            }
        }
        Ok(if trimmed(&transaction)? == Position::START { Presence::Absent } else { Presence::Unknown })
    }

    /// The newest complete snapshot and the table to read it from.
    pub(super) fn snapshot(&self) -> Result<Option<(u64, Manifest, ChunkTable)>, StoreError> {
        let transaction = self.database.begin_read()?;
        let newest = newest(&transaction.open_table(SNAPSHOTS)?)?;
        let chunks = transaction.open_table(CHUNKS)?;
        Ok(newest.map(|(number, manifest)| (number, manifest, chunks)))
    }

    /// Stores one entry: one record, one durable commit, so one sync.
    pub(super) fn append(&self, position: Position, stored: &[u8]) -> Result<(), StoreError> {
        let transaction = self.database.begin_write()?;
        transaction.open_table(ENTRIES)?.insert(position.0, stored)?;
        transaction.commit()?;
        Ok(())
    }

    /// The number for a new snapshot: no chunk has it, be it of an unfinished one.
    pub(super) fn next_snapshot_number(&self) -> Result<u64, StoreError> {
        let transaction = self.database.begin_read()?;
        let chunk = transaction.open_table(CHUNKS)?.last()?.map(|(key, _)| key.value().0);
        let snapshot = newest(&transaction.open_table(SNAPSHOTS)?)?.map(|(number, _)| number);
        Ok(chunk.max(snapshot).unwrap_or_default() + 1)
    }

    /// Puts a chunk into the file. It need not be durable before its snapshot is complete.
    pub(super) fn stage_chunk(&self, number: u64, chunk: u32, stored: &[u8]) -> Result<(), StoreError> {
        let transaction = self.begin_staged()?;
        transaction.open_table(CHUNKS)?.insert((number, chunk), stored)?;
        transaction.commit()?;
        Ok(())
    }

    /// Makes a snapshot whose chunks are there the only one, in one durable step.
    pub(super) fn complete_snapshot(&self, number: u64, manifest: &Manifest) -> Result<(), StoreError> {
        let transaction = self.database.begin_write()?;
        {
            let mut snapshots = transaction.open_table(SNAPSHOTS)?;
            snapshots.retain(|_, _| false)?;
            snapshots.insert(number, manifest.encode().as_slice())?;
            let mut chunks = transaction.open_table(CHUNKS)?;
            chunks.retain_in((0, 0)..(number, 0), |_, _| false)?;
            chunks.retain_in((Bound::Excluded((number, u32::MAX)), Bound::Unbounded), |_, _| false)?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Lets go of entries below `before`, but of so few that appends do not wait long; true if more are left.
    pub(super) fn trim_some(&self, before: Position) -> Result<bool, StoreError> {
        const AT_ONCE: usize = 128;
        let transaction = self.begin_staged()?;
        let last = {
            let mut entries = transaction.open_table(ENTRIES)?;
            let mut last = None;
            for _ in 0..AT_ONCE {
                let first = entries.first()?.map(|(position, _)| position.value());
                match first {
                    Some(position) if position < before.0 => entries.remove(position)?,
                    _ => break,
                };
                last = first;
            }
            if let Some(last) = last {
                transaction.open_table(FACTS)?.insert(TRIMMED, last.to_le_bytes().as_slice())?;
            }
            last
        };
        transaction.commit()?;
        Ok(last.is_some_and(|last| last + 1 < before.0))
    }

    /// Makes durable what was not yet.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        self.database.begin_write()?.commit()?;
        Ok(())
    }

    /// A transaction that becomes durable with the next one that is.
    fn begin_staged(&self) -> Result<WriteTransaction, StoreError> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::None)?;
        Ok(transaction)
    }
}

fn newest(snapshots: &impl ReadableTable<u64, &'static [u8]>) -> Result<Option<(u64, Manifest)>, StoreError> {
    let Some((number, stored)) = snapshots.last()? else { return Ok(None) };
    let manifest = Manifest::decode(stored.value());
    let manifest = manifest.map_err(|reason| StoreError::Damaged(Damage::Manifest { reason }))?;
    Ok(Some((number.value(), manifest)))
}

/// Reads one chunk of a snapshot.
pub(super) fn chunk(table: &ChunkTable, number: u64, chunk: u32, snapshot: Position) -> Result<Bytes, StoreError> {
    let Some(stored) = table.get((number, chunk))? else {
        return Err(StoreError::Damaged(Damage::ChunkMissing { position: snapshot, chunk }));
    };
    let decoded = decode_chunk(stored.value());
    decoded.map_err(|reason| StoreError::Damaged(Damage::Chunk { position: snapshot, chunk, reason }))
}

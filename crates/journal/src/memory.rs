//! The engine that forgets: for tests and for `-dev`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use crate::live::{Live, Stored, within_chunk};
use crate::{
    AppendError, Entry, Envelope, Following, HistoryId, Journal, Pending, Position, Presence, ReadError, Snapshot,
    SnapshotChunks, SnapshotError, SnapshotMeta, TrimError,
};

const MAX_BATCH_BYTES: usize = 4 << 20;

/// A journal in memory.
pub struct MemoryJournal {
    history: HistoryId,
    entries: Arc<Mutex<Entries>>,
    live: Live,
}

/// What outlives a [`MemoryJournal`], so that a test can start anew on it. Clones are the same storage.
#[derive(Clone)]
pub struct MemoryStorage {
    history: HistoryId,
    entries: Arc<Mutex<Entries>>,
}

impl MemoryStorage {
    /// Storage with an empty journal of `history`.
    pub fn new(history: HistoryId) -> Self {
        Self { history, entries: Arc::default() }
    }

    /// The history that it keeps.
    pub fn history(&self) -> HistoryId {
        self.history
    }
}

#[derive(Default)]
struct Entries {
    trimmed: Position,
    kept: VecDeque<Entry>,
    snapshot: Option<(SnapshotMeta, Vec<Bytes>)>,
}

impl MemoryJournal {
    /// An empty journal of `history`.
    pub fn new(history: HistoryId) -> Self {
        Self::open(&MemoryStorage::new(history))
    }

    /// The journal in `storage`; the one opened before must be gone.
    pub fn open(storage: &MemoryStorage) -> Self {
        let tail = lock(&storage.entries).tail();
        Self { history: storage.history, entries: Arc::clone(&storage.entries), live: Live::new(tail) }
    }

    fn append_now(&self, envelope: &Envelope) -> Result<Position, AppendError> {
        if envelope.history != self.history {
            return Err(AppendError::OtherHistory { own: self.history, found: envelope.history });
        }
        let bytes = envelope.encoded_len();
        if bytes > MAX_BATCH_BYTES {
            return Err(AppendError::TooLarge { bytes, at_most: MAX_BATCH_BYTES });
        }
        let mut entries = lock(&self.entries);
        let position = entries.tail().next();
        let entry = Entry { position, envelope: envelope.clone() };
        entries.kept.push_back(entry.clone());
        self.live.publish(entry);
        Ok(position)
    }

    fn follow_now(&self, after: Position) -> Result<Following, ReadError> {
        let entries = lock(&self.entries);
        entries.check_start(after)?;
        Ok(self.live.follow(after, Reader(Arc::clone(&self.entries))))
    }

    fn keep_snapshot(&self, meta: SnapshotMeta, chunks: Vec<Bytes>) -> Result<(), SnapshotError> {
        let mut entries = lock(&self.entries);
        if let Some((stored, _)) = &entries.snapshot
            && stored.position > meta.position
        {
            return Err(SnapshotError::Older { position: meta.position, stored: stored.position });
        }
        entries.snapshot = Some((meta, chunks));
        Ok(())
    }

    fn trim_now(&self, before: Position) -> Result<(), TrimError> {
        let mut entries = lock(&self.entries);
        let snapshot = entries.snapshot.as_ref().map_or(Position::START, |(meta, _)| meta.position);
        if before > snapshot.next() {
            return Err(TrimError::NotCovered { before, snapshot });
        }
        while entries.kept.front().is_some_and(|entry| entry.position < before) {
            entries.kept.pop_front();
        }
        entries.trimmed = entries.trimmed.max(before.previous());
        Ok(())
    }
}

impl Entries {
    fn tail(&self) -> Position {
        self.kept.back().map_or(self.trimmed, |entry| entry.position)
    }

    fn check_start(&self, after: Position) -> Result<(), ReadError> {
        if after < self.trimmed {
            return Err(ReadError::Trimmed { after, first: self.trimmed.next() });
        }
        if after > self.tail() {
            return Err(ReadError::Ahead { after, tail: self.tail() });
        }
        Ok(())
    }

    fn find(&self, incarnation: u64, number: u64) -> Presence {
        let same = |entry: &&Entry| (entry.envelope.incarnation, entry.envelope.number) == (incarnation, number);
        match self.kept.iter().rev().find(same) {
            Some(entry) => Presence::Stored(entry.position),
            None if self.trimmed == Position::START => Presence::Absent,
            None => Presence::Unknown,
        }
    }
}

struct Reader(Arc<Mutex<Entries>>);

impl Stored for Reader {
    fn read(&self, after: Position) -> Pending<'_, Result<Vec<Entry>, ReadError>> {
        let entries = lock(&self.0);
        let read = entries.check_start(after).map(|()| {
            let skipped = (after.0 - entries.trimmed.0) as usize;
            within_chunk(entries.kept.range(skipped..).cloned()).collect()
        });
        Box::pin(std::future::ready(read))
    }
}

impl Journal for MemoryJournal {
    fn history(&self) -> HistoryId {
        self.history
    }

    fn max_batch_bytes(&self) -> usize {
        MAX_BATCH_BYTES
    }

    fn append<'a>(&'a self, envelope: &'a Envelope) -> Pending<'a, Result<Position, AppendError>> {
        Box::pin(async { self.append_now(envelope) })
    }

    fn tail(&self) -> Pending<'_, Result<Position, ReadError>> {
        Box::pin(std::future::ready(Ok(self.live.tail())))
    }

    fn follow(&self, after: Position) -> Pending<'_, Result<Following, ReadError>> {
        Box::pin(std::future::ready(self.follow_now(after)))
    }

    fn find(&self, incarnation: u64, number: u64) -> Pending<'_, Result<Presence, ReadError>> {
        Box::pin(std::future::ready(Ok(lock(&self.entries).find(incarnation, number))))
    }

    fn save_snapshot<'a>(
        &'a self,
        meta: SnapshotMeta,
        mut chunks: SnapshotChunks<'a>,
    ) -> Pending<'a, Result<(), SnapshotError>> {
        Box::pin(async move {
            if meta.history != self.history {
                return Err(SnapshotError::OtherHistory { own: self.history, found: meta.history });
            }
            let tail = self.live.tail();
            if meta.position > tail {
                return Err(SnapshotError::Ahead { position: meta.position, tail });
            }
            let mut kept = Vec::new();
            while let Some(chunk) = chunks.next().await {
                if chunk.len() > MAX_BATCH_BYTES {
                    return Err(SnapshotError::ChunkTooLarge { bytes: chunk.len(), at_most: MAX_BATCH_BYTES });
                }
                kept.push(chunk);
            }
            self.keep_snapshot(meta, kept)
        })
    }

    fn load_snapshot(&self) -> Pending<'_, Result<Option<Snapshot>, ReadError>> {
        let stored = lock(&self.entries).snapshot.clone();
        let snapshot =
            stored.map(|(meta, chunks)| Snapshot { meta, chunks: Box::pin(stream::iter(chunks.into_iter().map(Ok))) });
        Box::pin(std::future::ready(Ok(snapshot)))
    }

    fn trim(&self, before: Position) -> Pending<'_, Result<(), TrimError>> {
        Box::pin(async move { self.trim_now(before) })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OpenError;
    use crate::suite::{self, Place};

    impl Place for MemoryStorage {
        fn open(&self) -> Pending<'_, Result<Arc<dyn Journal>, OpenError>> {
            let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::open(self));
            Box::pin(std::future::ready(Ok(journal)))
        }
    }

    #[tokio::test]
    async fn passes_the_suite() {
        suite::check(|| MemoryStorage::new(HistoryId::random())).await;
    }
}

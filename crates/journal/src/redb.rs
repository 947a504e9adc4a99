//! The engine on one file: durable, for one process on one machine.
//!
//! One thread writes, one reads. An append is one record and one commit, so one sync of the disk:
//! packing what waits into one batch is the caller's, and is what makes many writers fast. redb's
//! own reads fail too once a write has failed; what a follower can still get then are the entries
//! that are in memory.

mod directory;
mod opening;
mod store;
#[cfg(test)]
mod tests;
mod worker;

use std::path::Path;
use std::sync::Arc;
use std::{io, thread};

use futures_util::{StreamExt, stream};
use tokio::sync::{Mutex, oneshot};

use self::directory::Directory;
use self::store::{ChunkTable, Store, StoreError};
use self::worker::{Caller, Gone, Worker};
use crate::live::{Live, Stored};
use crate::snapshot::{Manifest, encode_chunk};
use crate::{
    AppendError, Damage, Entry, Envelope, Following, HistoryId, Journal, OpenError, Pending, Position, Presence,
    ReadError, Snapshot, SnapshotChunks, SnapshotError, SnapshotMeta, StorageFailure, StoredChunks, TrimError,
};

const MAX_BATCH_BYTES: usize = 4 << 20;

/// A journal in a data directory. Dropping it waits until what was handed over is stored, and
/// closes the file.
pub struct RedbJournal {
    history: HistoryId,
    writer: Worker<Writer>,
    reader: Worker<Arc<Store>>,
    live: Arc<Live>,
    /// One snapshot is saved at a time.
    saving: Mutex<()>,
}

/// What the writing thread has.
struct Writer {
    store: Arc<Store>,
    live: Arc<Live>,
    stopped: Option<StorageFailure>,
}

impl RedbJournal {
    /// Opens the journal in `directory`, which is made if it is not there. Everything in it is read
    /// and checked first.
    pub async fn open(directory: &Path) -> Result<Self, OpenError> {
        let directory = directory.to_owned();
        Self::open_with(move || opening::open(&directory)).await
    }

    async fn open_with(
        open: impl FnOnce() -> Result<(Store, Position), OpenError> + Send + 'static,
    ) -> Result<Self, OpenError> {
        let (answer, answered) = oneshot::channel();
        let thread = thread::Builder::new().name("journal-open".to_owned()).spawn(move || {
            let _ = answer.send(open());
        });
        let thread = thread.map_err(no_thread)?;
        let opened = answered.await;
        // The thread has nothing left to do, and is not to hold the file's lock after this.
        let _ = thread.join();
        let (store, tail) = opened.map_err(|_| no_thread(io::Error::other("the opening thread has panicked")))??;
        Self::start(Arc::new(store), tail)
    }

    fn start(store: Arc<Store>, tail: Position) -> Result<Self, OpenError> {
        let history = store.history;
        tracing::info!(path = %store.path.display(), %history, %tail, "journal opened");
        let live = Arc::new(Live::new(tail));
        let writer = Writer { store: Arc::clone(&store), live: Arc::clone(&live), stopped: None };
        Ok(Self {
            history,
            writer: Worker::spawn("journal-write", writer).map_err(no_thread)?,
            reader: Worker::spawn("journal-read", store).map_err(no_thread)?,
            live,
            saving: Mutex::new(()),
        })
    }

    async fn append_envelope(&self, envelope: &Envelope) -> Result<Position, AppendError> {
        if envelope.history != self.history {
            return Err(AppendError::OtherHistory { own: self.history, found: envelope.history });
        }
        let bytes = envelope.encoded_len();
        if bytes > MAX_BATCH_BYTES {
            return Err(AppendError::TooLarge { bytes, at_most: MAX_BATCH_BYTES });
        }
        let (stored, envelope) = (envelope.encode(), envelope.clone());
        match self.writer.call(move |writer| writer.append(&stored, envelope)).await {
            Ok(appended) => appended,
            Err(Gone) => Err(AppendError::Closed),
        }
    }

    async fn start_following(&self, after: Position) -> Result<Following, ReadError> {
        let trimmed = self.read(|store| store.trimmed()).await?;
        if after < trimmed {
            return Err(ReadError::Trimmed { after, first: trimmed.next() });
        }
        let tail = self.live.tail();
        if after > tail {
            return Err(ReadError::Ahead { after, tail });
        }
        Ok(self.live.follow(after, Reader(self.reader.caller())))
    }

    async fn store_snapshot(&self, meta: SnapshotMeta, mut chunks: SnapshotChunks<'_>) -> Result<(), SnapshotError> {
        if meta.history != self.history {
            return Err(SnapshotError::OtherHistory { own: self.history, found: meta.history });
        }
        let tail = self.live.tail();
        if meta.position > tail {
            return Err(SnapshotError::Ahead { position: meta.position, tail });
        }
        let _one_at_a_time = self.saving.lock().await;
        let number = self.write(move |writer| writer.begin_snapshot(meta.position)).await??;
        let mut manifest = Manifest { meta, chunks: 0 };
        while let Some(chunk) = chunks.next().await {
            if chunk.len() > MAX_BATCH_BYTES {
                return Err(SnapshotError::ChunkTooLarge { bytes: chunk.len(), at_most: MAX_BATCH_BYTES });
            }
            let index = manifest.chunks;
            manifest.chunks += 1;
            let staged = move |writer: &mut Writer| {
                writer.change(|store| store.stage_chunk(number, index, &encode_chunk(&chunk)))
            };
            self.write(staged).await?.map_err(snapshot_error)?;
        }
        let completed = move |writer: &mut Writer| writer.change(|store| store.complete_snapshot(number, &manifest));
        self.write(completed).await?.map_err(snapshot_error)
    }

    async fn open_snapshot(&self) -> Result<Option<Snapshot>, ReadError> {
        let found = self.read(|store| store.snapshot()).await?;
        Ok(found.map(|(number, manifest, table)| Snapshot {
            meta: manifest.meta,
            chunks: stored_chunks(self.reader.caller(), number, manifest, table),
        }))
    }

    async fn trim_below(&self, before: Position) -> Result<(), TrimError> {
        let snapshot = self.write(|writer| writer.store.snapshot()).await.map_err(|Gone| TrimError::Closed)?;
        let snapshot = snapshot.map_err(|error| trim_error(write_failure(error)))?;
        let snapshot = snapshot.map_or(Position::START, |(_, manifest, _)| manifest.meta.position);
        if before > snapshot.next() {
            return Err(TrimError::NotCovered { before, snapshot });
        }
        // In small steps: appends come in between. The last one makes them durable.
        loop {
            let trimmed = self.write(move |writer| writer.change(|store| store.trim_some(before))).await;
            if !trimmed.map_err(|Gone| TrimError::Closed)?.map_err(trim_error)? {
                break;
            }
        }
        let synced = self.write(|writer| writer.change(Store::sync)).await;
        synced.map_err(|Gone| TrimError::Closed)?.map_err(trim_error)
    }

    async fn write<R: Send + 'static>(&self, job: impl FnOnce(&mut Writer) -> R + Send + 'static) -> Result<R, Gone> {
        self.writer.call(job).await
    }

    async fn read<R: Send + 'static>(
        &self,
        job: impl FnOnce(&Store) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, ReadError> {
        match self.reader.call(move |store| job(store)).await {
            Ok(read) => read.map_err(ReadError::from),
            Err(Gone) => Err(ReadError::Closed),
        }
    }
}

/// Why a change was not made. After one failure nothing more is written, ever.
enum ChangeError {
    Damaged(Damage),
    Failed(StorageFailure),
    Stopped(StorageFailure),
}

impl Writer {
    fn change<R>(&mut self, change: impl FnOnce(&Store) -> Result<R, StoreError>) -> Result<R, ChangeError> {
        if let Some(failure) = &self.stopped {
            return Err(ChangeError::Stopped(failure.clone()));
        }
        change(&self.store).map_err(|error| {
            let error = write_failure(error);
            let failure = match &error {
                ChangeError::Damaged(damage) => StorageFailure::new(damage.clone()),
                ChangeError::Failed(failure) | ChangeError::Stopped(failure) => failure.clone(),
            };
            let path = self.store.path.display();
            tracing::error!(%path, error = %failure, "journal's storage failed, no more writes are taken");
            self.stopped = Some(failure);
            error
        })
    }

    fn append(&mut self, stored: &[u8], envelope: Envelope) -> Result<Position, AppendError> {
        let position = self.live.tail().next();
        self.change(|store| store.append(position, stored)).map_err(|error| match error {
            ChangeError::Damaged(damage) => AppendError::Failed(StorageFailure::new(damage)),
            ChangeError::Failed(failure) => AppendError::Failed(failure),
            ChangeError::Stopped(failure) => AppendError::Stopped(failure),
        })?;
        self.live.publish(Entry { position, envelope });
        Ok(position)
    }

    fn begin_snapshot(&mut self, position: Position) -> Result<u64, SnapshotError> {
        let begin = |store: &Store| Ok((store.snapshot()?, store.next_snapshot_number()?));
        let (stored, number) = begin(&self.store).map_err(|error| snapshot_error(write_failure(error)))?;
        match stored {
            Some((_, Manifest { meta, .. }, _)) if meta.position > position => {
                Err(SnapshotError::Older { position, stored: meta.position })
            }
            _ => Ok(number),
        }
    }
}

/// The reading thread, for followers.
struct Reader(Caller<Arc<Store>>);

impl Stored for Reader {
    fn read(&self, after: Position) -> Pending<'_, Result<Vec<Entry>, ReadError>> {
        Box::pin(async move { self.0.call(move |store| store.read(after)).await.unwrap_or(Err(ReadError::Closed)) })
    }
}

fn stored_chunks(reader: Caller<Arc<Store>>, number: u64, manifest: Manifest, table: ChunkTable) -> StoredChunks {
    let position = manifest.meta.position;
    let chunks = stream::unfold(Some((0, table)), move |next| {
        let reader = reader.clone();
        async move {
            let (index, table) = next.filter(|(index, _)| *index < manifest.chunks)?;
            let read = move |_: &mut Arc<Store>| (store::chunk(&table, number, index, position), table);
            match reader.call(read).await {
                Ok((Ok(chunk), table)) => Some((Ok(chunk), Some((index + 1, table)))),
                Ok((Err(error), _)) => Some((Err(error.into()), None)),
                Err(Gone) => Some((Err(ReadError::Closed), None)),
            }
        }
    });
    Box::pin(chunks)
}

fn no_thread(error: io::Error) -> OpenError {
    OpenError::Io { action: "start a thread for", path: "the journal".into(), source: error }
}

fn write_failure(error: StoreError) -> ChangeError {
    match error {
        StoreError::Damaged(damage) => ChangeError::Damaged(damage),
        StoreError::Failed(error) => ChangeError::Failed(StorageFailure::new(error)),
    }
}

fn snapshot_error(error: ChangeError) -> SnapshotError {
    match error {
        ChangeError::Damaged(damage) => SnapshotError::Damaged(damage),
        ChangeError::Failed(failure) | ChangeError::Stopped(failure) => SnapshotError::Stopped(failure),
    }
}

fn trim_error(error: ChangeError) -> TrimError {
    match error {
        ChangeError::Damaged(damage) => TrimError::Damaged(damage),
        ChangeError::Failed(failure) | ChangeError::Stopped(failure) => TrimError::Stopped(failure),
    }
}

impl From<Gone> for SnapshotError {
    fn from(_: Gone) -> Self {
        Self::Closed
    }
}

impl Journal for RedbJournal {
    fn history(&self) -> HistoryId {
        self.history
    }

    fn max_batch_bytes(&self) -> usize {
        MAX_BATCH_BYTES
    }

    fn append<'a>(&'a self, envelope: &'a Envelope) -> Pending<'a, Result<Position, AppendError>> {
        Box::pin(self.append_envelope(envelope))
    }

    fn tail(&self) -> Pending<'_, Result<Position, ReadError>> {
        Box::pin(std::future::ready(Ok(self.live.tail())))
    }

    fn follow(&self, after: Position) -> Pending<'_, Result<Following, ReadError>> {
        Box::pin(self.start_following(after))
    }

    fn find(&self, incarnation: u64, number: u64) -> Pending<'_, Result<Presence, ReadError>> {
        Box::pin(self.read(move |store| store.find(incarnation, number)))
    }

    fn save_snapshot<'a>(
        &'a self,
        meta: SnapshotMeta,
        chunks: SnapshotChunks<'a>,
    ) -> Pending<'a, Result<(), SnapshotError>> {
        Box::pin(self.store_snapshot(meta, chunks))
    }

    fn load_snapshot(&self) -> Pending<'_, Result<Option<Snapshot>, ReadError>> {
        Box::pin(self.open_snapshot())
    }

    fn trim(&self, before: Position) -> Pending<'_, Result<(), TrimError>> {
        Box::pin(self.trim_below(before))
    }
}

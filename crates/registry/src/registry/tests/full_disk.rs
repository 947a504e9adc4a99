//! A journal that stores nothing more.

use muster_journal::{
    AppendError, Envelope, Following, HistoryId, Journal, MemoryJournal, Pending, Position, Presence, ReadError,
    Snapshot, SnapshotChunks, SnapshotError, SnapshotMeta, TrimError,
};

use super::*;

struct FullDisk(MemoryJournal);

impl Journal for FullDisk {
    fn history(&self) -> HistoryId {
        self.0.history()
    }

    fn max_batch_bytes(&self) -> usize {
        self.0.max_batch_bytes()
    }

    fn append<'a>(&'a self, _: &'a Envelope) -> Pending<'a, Result<Position, AppendError>> {
        Box::pin(async { Err(AppendError::Closed) })
    }

    fn tail(&self) -> Pending<'_, Result<Position, ReadError>> {
        self.0.tail()
    }

    fn follow(&self, after: Position) -> Pending<'_, Result<Following, ReadError>> {
        self.0.follow(after)
    }

    fn find(&self, incarnation: u64, number: u64) -> Pending<'_, Result<Presence, ReadError>> {
        self.0.find(incarnation, number)
    }

    fn save_snapshot<'a>(
        &'a self,
        meta: SnapshotMeta,
        chunks: SnapshotChunks<'a>,
    ) -> Pending<'a, Result<(), SnapshotError>> {
        self.0.save_snapshot(meta, chunks)
    }

    fn load_snapshot(&self) -> Pending<'_, Result<Option<Snapshot>, ReadError>> {
        self.0.load_snapshot()
    }

    fn trim(&self, before: Position) -> Pending<'_, Result<(), TrimError>> {
        self.0.trim(before)
    }
}

#[tokio::test]
async fn a_registry_whose_journal_failed_says_so_and_answers_reads() {
    let journal = FullDisk(MemoryJournal::new(HistoryId::random()));
    let running = Running::with(Arc::new(journal), RegistryConfig::default()).await;
    assert_eq!(running.registry.stopped(), None);
    assert!(running.registry.submit(put("a", "1")).await.is_err());
    assert_eq!(running.registry.stopped(), Some("journal is closed"));
    assert!(matches!(running.registry.submit(put("a", "2")).await, Err(SubmitError::Stopped { .. })));
    assert!(!running.registry.state().key("a").found);
    running.stop().await;
}

mod damage;
mod directory;
mod lossy_file;

use std::sync::Arc;

use self::lossy_file::{LossyFile, Sync};
use super::{RedbJournal, opening};
use crate::suite::{self, Lost, Place};
use crate::{AppendError, Journal, OpenError, Pending, Position};

/// A data directory that goes with the test.
struct TemporaryDirectory(tempfile::TempDir);

impl TemporaryDirectory {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl Place for TemporaryDirectory {
    fn open(&self) -> Pending<'_, Result<Arc<dyn Journal>, OpenError>> {
        Box::pin(async {
            let journal = RedbJournal::open(&self.0.path().join("data")).await?;
            Ok(Arc::new(journal) as Arc<dyn Journal>)
        })
    }
}

impl Place for LossyFile {
    fn open(&self) -> Pending<'_, Result<Arc<dyn Journal>, OpenError>> {
        let file = self.clone();
        Box::pin(async {
            let journal = RedbJournal::open_with(move || opening::open_on(file)).await?;
            Ok(Arc::new(journal) as Arc<dyn Journal>)
        })
    }
}

#[tokio::test]
async fn passes_the_suite_in_a_directory() {
    suite::check(TemporaryDirectory::new).await;
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_at_any_power_cut() {
    suite::check_durability(|| LossyFile::new(Sync::Honest), 2).await.unwrap();
}

/// The check above is worth something: it finds an engine whose sync does nothing.
#[tokio::test]
async fn the_power_cut_check_notices_a_missing_sync() {
    let lost = suite::check_durability(|| LossyFile::new(Sync::Nothing), 4).await.unwrap_err();
    assert!(matches!(lost, Lost::Acknowledged { .. } | Lost::Everything { .. }), "{lost}");
}

#[tokio::test]
async fn an_append_is_one_sync() {
    let file = LossyFile::new(Sync::Honest);
    let journal = Place::open(&file).await.unwrap();
    for number in 1..=50 {
        let before = file.syncs();
        journal.append(&suite::envelope(journal.history(), 1, number)).await.unwrap();
        assert_eq!(file.syncs() - before, 1, "append {number}");
    }
}

#[tokio::test]
async fn after_a_storage_error_no_write_is_tried_again() {
    let file = LossyFile::new(Sync::Honest);
    let journal = Place::open(&file).await.unwrap();
    journal.append(&suite::envelope(journal.history(), 1, 1)).await.unwrap();
    suite::LossyPlace::cut_power_after(&file, 0);
    let failed = journal.append(&suite::envelope(journal.history(), 1, 2)).await.unwrap_err();
    assert!(matches!(failed, AppendError::Failed(_)) && failed.is_ambiguous(), "{failed}");
    // The storage works again, yet the journal has stopped: what a failed sync left is not known.
    suite::LossyPlace::restore_power(&file, 0);
    let operations = suite::LossyPlace::operations(&file);
    let stopped = journal.append(&suite::envelope(journal.history(), 1, 3)).await.unwrap_err();
    assert!(matches!(stopped, AppendError::Stopped(_)) && !stopped.is_ambiguous(), "{stopped}");
    assert_eq!(suite::LossyPlace::operations(&file), operations, "nothing was written");
    // What is in memory is served on.
    assert_eq!(journal.tail().await.unwrap(), Position(1));
}

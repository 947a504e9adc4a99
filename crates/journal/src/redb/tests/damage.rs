//! Flipped bytes in the file.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::{RedbJournal, suite};
use crate::{Damage, DecodeError, Journal, OpenError, Position, ReadError, SnapshotMeta};

/// A closed journal with 40 entries and a snapshot.
async fn filled() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let journal = RedbJournal::open(&data).await.unwrap();
    for number in 1..=40 {
        journal.append(&suite::envelope(journal.history(), 1, number)).await.unwrap();
    }
    let meta = SnapshotMeta { position: Position(10), history: journal.history(), rules: 1 };
    let chunks = ["the first chunk", "the second chunk"].map(|text| Bytes::from_static(text.as_bytes()));
    journal.save_snapshot(meta, Box::pin(futures_util::stream::iter(chunks))).await.unwrap();
    drop(journal);
    (directory, data)
}

/// Flips a bit in every copy of `text` in the file.
fn damage(data: &Path, text: &str) {
    let path = data.join("journal.redb");
    let mut file = std::fs::read(&path).unwrap();
    let places: Vec<_> = (0..file.len() - text.len()).filter(|&at| file[at..].starts_with(text.as_bytes())).collect();
    assert!(!places.is_empty());
    for at in places {
        file[at] ^= 1;
    }
    std::fs::write(&path, file).unwrap();
}

#[tokio::test]
async fn a_damaged_entry_is_named_and_the_journal_stays_closed() {
    let (_directory, data) = filled().await;
    damage(&data, "commands of 1/17");
    let refused = RedbJournal::open(&data).await.err().unwrap();
    let OpenError::Damaged { damage: Damage::Entry { position, reason }, .. } = &refused else {
        panic!("{refused}");
    };
    assert_eq!(*position, Position(17));
    assert!(matches!(reason, DecodeError::Checksum { .. }));
    let expected =
        format!("{} is damaged: entry at position 17 is damaged: checksum ", data.join("journal.redb").display());
    assert!(refused.to_string().starts_with(&expected), "{refused}");
}

#[tokio::test]
async fn a_damaged_snapshot_is_refused() {
    let (_directory, data) = filled().await;
    damage(&data, "the second chunk");
    let refused = match RedbJournal::open(&data).await {
        Err(refused) => refused.to_string(),
        Ok(journal) => {
            let snapshot = journal.load_snapshot().await.unwrap().unwrap();
            let chunks: Vec<_> = futures_util::StreamExt::collect::<Vec<_>>(snapshot.chunks).await;
            assert!(matches!(chunks.last(), Some(Err(ReadError::Damaged(Damage::Chunk { chunk: 1, .. })))));
            return;
        }
    };
    assert!(refused.contains("is damaged"), "{refused}");
}

#[tokio::test]
async fn no_damaged_byte_goes_unnoticed_or_takes_an_entry_away() {
    let (_directory, data) = filled().await;
    let path = data.join("journal.redb");
    let whole = std::fs::read(&path).unwrap();
    let used: Vec<_> = (0..whole.len()).filter(|&at| whole[at] != 0).collect();
    let mut refused = 0;
    for at in used.iter().step_by(used.len() / 300 + 1) {
        let mut file = whole.clone();
        file[*at] ^= 0x10;
        std::fs::write(&path, &file).unwrap();
        match RedbJournal::open(&data).await {
            // In a page that is not in use, or in what is rebuilt.
            Ok(journal) => {
                assert_eq!(suite::entries(&journal).await, 40, "byte {at}");
                let snapshot = journal.load_snapshot().await.unwrap().unwrap();
                let chunks: Vec<_> = futures_util::StreamExt::collect::<Vec<_>>(snapshot.chunks).await;
                assert!(chunks.len() == 2 && chunks.iter().all(Result::is_ok), "byte {at}");
            }
            Err(OpenError::Damaged { .. }) => refused += 1,
            Err(error) => panic!("byte {at}: {error:?}"),
        }
    }
    assert!(refused > 10, "{refused}");
}

#[tokio::test]
async fn a_cut_file_is_refused() {
    let (_directory, data) = filled().await;
    let path = data.join("journal.redb");
    let whole = std::fs::read(&path).unwrap();
    for part in [1, 100, 4096, whole.len() / 2] {
        std::fs::write(&path, &whole[..part]).unwrap();
        let refused = RedbJournal::open(&data).await.err().unwrap();
        assert!(matches!(refused, OpenError::Damaged { .. }), "{part} bytes: {refused:?}");
    }
    std::fs::write(&path, b"").unwrap();
    let refused = RedbJournal::open(&data).await.err().unwrap();
    assert!(matches!(refused, OpenError::Damaged { .. }), "an empty file is not a new journal: {refused:?}");
}

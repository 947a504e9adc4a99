//! What every engine must pass.
//!
//! An engine's tests implement [`Place`] and call [`check`] with a way to make fresh ones; an engine
//! that is durable also implements [`LossyPlace`] and calls [`check_durability`]. A failed check panics,
//! but for durability, where [`Lost`] is returned, so that a test can show that the check finds an engine
//! that does not sync.

mod contract;
mod durability;

pub use contract::check;
pub use durability::{LossyPlace, Lost, check_durability};

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use crate::{Entry, Envelope, Following, HistoryId, Journal, OpenError, Pending, Position, Snapshot, SnapshotChunks};

/// Where one journal lives, to be opened again and again.
pub trait Place: Send + Sync {
    /// Opens the journal; the one opened before has been dropped.
    fn open(&self) -> Pending<'_, Result<Arc<dyn Journal>, OpenError>>;
}

/// An envelope of `journal`'s history whose commands tell its name.
pub fn envelope(history: HistoryId, incarnation: u64, number: u64) -> Envelope {
    let commands = Bytes::from(format!("commands of {incarnation}/{number}"));
    Envelope { history, incarnation, number, rules: 1, commands }
}

/// Appends the envelopes of that incarnation and those numbers, one after the other.
async fn append_all(journal: &dyn Journal, incarnation: u64, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        let envelope = envelope(journal.history(), incarnation, number);
        journal.append(&envelope).await.expect("an engine stores what it is given");
    }
}

/// The next `count` entries.
async fn take(following: &mut Following, count: usize) -> Vec<Entry> {
    let entries: Vec<_> = following.take(count).collect().await;
    assert_eq!(entries.len(), count, "the stream ended early");
    entries.into_iter().map(|entry| entry.expect("an engine reads what it stored")).collect()
}

/// All that is stored behind `after`.
async fn stored(journal: &dyn Journal, after: Position) -> Vec<Entry> {
    let tail = journal.tail().await.expect("an engine knows its tail");
    let mut following = journal.follow(after).await.expect("an engine can be followed from there");
    take(&mut following, (tail.0 - after.0) as usize).await
}

fn chunks(texts: &[&'static str]) -> SnapshotChunks<'static> {
    Box::pin(stream::iter(texts.iter().map(|text| Bytes::from_static(text.as_bytes())).collect::<Vec<_>>()))
}

async fn text(snapshot: Snapshot) -> Vec<String> {
    let chunks: Vec<_> = snapshot.chunks.collect().await;
    let texts = chunks.into_iter().map(|chunk| chunk.expect("an engine reads the chunks that it stored").to_vec());
    texts.map(|chunk| String::from_utf8(chunk).expect("the suite's chunks are text")).collect()
}

/// How many entries a journal that was never trimmed gives from its start.
#[cfg(test)]
pub(crate) async fn entries(journal: &dyn Journal) -> usize {
    stored(journal, Position::START).await.len()
}

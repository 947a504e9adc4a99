use bytes::Bytes;
use muster_journal::Envelope;

use super::*;
use crate::command::StateDigest;
use crate::stored::{decode_batch, encode_batch};

fn config() -> RegistryConfig {
    RegistryConfig { digest_every: 4, ..RegistryConfig::default() }
}

async fn digests(journal: &dyn Journal) -> Vec<StateDigest> {
    let tail = journal.tail().await.unwrap();
    let entries = journal.follow(Position::START).await.unwrap().take(tail.0 as usize);
    let commands = entries.map(|entry| decode_batch(&entry.unwrap().envelope.commands).unwrap());
    let commands: Vec<_> = commands.collect().await;
    let digests = commands.into_iter().flatten();
    digests.filter_map(|command| if let Command::StateDigest(digest) = command { Some(digest) } else { None }).collect()
}

/// Writes until a digest stands in the journal.
async fn until_digested(registry: &Registry) -> StateDigest {
    for number in 0.. {
        registry.submit(put("k", &number.to_string())).await.unwrap();
        tokio::task::yield_now().await;
        if let Some(digest) = digests(&*registry.shared.journal).await.pop() {
            return digest;
        }
    }
    unreachable!()
}

/// As another server would write it.
async fn append(journal: &dyn Journal, number: u64, digest: StateDigest) {
    let commands = Bytes::from(encode_batch(&[Command::StateDigest(digest)]));
    let envelope = Envelope { history: journal.history(), incarnation: 1, number, rules: 2, commands };
    journal.append(&envelope).await.unwrap();
}

fn flipped(digest: StateDigest) -> StateDigest {
    let mut flipped = digest;
    flipped.digest[0] ^= 1;
    flipped
}

#[tokio::test]
async fn digests_are_written_and_hold_when_the_journal_is_read_again() {
    let storage = MemoryStorage::new(HistoryId::random());
    let running = Running::with(Arc::new(MemoryJournal::open(&storage)), config()).await;
    let digest = until_digested(&running.registry).await;
    assert!(digest.position.is_multiple_of(4) && digest.position > 0);
    running.stop().await;
    let again = Running::with(Arc::new(MemoryJournal::open(&storage)), config()).await;
    again.registry.submit(put("k", "x")).await.unwrap();
    again.stop().await;
}

#[tokio::test]
async fn a_journal_that_gives_another_state_than_it_gave_is_refused() {
    let storage = MemoryStorage::new(HistoryId::random());
    let running = Running::with(Arc::new(MemoryJournal::open(&storage)), config()).await;
    let digest = until_digested(&running.registry).await;
    running.stop().await;
    // The same entries, but the state was another one when they were written.
    let changed = MemoryStorage::new(storage.history());
    let (from, to) = (MemoryJournal::open(&storage), MemoryJournal::open(&changed));
    let mut entries = from.follow(Position::START).await.unwrap().take(digest.position as usize);
    while let Some(entry) = entries.next().await {
        to.append(&entry.unwrap().envelope).await.unwrap();
    }
    append(&to, 1, flipped(digest)).await;
    drop(to);
    let refused = Registry::open(Arc::new(MemoryJournal::open(&changed)), config()).await.err().unwrap().to_string();
    let expected = format!("state after entry {} is not the one that was recorded in the journal", digest.position);
    assert!(refused.starts_with(&expected), "{refused}");
}

#[tokio::test]
async fn a_server_that_diverges_answers_nothing_any_more() {
    let running = Running::with(Arc::new(MemoryJournal::new(HistoryId::random())), config()).await;
    let digest = until_digested(&running.registry).await;
    let journal = Arc::clone(&running.registry.shared.journal);
    append(&*journal, 1, digest).await;
    running.registry.submit(put("k", "agrees")).await.unwrap();
    append(&*journal, 2, flipped(digest)).await;
    let refused = loop {
        if let Err(refused) = running.registry.submit(put("k", "x")).await {
            break refused;
        }
    };
    assert!(refused.to_string().contains("is not the one that was recorded in the journal"), "{refused}");
    for consistency in [Consistency::Default, Consistency::Stale] {
        let options = ReadOptions { consistency, ..ReadOptions::default() };
        assert!(running.registry.read(&[], options, |state| state.key("k")).await.is_err());
    }
    running.stop().await;
}

//! The promises of [`Journal`], one by one.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, future, stream};
use tokio::sync::oneshot;

use super::{Place, append_all, chunks, envelope, stored, take, text};
use crate::live::{CHUNK_ENTRIES, RING_ENTRIES};
use crate::{
    AppendError, Entry, HistoryId, Journal, Position, Presence, ReadError, SnapshotError, SnapshotMeta, TrimError,
};

/// Checks an engine against the contract of [`Journal`]. `fresh` makes a place for an empty journal.
pub async fn check<P: Place>(fresh: impl Fn() -> P) {
    positions_are_dense_from_one(&fresh()).await;
    every_start_gives_the_rest_in_order(&fresh()).await;
    starting_beyond_the_end_is_refused(&fresh()).await;
    followers_see_concurrent_appends_once_and_in_order(&fresh()).await;
    a_slow_follower_misses_nothing(&fresh()).await;
    following_ends_when_the_journal_is_closed(&fresh()).await;
    reopening_keeps_everything(&fresh()).await;
    other_histories_and_large_batches_are_refused(&fresh()).await;
    an_envelope_is_found_by_name(&fresh()).await;
    the_newest_complete_snapshot_is_loaded(&fresh()).await;
    an_abandoned_snapshot_leaves_the_one_before(&fresh()).await;
    unfit_snapshots_are_refused(&fresh()).await;
    trimming_needs_a_snapshot(&fresh()).await;
    trimming_lets_go_of_what_a_snapshot_covers(&fresh()).await;
    an_empty_journal_is_empty(&fresh()).await;
}

async fn open(place: &dyn Place) -> Arc<dyn Journal> {
    place.open().await.expect("a journal that was closed well can be opened")
}

fn meta(journal: &dyn Journal, position: u64) -> SnapshotMeta {
    SnapshotMeta { position: Position(position), history: journal.history(), rules: 1 }
}

fn names(entries: &[Entry]) -> Vec<(u64, u64, u64)> {
    entries.iter().map(|entry| (entry.position.0, entry.envelope.incarnation, entry.envelope.number)).collect()
}

async fn an_empty_journal_is_empty(place: &dyn Place) {
    let journal = open(place).await;
    assert_eq!(journal.tail().await.expect("tail"), Position::START);
    assert!(journal.load_snapshot().await.expect("load").is_none());
    journal.trim(Position(1)).await.expect("there is nothing to trim");
    assert_eq!(journal.find(1, 1).await.expect("find"), Presence::Absent);
}

async fn positions_are_dense_from_one(place: &dyn Place) {
    let journal = open(place).await;
    for expected in 1..=20 {
        let position = journal.append(&envelope(journal.history(), 1, expected)).await.expect("append");
        assert_eq!(position, Position(expected));
        assert_eq!(journal.tail().await.expect("tail"), position, "own appends are in the tail at once");
    }
}

async fn every_start_gives_the_rest_in_order(place: &dyn Place) {
    let journal = open(place).await;
    append_all(&*journal, 3, 1..=30).await;
    for after in 0..=30 {
        let expected: Vec<_> = (after + 1..=30).map(|number| (number, 3, number)).collect();
        let entries = stored(&*journal, Position(after)).await;
        assert_eq!(names(&entries), expected);
        for entry in entries {
            assert_eq!(entry.envelope, envelope(journal.history(), 3, entry.position.0), "as it was appended");
        }
    }
}

async fn starting_beyond_the_end_is_refused(place: &dyn Place) {
    let journal = open(place).await;
    append_all(&*journal, 1, 1..=3).await;
    let refused = journal.follow(Position(4)).await.err();
    assert!(
        matches!(refused, Some(ReadError::Ahead { after: Position(4), tail: Position(3) })),
        "a reader that has seen more than there is follows another journal: {refused:?}"
    );
}

async fn followers_see_concurrent_appends_once_and_in_order(place: &dyn Place) {
    const WRITERS: u64 = 4;
    const EACH: u64 = 100;
    let journal = open(place).await;
    append_all(&*journal, 9, 1..=50).await;
    let total = (50 + WRITERS * EACH) as usize;
    let follow = async |after: u64| {
        let mut following = journal.follow(Position(after)).await.expect("follow");
        take(&mut following, total - after as usize).await
    };
    let writers = future::join_all((1..=WRITERS).map(|writer| append_all(&*journal, writer, 1..=EACH)));
    let followers = future::join_all([0, 1, 49, 50].map(follow));
    let (_, followed) = future::join(writers, followers).await;
    let all = &followed[0];
    let positions: Vec<_> = all.iter().map(|entry| entry.position.0).collect();
    assert_eq!(positions, (1..=total as u64).collect::<Vec<_>>());
    for (entries, after) in followed.iter().zip([0, 1, 49, 50]) {
        assert_eq!(entries, &all[after..], "every follower gets the same");
    }
    for writer in 1..=WRITERS {
        let mine = all.iter().filter(|entry| entry.envelope.incarnation == writer);
        let numbers: Vec<_> = mine.map(|entry| entry.envelope.number).collect();
        assert_eq!(numbers, (1..=EACH).collect::<Vec<_>>(), "one writer's envelopes stay in their order");
    }
}

async fn a_slow_follower_misses_nothing(place: &dyn Place) {
    let journal = open(place).await;
    append_all(&*journal, 1, 1..=2).await;
    let mut following = journal.follow(Position::START).await.expect("follow");
    let mut entries = take(&mut following, 1).await;
    let total = RING_ENTRIES + 3 * CHUNK_ENTRIES;
    append_all(&*journal, 1, 3..=total as u64).await;
    entries.extend(take(&mut following, total - 1).await);
    let expected: Vec<_> = (1..=total as u64).map(|number| (number, 1, number)).collect();
    assert_eq!(names(&entries), expected);
    // And it has caught up: the next one comes live.
    let next = envelope(journal.history(), 1, total as u64 + 1);
    let (_, live) = future::join(journal.append(&next), take(&mut following, 1)).await;
    assert_eq!(live[0].envelope, next);
}

async fn following_ends_when_the_journal_is_closed(place: &dyn Place) {
    let journal = open(place).await;
    append_all(&*journal, 1, 1..=1).await;
    let mut following = journal.follow(Position::START).await.expect("follow");
    assert_eq!(take(&mut following, 1).await.len(), 1);
    let waiting = async {
        // Polled once while the journal is open, so that it waits for more.
        let (ended, end) = (following.next(), async move { drop(journal) });
        let (ended, ()) = future::join(ended, end).await;
        ended
    };
    assert!(waiting.await.is_none());
}

async fn reopening_keeps_everything(place: &dyn Place) {
    let journal = open(place).await;
    let history = journal.history();
    append_all(&*journal, 1, 1..=10).await;
    let before = stored(&*journal, Position::START).await;
    drop(journal);
    let journal = open(place).await;
    assert_eq!(journal.history(), history);
    assert_eq!(stored(&*journal, Position::START).await, before);
    append_all(&*journal, 2, 1..=1).await;
    assert_eq!(journal.tail().await.expect("tail"), Position(11));
}

async fn other_histories_and_large_batches_are_refused(place: &dyn Place) {
    let journal = open(place).await;
    let foreign = envelope(HistoryId::from_bytes([7; 16]), 1, 1);
    let refused = journal.append(&foreign).await.expect_err("of another registry");
    assert!(matches!(refused, AppendError::OtherHistory { .. }) && !refused.is_ambiguous());

    let mut large = envelope(journal.history(), 1, 1);
    let overhead = large.encoded_len() - large.commands.len();
    large.commands = Bytes::from(vec![0; journal.max_batch_bytes() - overhead + 1]);
    let refused = journal.append(&large).await.expect_err("one byte over the limit");
    assert!(matches!(refused, AppendError::TooLarge { .. }) && !refused.is_ambiguous());
    assert_eq!(journal.tail().await.expect("tail"), Position::START, "what is refused is not stored");

    large.commands = Bytes::from(vec![0; journal.max_batch_bytes() - overhead]);
    assert_eq!(journal.append(&large).await.expect("just within the limit"), Position(1));
    assert_eq!(stored(&*journal, Position::START).await[0].envelope, large);
}

async fn an_envelope_is_found_by_name(place: &dyn Place) {
    let journal = open(place).await;
    append_all(&*journal, 1, 1..=5).await;
    append_all(&*journal, 2, 1..=5).await;
    let find = async |incarnation, number| journal.find(incarnation, number).await.expect("find");
    assert_eq!(find(1, 3).await, Presence::Stored(Position(3)));
    assert_eq!(find(2, 3).await, Presence::Stored(Position(8)));
    assert_eq!(find(2, 6).await, Presence::Absent);
    assert_eq!(find(3, 1).await, Presence::Absent);

    journal.save_snapshot(meta(&*journal, 7), chunks(&["state"])).await.expect("save");
    journal.trim(Position(8)).await.expect("trim");
    assert_eq!(find(2, 3).await, Presence::Stored(Position(8)));
    assert_eq!(find(2, 2).await, Presence::Unknown, "it was there, but that cannot be seen any more");
}

async fn the_newest_complete_snapshot_is_loaded(place: &dyn Place) {
    let journal = open(place).await;
    append_all(&*journal, 1, 1..=5).await;
    journal.save_snapshot(meta(&*journal, 2), chunks(&["a", "b", "c"])).await.expect("save");
    let older = journal.load_snapshot().await.expect("load").expect("one was saved");
    journal.save_snapshot(meta(&*journal, 4), chunks(&["d", "e"])).await.expect("save");
    assert_eq!(text(older).await, ["a", "b", "c"], "what is being read stays readable");
    drop(journal);

    let journal = open(place).await;
    let snapshot = journal.load_snapshot().await.expect("load").expect("two were saved");
    assert_eq!(snapshot.meta, meta(&*journal, 4));
    assert_eq!(text(snapshot).await, ["d", "e"]);
    journal.save_snapshot(meta(&*journal, 5), chunks(&[])).await.expect("a snapshot may be empty");
    let snapshot = journal.load_snapshot().await.expect("load").expect("three were saved");
    assert_eq!(text(snapshot).await, [""; 0]);
}

async fn an_abandoned_snapshot_leaves_the_one_before(place: &dyn Place) {
    let journal = open(place).await;
    append_all(&*journal, 1, 1..=5).await;
    journal.save_snapshot(meta(&*journal, 2), chunks(&["old"])).await.expect("save");
    let (staged, is_staged) = oneshot::channel();
    let mut staged = Some(staged);
    // Two chunks, and then none for ever: when the third is asked for, two are stored.
    let endless = stream::iter(["new 1", "new 2"]).map(|text| Bytes::from_static(text.as_bytes())).chain(
        stream::poll_fn(move |_| {
            staged.take().map(|staged| staged.send(()));
            std::task::Poll::Pending
        }),
    );
    let saving = journal.save_snapshot(meta(&*journal, 4), Box::pin(endless));
    let abandoned = future::select(saving, is_staged).await;
    assert!(matches!(abandoned, future::Either::Right(_)));
    drop(abandoned);
    append_all(&*journal, 1, 6..=6).await;
    let check = async |journal: &dyn Journal| {
        let snapshot = journal.load_snapshot().await.expect("load").expect("one was saved");
        assert_eq!(snapshot.meta.position, Position(2));
        assert_eq!(text(snapshot).await, ["old"]);
    };
    check(&*journal).await;
    drop(journal);
    check(&*open(place).await).await;
}

async fn unfit_snapshots_are_refused(place: &dyn Place) {
    let journal = open(place).await;
    append_all(&*journal, 1, 1..=5).await;
    let save = async |meta| journal.save_snapshot(meta, chunks(&["x"])).await;
    let ahead = save(meta(&*journal, 6)).await;
    assert!(matches!(ahead, Err(SnapshotError::Ahead { position: Position(6), tail: Position(5) })));
    let foreign = SnapshotMeta { history: HistoryId::from_bytes([7; 16]), ..meta(&*journal, 5) };
    assert!(matches!(save(foreign).await, Err(SnapshotError::OtherHistory { .. })));
    save(meta(&*journal, 4)).await.expect("save");
    let older = save(meta(&*journal, 3)).await;
    assert!(matches!(older, Err(SnapshotError::Older { position: Position(3), stored: Position(4) })));
    let large = Bytes::from(vec![0; journal.max_batch_bytes() + 1]);
    let refused = journal.save_snapshot(meta(&*journal, 5), Box::pin(stream::iter([large]))).await;
    assert!(matches!(refused, Err(SnapshotError::ChunkTooLarge { .. })));
    let snapshot = journal.load_snapshot().await.expect("load").expect("one was saved");
    assert_eq!(snapshot.meta.position, Position(4));
}

async fn trimming_needs_a_snapshot(place: &dyn Place) {
    let journal = open(place).await;
    append_all(&*journal, 1, 1..=5).await;
    let refused = journal.trim(Position(2)).await;
    assert!(matches!(refused, Err(TrimError::NotCovered { before: Position(2), snapshot: Position::START })));
    journal.save_snapshot(meta(&*journal, 3), chunks(&["x"])).await.expect("save");
    let refused = journal.trim(Position(5)).await;
    assert!(matches!(refused, Err(TrimError::NotCovered { before: Position(5), snapshot: Position(3) })));
    assert_eq!(stored(&*journal, Position::START).await.len(), 5, "what is refused is not done");
}

async fn trimming_lets_go_of_what_a_snapshot_covers(place: &dyn Place) {
    let journal = open(place).await;
    append_all(&*journal, 1, 1..=600).await;
    journal.save_snapshot(meta(&*journal, 590), chunks(&["x"])).await.expect("save");
    let mut slow = journal.follow(Position::START).await.expect("follow");
    take(&mut slow, 1).await;
    journal.trim(Position(501)).await.expect("trim");
    let trimmed = async |journal: &dyn Journal| {
        let refused = journal.follow(Position(499)).await.err();
        let expected = (Position(499), Position(501));
        assert!(matches!(refused, Some(ReadError::Trimmed { after, first }) if (after, first) == expected));
        assert_eq!(names(&stored(journal, Position(500)).await)[0], (501, 1, 501));
    };
    trimmed(&*journal).await;
    let rest: Vec<_> = slow.collect::<Vec<_>>().await;
    assert!(matches!(rest.last(), Some(Err(ReadError::Trimmed { .. }))), "a follower left behind is told so");
    drop(journal);

    let journal = open(place).await;
    trimmed(&*journal).await;
    journal.save_snapshot(meta(&*journal, 600), chunks(&["y"])).await.expect("save");
    journal.trim(Position(601)).await.expect("all of it may go");
    drop(journal);
    let journal = open(place).await;
    assert_eq!(journal.tail().await.expect("tail"), Position(600), "the end stays known");
    append_all(&*journal, 2, 1..=1).await;
    assert_eq!(names(&stored(&*journal, Position(600)).await), [(601, 2, 1)]);
}

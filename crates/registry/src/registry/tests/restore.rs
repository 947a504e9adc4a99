use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use muster_catalog::{Catalog, CatalogCheck, CatalogDeregistration, CatalogRegistration, NodeUpdate, Owner};
use muster_journal::{
    AppendError, Envelope, Following, Pending, Presence, ReadError, Snapshot, SnapshotChunks, SnapshotError,
    SnapshotMeta, StorageFailure, TrimError,
};
use muster_model::{Check, CheckId, CheckStatus, Node, NodeName, Service, ServiceId, ServiceName, Weights};

use super::*;
use crate::command::{Rejection, RestoreStep};

fn service(id: &str) -> Service {
    Service {
        id: ServiceId::new(id).unwrap(),
        name: ServiceName::new("web").unwrap(),
        tags: Vec::new(),
        address: Arc::from(""),
        tagged_addresses: Default::default(),
        meta: Default::default(),
        port: 80,
        socket_path: Arc::from(""),
        weights: Weights::default(),
        enable_tag_override: false,
    }
}

fn node() -> NodeName {
    NodeName::new("n").unwrap()
}

/// An instance on node n, whose ID is `node_id`.
fn registration(node_id: &str, instance: &str, owner: Owner) -> CatalogRegistration {
    let check = Check {
        id: CheckId::new("serfHealth").unwrap(),
        name: Arc::from(""),
        status: CheckStatus::Passing,
        notes: Arc::from(""),
        output: Arc::from(""),
        service_id: None,
        kind: Arc::from(""),
        definition: None,
    };
    let node = Node {
        name: node(),
        id: Arc::from(node_id),
        address: Arc::from("10.0.0.1"),
        tagged_addresses: Default::default(),
        meta: Default::default(),
    };
    CatalogRegistration {
        node: NodeUpdate::Put(node),
        service: Some(service(instance)),
        checks: vec![CatalogCheck { check, keep_result: true }],
        replace_checks: false,
        owner,
    }
}

/// What [`SavedState`] gives, in the chunks that it gives.
fn saved(registry: &Registry) -> Vec<Bytes> {
    registry.save().chunks().map(Bytes::from).collect()
}

async fn restore(registry: &Registry, chunks: &[Bytes]) -> Result<(), RestoreError> {
    let mut restore = registry.begin_restore(crate::RULES_LEVEL)?;
    for chunk in chunks {
        restore.push(chunk.clone()).await?;
    }
    restore.commit().await
}

fn keys(registry: &Registry) -> Vec<String> {
    registry.state().keys_under("").value.iter().map(|entry| entry.key.to_string()).collect()
}

/// Rows of a state in many chunks: a chunk each for its first rows, cut by hand.
fn many_chunks(registry: &Registry) -> Vec<Bytes> {
    crate::stored::state_chunks(&registry.state(), 1).map(Bytes::from).collect()
}

#[tokio::test]
async fn a_restore_gives_the_saved_state_above_both_histories() {
    let running = Running::new().await;
    let registry = &running.registry;
    for key in ["a", "b"] {
        registry.submit(put(key, "old")).await.unwrap();
    }
    let chunks = saved(registry);
    registry.submit(put("b", "new")).await.unwrap();
    registry.submit(put("c", "new")).await.unwrap();
    let before = registry.index();
    restore(registry, &chunks).await.unwrap();
    assert_eq!(keys(registry), ["a", "b"]);
    assert!(registry.index() > before);
    let state = registry.state();
    for answer in [state.key("a").index, state.key("c").index, state.keys_under("").index, state.all_nodes().index] {
        assert_eq!(answer, registry.index());
    }
    assert_eq!(state.key("a").value.unwrap().modified, Index(1), "what stands in the entry is what was saved");
    running.stop().await;
}

#[tokio::test]
async fn a_restore_from_a_longer_history_goes_above_that_too() {
    let longer = Running::new().await;
    for number in 0..50 {
        longer.registry.submit(put("k", &number.to_string())).await.unwrap();
    }
    let chunks = saved(&longer.registry);
    let running = Running::new().await;
    restore(&running.registry, &chunks).await.unwrap();
    assert_eq!(running.registry.index(), Index(51));
    assert_eq!(running.registry.submit(put("k", "next")).await.unwrap().index, Index(52));
    longer.stop().await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_restore_wakes_whoever_waits() {
    let running = Running::new().await;
    running.registry.submit(put("a", "1")).await.unwrap();
    let chunks = saved(&running.registry);
    let waiting: Vec<_> = ["a", "missing"]
        .map(|key| {
            let registry = running.registry.clone();
            let (query, wait) = blocking(key, 1);
            tokio::spawn(async move { registry.fetch(&query, wait).await.unwrap().index })
        })
        .into_iter()
        .collect();
    tokio::task::yield_now().await;
    let begun = tokio::time::Instant::now();
    restore(&running.registry, &chunks).await.unwrap();
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap(), running.registry.index());
    }
    assert_eq!(begun.elapsed(), Duration::ZERO);
    running.stop().await;
}

#[tokio::test]
async fn what_a_live_agent_has_stays_and_what_it_had_comes_back() {
    let running = Running::new().await;
    let registry = &running.registry;
    // In the snapshot the node has another ID, as after its data directory was lost.
    registry.register(registration("old", "saved", Owner::Agent)).await.unwrap();
    registry.register(registration("old", "foreign", Owner::Catalog)).await.unwrap();
    let chunks = saved(registry);
    registry.deregister(CatalogDeregistration::Node(node())).await.unwrap();
    registry.register(registration("new", "current", Owner::Agent)).await.unwrap();
    registry.register(registration("new", "not-its", Owner::Catalog)).await.unwrap();
    registry.keep_lease(&node(), Duration::from_secs(10)).await.unwrap();
    restore(registry, &chunks).await.unwrap();
    let entry = registry.state().node_services("n").value.unwrap();
    assert_eq!(&*entry.node.value.id, "new");
    let ids: Vec<_> = entry.services.iter().map(|service| service.value.id.to_string()).collect();
    assert_eq!(ids, ["current", "foreign", "saved"]);
    running.stop().await;
}

#[tokio::test]
async fn what_an_agent_had_that_answers_no_more_goes() {
    let running = Running::new().await;
    let registry = &running.registry;
    registry.register(registration("old", "saved", Owner::Agent)).await.unwrap();
    let chunks = saved(registry);
    registry.deregister(CatalogDeregistration::Node(node())).await.unwrap();
    registry.register(registration("new", "current", Owner::Agent)).await.unwrap();
    registry.keep_lease(&node(), Duration::from_secs(3600)).await.unwrap();
    registry.submit(Command::LeaseLapse { node: node(), epoch: Index(1) }).await.unwrap();
    restore(registry, &chunks).await.unwrap();
    let entry = registry.state().node_services("n").value.unwrap();
    let ids: Vec<_> = entry.services.iter().map(|service| service.value.id.to_string()).collect();
    assert_eq!((&*entry.node.value.id, ids), ("old", vec!["saved".to_owned()]));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn timers_of_before_end_nothing_that_came_back() {
    let running = Running::new().await;
    let registry = &running.registry;
    registry.register(registration("", "i", Owner::Catalog)).await.unwrap();
    let session = Arc::new(muster_model::Session {
        id: muster_model::SessionId::new("s").unwrap(),
        name: Arc::from(""),
        node: node(),
        node_checks: Vec::new(),
        service_checks: Vec::new(),
        behavior: muster_model::SessionBehavior::Release,
        ttl: Some(muster_model::SessionTtl { text: Arc::from("10s"), length: Duration::from_secs(10) }),
        lock_delay: Duration::ZERO,
    });
    registry.submit(Command::SessionCreate(Arc::clone(&session))).await.unwrap();
    let epoch = registry.state().session("s").value.unwrap().created;
    let chunks = saved(registry);
    restore(registry, &chunks).await.unwrap();
    // As if it had been on its way when the restore came.
    registry.submit(Command::SessionExpire { id: session.id.clone(), epoch }).await.unwrap();
    assert!(registry.state().session("s").found);
    tokio::time::sleep(Duration::from_secs(21)).await;
    assert!(!registry.state().session("s").found, "its own time runs out all the same");
    running.stop().await;
}

#[tokio::test]
async fn what_cannot_be_read_or_is_given_up_changes_nothing() {
    let running = Running::new().await;
    let registry = &running.registry;
    registry.submit(put("a", "1")).await.unwrap();
    let (index, chunks) = (registry.index(), many_chunks(registry));
    let mut damaged = registry.begin_restore(1).unwrap();
    damaged.push(chunks[0].clone()).await.unwrap();
    let refused = damaged.push(Bytes::from_static(&[1, 200, 7])).await.unwrap_err();
    assert!(matches!(refused, RestoreError::Write(SubmitError::Rejected(Rejection::UnreadableState(_)))), "{refused}");
    damaged.abort().await;
    let mut given_up = registry.begin_restore(1).unwrap();
    assert!(matches!(registry.begin_restore(1), Err(RestoreError::Busy)));
    given_up.push(chunks[0].clone()).await.unwrap();
    given_up.abort().await;
    let newer = registry.begin_restore(crate::RULES_LEVEL + 1).err().unwrap();
    assert_eq!(
        newer.to_string(),
        format!(
            "this snapshot needs rules level {}, this muster has up to {}: use a newer one",
            crate::RULES_LEVEL + 1,
            crate::RULES_LEVEL
        )
    );
    assert_eq!((registry.index(), keys(registry)), (index, vec!["a".to_owned()]));
    assert!(registry.state().staged.is_none());
    running.stop().await;
}

#[tokio::test]
async fn a_step_of_a_restore_that_another_one_displaced_is_refused() {
    let running = Running::new().await;
    let registry = &running.registry;
    registry.submit(put("a", "1")).await.unwrap();
    let chunks = many_chunks(registry);
    assert!(chunks.len() > 1);
    let step = |restore, number| {
        Command::Restore(RestoreStep::Chunk { restore, number, rows: Arc::from(&*chunks[number as usize]) })
    };
    registry.submit(step(1, 0)).await.unwrap();
    registry.submit(step(2, 0)).await.unwrap();
    let refused = registry.submit(step(1, 1)).await.unwrap_err();
    assert_eq!(refused.to_string(), "another restore began, or this one was given up");
    let commit = registry.submit(Command::Restore(RestoreStep::Commit { restore: 1, chunks: 1 })).await;
    assert!(commit.is_err());
    registry.submit(step(2, 1)).await.unwrap();
    running.stop().await;
}

/// The crash may come after any entry: then the old state is there, or the new one, whole.
#[tokio::test]
async fn a_crash_within_a_restore_leaves_the_old_state_or_the_new_one() {
    let running = Running::new().await;
    let registry = &running.registry;
    for key in ["a", "b"] {
        registry.submit(put(key, "saved")).await.unwrap();
    }
    let chunks = many_chunks(registry);
    registry.submit(Command::KvDeleteUnder { prefix: Arc::from("") }).await.unwrap();
    registry.submit(put("z", "current")).await.unwrap();
    let journal = Arc::clone(&registry.shared.journal);
    let from = journal.tail().await.unwrap();
    restore(registry, &chunks).await.unwrap();
    let tail = journal.tail().await.unwrap();
    let entries: Vec<_> = journal.follow(Position::START).await.unwrap().take(tail.0 as usize).collect().await;
    assert!(tail.0 - from.0 >= 4, "several entries");
    for end in from.0..=tail.0 {
        let storage = MemoryStorage::new(journal.history());
        let copy = MemoryJournal::open(&storage);
        for entry in entries.iter().take(end as usize) {
            copy.append(&entry.as_ref().unwrap().envelope).await.unwrap();
        }
        drop(copy);
        let again = Running::on(&storage, 1_000_000).await;
        let expected: &[&str] = if end == tail.0 { &["a", "b"] } else { &["z"] };
        assert_eq!(keys(&again.registry), expected, "after entry {end}");
        again.registry.submit(put("goes-on", "1")).await.unwrap();
        assert!(again.registry.state().staged.is_none(), "what was half done is given up at the start");
        again.stop().await;
    }
    running.stop().await;
}

/// A journal whose disk is full after some more appends.
struct Full {
    journal: MemoryJournal,
    room: AtomicU64,
}

impl Journal for Full {
    fn history(&self) -> HistoryId {
        self.journal.history()
    }
    fn max_batch_bytes(&self) -> usize {
        self.journal.max_batch_bytes()
    }
    fn append<'a>(&'a self, envelope: &'a Envelope) -> Pending<'a, Result<Position, AppendError>> {
        let room = self.room.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |room| room.checked_sub(1));
        if room.is_err() {
            let full = StorageFailure::new(io::Error::from(io::ErrorKind::StorageFull));
            return Box::pin(async { Err(AppendError::Failed(full)) });
        }
        self.journal.append(envelope)
    }
    fn tail(&self) -> Pending<'_, Result<Position, ReadError>> {
        self.journal.tail()
    }
    fn follow(&self, after: Position) -> Pending<'_, Result<Following, ReadError>> {
        self.journal.follow(after)
    }
    fn find(&self, incarnation: u64, number: u64) -> Pending<'_, Result<Presence, ReadError>> {
        self.journal.find(incarnation, number)
    }
    fn save_snapshot<'a>(
        &'a self,
        meta: SnapshotMeta,
        chunks: SnapshotChunks<'a>,
    ) -> Pending<'a, Result<(), SnapshotError>> {
        self.journal.save_snapshot(meta, chunks)
    }
    fn load_snapshot(&self) -> Pending<'_, Result<Option<Snapshot>, ReadError>> {
        self.journal.load_snapshot()
    }
    fn trim(&self, before: Position) -> Pending<'_, Result<(), TrimError>> {
        self.journal.trim(before)
    }
}

#[tokio::test]
async fn a_disk_that_is_full_within_a_restore_leaves_the_state_and_is_told() {
    let journal = Full { journal: MemoryJournal::new(HistoryId::random()), room: AtomicU64::new(4) };
    let running = Running::with(Arc::new(journal), RegistryConfig::default()).await;
    let registry = &running.registry;
    // The level, this key and two chunks have room.
    registry.submit(put("a", "1")).await.unwrap();
    let refused = restore(registry, &many_chunks(registry)).await.unwrap_err();
    assert!(refused.to_string().starts_with("outcome unknown"), "{refused}");
    assert_eq!(keys(registry), ["a"]);
    let read = registry.read(&[], ReadOptions::default(), |state| state.key("a")).await.unwrap();
    assert!(read.found, "reads go on");
    assert!(matches!(registry.submit(put("b", "1")).await, Err(SubmitError::Stopped { .. })));
    running.stop().await;
}

#[tokio::test]
async fn no_snapshot_is_saved_while_a_restore_is_staged() {
    let storage = MemoryStorage::new(HistoryId::random());
    let running = Running::on(&storage, 1).await;
    let registry = &running.registry;
    registry.submit(put("a", "1")).await.unwrap();
    let chunks = many_chunks(registry);
    let mut restore = registry.begin_restore(crate::RULES_LEVEL).unwrap();
    for chunk in &chunks {
        restore.push(chunk.clone()).await.unwrap();
    }
    for number in 0..10 {
        registry.submit(put("b", &number.to_string())).await.unwrap();
    }
    restore.commit().await.unwrap();
    let before = keys(registry);
    running.stop().await;
    let again = Running::on(&storage, 1).await;
    assert_eq!(keys(&again.registry), before);
    again.stop().await;
}

mod digest;
mod full_disk;
mod restore;
mod rules;
mod sessions;
mod sharing;

use std::time::Duration;

use muster_catalog::{Data, Discovery, Query, Wait};
use muster_journal::{HistoryId, MemoryJournal, MemoryStorage};
use muster_model::{Index, Key};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::Question;
use crate::command::{Command, KvSet, Outcome};
use crate::state::Topic;

struct Running {
    registry: Registry,
    stop: CancellationToken,
    committer: JoinHandle<()>,
}

impl Running {
    async fn on(storage: &MemoryStorage, snapshot_every: u64) -> Self {
        let config = RegistryConfig { snapshot_every, ..RegistryConfig::default() };
        Self::with(Arc::new(MemoryJournal::open(storage)), config).await
    }

    async fn with(journal: Arc<dyn Journal>, config: RegistryConfig) -> Self {
        let (registry, committer) = Registry::open(journal, config).await.unwrap();
        let stop = CancellationToken::new();
        Self { registry, committer: tokio::spawn(committer.run(stop.clone())), stop }
    }

    async fn new() -> Self {
        Self::on(&MemoryStorage::new(HistoryId::random()), 1000).await
    }

    async fn stop(self) {
        self.stop.cancel();
        self.committer.await.unwrap();
    }
}

fn put(key: &str, value: &str) -> Command {
    let key = Key::new(key).unwrap();
    Command::KvSet(KvSet { key, value: Arc::from(value.as_bytes()), flags: 0, cas: None })
}

fn blocking(key: &str, after: u64) -> (Query, Option<Wait>) {
    let wait = Wait { after: Index(after), at_most: Duration::from_secs(60) };
    (Query::Key { key: Key::new(key).unwrap(), datacenter: None }, Some(wait))
}

fn value(data: &Data) -> Option<String> {
    let Data::Value(entry) = data else { panic!("not a value: {data:?}") };
    entry.as_ref().map(|entry| String::from_utf8(entry.value.to_vec()).unwrap())
}

#[tokio::test]
async fn concurrent_writes_each_get_an_index_of_their_own() {
    let running = Running::new().await;
    let writes: Vec<_> = (0..200)
        .map(|number| {
            let registry = running.registry.clone();
            tokio::spawn(async move { registry.submit(put(&format!("k{number}"), "v")).await.unwrap().index })
        })
        .collect();
    let mut indexes = Vec::new();
    for write in writes {
        indexes.push(write.await.unwrap().0);
    }
    indexes.sort_unstable();
    assert_eq!(indexes, (1..=200).collect::<Vec<_>>());
    running.stop().await;
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart_with_and_without_snapshot() {
    for snapshot_every in [3, 1_000_000] {
        let storage = MemoryStorage::new(HistoryId::random());
        let running = Running::on(&storage, snapshot_every).await;
        for number in 0..20 {
            running.registry.submit(put(&format!("p/{number}"), "v")).await.unwrap();
        }
        running.registry.submit(Command::KvDeleteUnder { prefix: Arc::from("p/1") }).await.unwrap();
        let before = running.registry.state().keys_under("p/");
        let index = running.registry.index();
        running.stop().await;
        let again = Running::on(&storage, snapshot_every).await;
        assert_eq!(again.registry.state().keys_under("p/"), before);
        assert_eq!(again.registry.index(), index);
        assert_eq!(again.registry.submit(put("p/1", "new")).await.unwrap().index, index.next());
        again.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_blocked_query_returns_with_the_change() {
    let running = Running::new().await;
    running.registry.submit(put("a", "1")).await.unwrap();
    let registry = running.registry.clone();
    let (query, wait) = blocking("a", 1);
    let blocked = tokio::spawn(async move { registry.fetch(&query, wait).await.unwrap() });
    tokio::task::yield_now().await;
    running.registry.submit(put("b", "unrelated")).await.unwrap();
    tokio::task::yield_now().await;
    assert!(!blocked.is_finished(), "another key's change is none of its business");
    running.registry.submit(put("a", "2")).await.unwrap();
    let fetched = blocked.await.unwrap();
    assert_eq!((fetched.index, value(&fetched.data)), (Index(3), Some("2".into())));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_query_that_finds_nothing_blocks_until_there_is_something() {
    let running = Running::new().await;
    running.registry.submit(put("p/a", "1")).await.unwrap();
    let registry = running.registry.clone();
    let (query, wait) = blocking("p/b", 1);
    let blocked = tokio::spawn(async move { registry.fetch(&query, wait).await.unwrap() });
    tokio::task::yield_now().await;
    // Its index moves with its neighbours', its answer does not.
    running.registry.submit(put("p/c", "1")).await.unwrap();
    tokio::task::yield_now().await;
    assert!(!blocked.is_finished());
    running.registry.submit(put("p/b", "x")).await.unwrap();
    assert_eq!(value(&blocked.await.unwrap().data), Some("x".into()));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_empty_prefix_returns_with_a_change_around_it() {
    let running = Running::new().await;
    running.registry.submit(put("config/web/data", "1")).await.unwrap();
    running.registry.submit(put("other", "1")).await.unwrap();
    let block = |after: u64| {
        let registry = running.registry.clone();
        let options = ReadOptions { wait: blocking("any", after).1, ..ReadOptions::default() };
        tokio::spawn(async move { registry.ask(&Question::keys_under("config/web,dev/"), options).await.unwrap() })
    };
    let blocked = block(1);
    tokio::task::yield_now().await;
    running.registry.submit(put("other", "2")).await.unwrap();
    running.registry.submit(put("config/x", "1")).await.unwrap();
    tokio::task::yield_now().await;
    assert!(!blocked.is_finished(), "they lead elsewhere");
    running.registry.submit(put("config/web/data", "2")).await.unwrap();
    let answer = blocked.await.unwrap();
    assert_eq!((answer.index, answer.value.len()), (Index(5), 0));
    // A key that is nearer than what was there is around it too.
    let blocked = block(5);
    tokio::task::yield_now().await;
    running.registry.submit(put("config/web/more", "1")).await.unwrap();
    assert_eq!(blocked.await.unwrap().index, Index(6));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_runs_out_answers_what_is_there() {
    let running = Running::new().await;
    running.registry.submit(put("a", "1")).await.unwrap();
    let (query, wait) = blocking("a", 1);
    let begun = tokio::time::Instant::now();
    let fetched = running.registry.fetch(&query, wait).await.unwrap();
    let waited = begun.elapsed();
    assert_eq!((fetched.index, value(&fetched.data)), (Index(1), Some("1".into())));
    let sixty = Duration::from_secs(60);
    assert!(waited >= sixty && waited <= sixty + sixty / 16 + Duration::from_millis(2), "{waited:?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_index_from_another_history_is_answered_at_once() {
    let running = Running::new().await;
    running.registry.submit(put("a", "1")).await.unwrap();
    let (query, wait) = blocking("a", 900);
    let begun = tokio::time::Instant::now();
    assert_eq!(running.registry.fetch(&query, wait).await.unwrap().index, Index(1));
    assert_eq!(begun.elapsed(), Duration::ZERO);
    running.stop().await;
}

#[tokio::test]
async fn a_registry_that_stopped_refuses_writes_and_answers_reads() {
    let running = Running::new().await;
    running.registry.submit(put("a", "1")).await.unwrap();
    let registry = running.registry.clone();
    running.stop().await;
    assert!(matches!(registry.submit(put("a", "2")).await, Err(SubmitError::ShuttingDown)));
    assert!(registry.state().key("a").found);
}

#[tokio::test]
async fn a_write_without_effect_is_done_and_moves_no_index() {
    let running = Running::new().await;
    let first = running.registry.submit(put("a", "1")).await.unwrap();
    let second = running.registry.submit(put("a", "1")).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(second.outcome, Outcome::Done);
    running.stop().await;
}

#[tokio::test]
async fn nobody_waits_in_the_table_after_the_last_waiter_left() {
    let running = Running::new().await;
    let (query, _) = blocking("a", 1);
    let registry = running.registry.clone();
    for _ in 0..3 {
        let wait = Wait { after: Index(1), at_most: Duration::from_millis(1) };
        registry.fetch(&query, Some(wait)).await.unwrap();
    }
    assert_eq!(registry.shared.watches.waiting(), 0);
    running.stop().await;
}

use muster_catalog::{CatalogRegistration, NodeUpdate, Owner};
use muster_model::{KvWrite, Node, NodeName, Session, SessionBehavior, SessionId, SessionTtl};

use super::*;

fn node() -> Command {
    let node = Node {
        name: NodeName::new("n").unwrap(),
        id: Arc::from(""),
        address: Arc::from("10.0.0.1"),
        tagged_addresses: Default::default(),
        meta: Default::default(),
    };
    Command::Register(Box::new(CatalogRegistration {
        node: NodeUpdate::Put(node),
        service: None,
        checks: Vec::new(),
        replace_checks: false,
        owner: Owner::Catalog,
    }))
}

fn id() -> SessionId {
    SessionId::new("s").unwrap()
}

/// A session of 10 s with a lock-delay of 15 s.
fn create() -> Command {
    Command::SessionCreate(Arc::new(Session {
        id: id(),
        name: Arc::from(""),
        node: NodeName::new("n").unwrap(),
        node_checks: Vec::new(),
        service_checks: Vec::new(),
        behavior: SessionBehavior::Release,
        ttl: Some(SessionTtl { text: Arc::from("10s"), length: Duration::from_secs(10) }),
        lock_delay: Duration::from_secs(15),
    }))
}

fn acquire() -> Command {
    let write = KvWrite { key: Key::new("lock").unwrap(), value: Arc::from(&b"me"[..]), flags: 0 };
    Command::KvAcquire { write, session: id() }
}

async fn outcome(running: &Running, command: Command) -> Outcome {
    running.registry.submit(command).await.unwrap().outcome
}

/// The seconds until the session is gone.
async fn until_gone(running: &Running) -> u64 {
    let begun = tokio::time::Instant::now();
    let wait = Wait { after: running.registry.index(), at_most: Duration::from_secs(600) };
    let options = ReadOptions { wait: Some(wait), ..ReadOptions::default() };
    let topics = [Topic::Session(id())];
    let answer = running.registry.read(&topics, options, |state| state.session("s")).await.unwrap();
    assert_eq!(answer.value, None);
    begun.elapsed().as_secs()
}

async fn renewed(running: &Running) -> bool {
    running.registry.renew_session(&id()).await.unwrap().is_some()
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_at_twice_its_ttl_after_the_last_renewal() {
    let running = Running::new().await;
    outcome(&running, node()).await;
    outcome(&running, create()).await;
    let index = running.registry.index();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_secs(15)).await;
        assert!(renewed(&running).await);
    }
    assert_eq!(running.registry.index(), index, "a renewal writes nothing");
    assert_eq!(until_gone(&running).await, 20);
    assert!(!renewed(&running).await);
    assert_eq!(running.registry.index(), index.next());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn after_a_restart_a_session_has_its_full_time_again() {
    for snapshot_every in [1, 1000] {
        let storage = MemoryStorage::new(HistoryId::random());
        let running = Running::on(&storage, snapshot_every).await;
        outcome(&running, node()).await;
        outcome(&running, create()).await;
        tokio::time::sleep(Duration::from_secs(19)).await;
        running.stop().await;
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let again = Running::on(&storage, snapshot_every).await;
        assert!(renewed(&again).await);
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(until_gone(&again).await, 15);
        again.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_locks_a_key_until_its_lock_delay_is_over() {
    let running = Running::new().await;
    for command in [node(), create(), acquire(), Command::SessionDestroy(id()), create()] {
        assert_eq!(outcome(&running, command).await, Outcome::Done);
    }
    for _ in 0..14 {
        assert_eq!(outcome(&running, acquire()).await, Outcome::Declined);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(outcome(&running, acquire()).await, Outcome::Declined);
    tokio::time::sleep(Duration::from_millis(1001)).await;
    assert_eq!(outcome(&running, acquire()).await, Outcome::Done);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn after_a_restart_a_lock_delay_runs_its_full_time_again() {
    let storage = MemoryStorage::new(HistoryId::random());
    let running = Running::on(&storage, 1000).await;
    for command in [node(), create(), acquire(), Command::SessionDestroy(id()), create()] {
        outcome(&running, command).await;
    }
    tokio::time::sleep(Duration::from_secs(14)).await;
    running.stop().await;
    let again = Running::on(&storage, 1000).await;
    tokio::time::sleep(Duration::from_secs(14)).await;
    assert_eq!(outcome(&again, acquire()).await, Outcome::Declined);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(outcome(&again, acquire()).await, Outcome::Done);
    again.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_nobody_uses_any_more_stops_by_itself() {
    let running = Running::new().await;
    outcome(&running, node()).await;
    outcome(&running, create()).await;
    let Running { registry, committer, .. } = running;
    drop(registry);
    committer.await.unwrap();
}

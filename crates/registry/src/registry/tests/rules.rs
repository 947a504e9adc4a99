use super::*;
use crate::state::SEEDED_LEVEL;

async fn start(storage: &MemoryStorage, rules: u32, snapshot_every: u64) -> Running {
    let config = RegistryConfig { rules, snapshot_every, ..RegistryConfig::default() };
    Running::with(Arc::new(MemoryJournal::open(storage)), config).await
}

fn at(registry: &Registry, key: &str) -> String {
    String::from_utf8(registry.state().key(key).value.unwrap().value.to_vec()).unwrap()
}

/// From the seeded level on a put turns its value to upper case.
#[tokio::test]
async fn an_old_log_keeps_its_meaning_under_newer_rules() {
    for snapshot_every in [2, 1_000_000] {
        let storage = MemoryStorage::new(HistoryId::random());
        let older = start(&storage, 2, snapshot_every).await;
        older.registry.submit(put("a", "small")).await.unwrap();
        older.stop().await;
        // One that has the newer rule, but runs beside one that has not announced it.
        let held_back = start(&storage, 2, snapshot_every).await;
        held_back.registry.submit(put("b", "small")).await.unwrap();
        held_back.stop().await;
        let newer = start(&storage, SEEDED_LEVEL, snapshot_every).await;
        newer.registry.submit(put("c", "small")).await.unwrap();
        newer.stop().await;
        let again = start(&storage, SEEDED_LEVEL, snapshot_every).await;
        let values = ["a", "b", "c"].map(|key| at(&again.registry, key));
        assert_eq!(values, ["small", "small", "SMALL"]);
        assert_eq!(again.registry.state().rules(), SEEDED_LEVEL);
        again.stop().await;
    }
}

#[tokio::test]
async fn who_lacks_a_level_that_was_raised_refuses_to_start_by_number() {
    for snapshot_every in [1, 1_000_000] {
        let storage = MemoryStorage::new(HistoryId::random());
        let newer = start(&storage, SEEDED_LEVEL, snapshot_every).await;
        newer.registry.submit(put("a", "1")).await.unwrap();
        newer.stop().await;
        let config = RegistryConfig::default();
        let refused = Registry::open(Arc::new(MemoryJournal::open(&storage)), config).await.err().unwrap();
        let text = refused.to_string();
        let wanted = format!("needs rules level 1000, this muster has up to {}: use a newer one", crate::RULES_LEVEL);
        assert!(text.ends_with(&wanted), "{text}");
    }
}

#[tokio::test]
async fn the_level_is_raised_once_and_never_lowered() {
    let storage = MemoryStorage::new(HistoryId::random());
    for _ in 0..3 {
        let running = start(&storage, 2, 1_000_000).await;
        running.registry.submit(put("a", "1")).await.unwrap();
        running.registry.submit(Command::RaiseLevel(1)).await.unwrap();
        assert_eq!(running.registry.state().rules(), 2);
        running.stop().await;
    }
    let tail = MemoryJournal::open(&storage).tail().await.unwrap();
    assert_eq!(tail, Position(7), "raised once, and twice three writes");
}

#[tokio::test]
async fn commands_of_a_level_wait_for_it() {
    let running = start(&MemoryStorage::new(HistoryId::random()), 1, 1_000_000).await;
    let node = muster_model::NodeName::new("n").unwrap();
    let refused = running.registry.submit(Command::LeaseBegin { node, length: Duration::from_secs(1) }).await;
    assert_eq!(refused.unwrap_err().to_string(), "needs rules level 2, which not every server has yet");
    running.stop().await;
}

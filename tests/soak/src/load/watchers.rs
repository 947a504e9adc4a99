//! Blocking queries that are answered, that run out, and whose askers go away.

use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use super::Registry;

pub(super) async fn cycle(registry: Registry, cycle: u64) -> Result<(), String> {
    let mut waiting = JoinSet::new();
    let paths = [
        "/v1/health/service/web-0?passing=1",
        "/v1/catalog/services?x=1",
        "/v1/kv/watched?recurse=1",
        "/v1/agent/self?x=1",
    ];
    registry.put("/v1/kv/watched/first", cycle.to_string()).await?;
    for (number, path) in paths.iter().cycle().take(12).enumerate() {
        let registry = registry.clone();
        let (path, leaves) = (format!("{path}&wait=800ms"), number % 3 == 2);
        waiting.spawn(async move {
            if leaves {
                registry.ask_and_leave(&format!("{path}&index=4000000000"), Duration::from_millis(5)).await;
                registry.ask_and_leave(&format!("{path}&index=1"), Duration::from_millis(100)).await;
                return Ok(());
            }
            let answer = registry.get(&path).await?;
            let index = answer.headers.get("X-Consul-Index").and_then(|value| value.to_str().ok()).unwrap_or("1");
            // Half of them wait for what comes soon, with a filter or without; some of what never comes.
            registry.get(&format!("{path}&index={index}")).await.map(drop)
        });
    }
    let id = waiting.len();
    waiting.spawn({
        let registry = registry.clone();
        async move {
            registry.put(&format!("/v1/kv/watched/second-{}", id % 2), cycle.to_string()).await?;
            registry.put("/v1/event/fire/soak", json!({"cycle": cycle}).to_string()).await.map(drop)
        }
    });
    while let Some(ended) = waiting.join_next().await {
        ended.map_err(|error| error.to_string())??;
    }
    registry.delete("/v1/kv/watched?recurse").await
}

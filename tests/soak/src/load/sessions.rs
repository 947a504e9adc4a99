//! Sessions that lock: destroyed, or left to run out.

use serde_json::json;

use super::{Registry, same};

pub(super) async fn cycle(registry: Registry, cycle: u64) -> Result<(), String> {
    for number in 0..4 {
        let behavior = if number % 2 == 0 { "release" } else { "delete" };
        let body = json!({"TTL": "10s", "LockDelay": "100ms", "Behavior": behavior, "Name": format!("soak {cycle}")});
        let created = registry.put("/v1/session/create", body.to_string()).await?;
        let created = created.json().map_err(|error| error.to_string())?;
        let session = created["ID"].as_str().ok_or("no session")?.to_owned();
        // A key of its own: another's lock-delay does not matter.
        let key = format!("/v1/kv/locks/{cycle}-{number}");
        let held = registry.put(&format!("{key}?acquire={session}"), "held").await?;
        same("a lock of nobody", held.text().trim().to_owned(), "true".to_owned())?;
        registry.put(&format!("/v1/session/renew/{session}"), "").await?;
        registry.get(&format!("/v1/session/info/{session}")).await?;
        if number < 2 {
            registry.put(&format!("{key}?release={session}"), "free").await?;
            registry.put(&format!("/v1/session/destroy/{session}"), "").await?;
            registry.delete(&key).await?;
        } else if number == 2 {
            // Its session runs out within the next cycles and lets go of nothing that is there.
            registry.delete(&key).await?;
        }
    }
    Ok(())
}

//! Keys that are put, changed, compared and deleted, alone and in transactions.

use serde_json::json;

use super::{Registry, same};

pub(super) async fn cycle(registry: Registry, cycle: u64) -> Result<(), String> {
    let under = format!("/v1/kv/soak/{cycle}");
    for number in 0..8 {
        registry.put(&format!("{under}/key-{number}"), "x".repeat(100 * (number + 1))).await?;
    }
    // A put that changes nothing, one with an index that is none, one with flags.
    registry.put(&format!("{under}/key-0"), "x".repeat(100)).await?;
    let refused = registry.put(&format!("{under}/key-1?cas=1"), "never").await?;
    same("a put with an old index", refused.text().trim().to_owned(), "false".to_owned())?;
    registry.put(&format!("{under}/key-2?flags=7"), "flags").await?;
    let key = |name: &str| format!("soak/{cycle}/{name}");
    let steps = json!([
        {"KV": {"Verb": "set", "Key": key("txn"), "Value": "eA=="}},
        {"KV": {"Verb": "get-tree", "Key": format!("soak/{cycle}/")}},
        {"KV": {"Verb": "delete", "Key": key("key-3")}},
        {"Node": {"Verb": "set", "Node": {"Node": "in-txn", "Address": "10.8.8.8"}}},
        {"Node": {"Verb": "delete", "Node": {"Node": "in-txn"}}},
    ]);
    registry.put("/v1/txn", steps.to_string()).await?;
    let (_, found) = registry.list(&format!("{under}?recurse")).await?;
    same("keys", found.len(), 8)?;
    registry.get(&format!("{under}/?keys&separator=/")).await?;
    registry.delete(&format!("{under}/key-0")).await?;
    registry.delete(&format!("{under}/?recurse")).await
}

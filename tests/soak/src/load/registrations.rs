//! Instances that come, change and go, with checks of several kinds; and a few that stay.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{Registry, same};

/// Instances for each cycle, under half as many names.
const INSTANCES: u64 = 6;

/// The name of an instance's service.
pub(super) fn name(instance: u64) -> String {
    format!("web-{}", instance % (INSTANCES / 2))
}

/// Those that stay, so that checks run all the time.
pub(super) async fn begin(registry: &Registry, checked: SocketAddr) -> Result<(), String> {
    for (number, check) in checks(checked).into_iter().enumerate() {
        let service = json!({"ID": format!("stays-{number}"), "Name": "stays", "Port": 80, "Check": check});
        registry.put("/v1/agent/service/register", service.to_string()).await?;
    }
    Ok(())
}

/// One check of each kind. The gRPC one fails, since what it asks speaks another protocol.
fn checks(at: SocketAddr) -> Vec<Value> {
    vec![
        json!({"HTTP": format!("http://{at}/health"), "Interval": "1s", "Timeout": "5s"}),
        json!({"TCP": at.to_string(), "Interval": "1s"}),
        json!({"UDP": at.to_string(), "Interval": "1s", "Timeout": "200ms"}),
        json!({"GRPC": at.to_string(), "Interval": "1s"}),
        json!({"Args": ["sh", "-c", "echo $$; exit 1"], "Interval": "1s"}),
        json!({"TTL": "60s", "Status": "passing"}),
        json!({"AliasService": "stays-0"}),
    ]
}

pub(super) async fn cycle(registry: Registry, cycle: u64, checked: SocketAddr) -> Result<(), String> {
    let ids: Vec<String> = (0..INSTANCES).map(|number| format!("web-{cycle}-{number}")).collect();
    for (number, id) in (0..).zip(&ids) {
        registry.put("/v1/agent/service/register", instance(id, number, "first", checked).to_string()).await?;
    }
    for status in ["fail", "warn", "pass"] {
        registry.put(&format!("/v1/agent/check/{status}/ttl-{}?note={cycle}", ids[0]), "").await?;
    }
    // Once with other tags, once with the same.
    for tag in ["second", "second"] {
        registry.put("/v1/agent/service/register", instance(&ids[1], 1, tag, checked).to_string()).await?;
    }
    let path = format!("/v1/agent/service/maintenance/{}", ids[2]);
    registry.put(&format!("{path}?enable=true&reason=soak"), "").await?;
    registry.put(&format!("{path}?enable=false"), "").await?;
    foreign(&registry, cycle).await?;
    registry.get("/v1/agent/services?filter=Port%20!=%200").await?;
    let (_, found) = registry.list("/v1/health/service/web-0?near=_agent&filter=Service.Port!=0").await?;
    same("instances of web-0", found.len(), 2)?;
    registry.get("/v1/health/state/any").await?;
    for id in &ids {
        registry.put(&format!("/v1/agent/service/deregister/{id}"), "").await?;
    }
    Ok(())
}

fn instance(id: &str, number: u64, tag: &str, checked: SocketAddr) -> Value {
    let kinds = checks(checked);
    let kind = usize::try_from(number).expect("few") % kinds.len();
    let ttl = json!({"CheckID": format!("ttl-{id}"), "TTL": "30s", "Status": "passing"});
    json!({
        "ID": id, "Name": name(number), "Port": 8000 + number, "Tags": [tag, "soak"],
        "Meta": {"instance": id}, "Checks": [ttl, kinds[kind]],
    })
}

/// A node that no agent looks after: there in one call, gone in the next.
async fn foreign(registry: &Registry, cycle: u64) -> Result<(), String> {
    let node = format!("foreign-{}", cycle % 5);
    let check = json!({"Node": node, "CheckID": "alive", "Name": "alive", "Status": "passing"});
    let body = json!({"Node": node, "Address": "10.9.9.9", "Service": {"Service": "far", "Port": 1}, "Check": check});
    registry.put("/v1/catalog/register", body.to_string()).await?;
    registry.put("/v1/catalog/deregister", json!({"Node": node}).to_string()).await.map(drop)
}

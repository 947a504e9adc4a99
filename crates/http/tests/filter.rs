//! `?filter=` on every endpoint that takes one, over a running server.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use serde_json::{Value, json};

use server::Server;

#[path = "running/server.rs"]
#[allow(dead_code, reason = "of what tests ask of a server, these need a part")]
mod server;

/// A server that has something to filter.
async fn filled() -> Server {
    let server = Server::start(|_| ()).await;
    fill(&server).await;
    server
}

/// Two nodes with one instance each, and one instance of the agent's own.
async fn fill(server: &Server) {
    for (node, port, tag, status) in [("n1", 1, "a", "passing"), ("n2", 2, "b", "critical")] {
        let registration = json!({
            "Node": node, "Address": "10.0.0.1",
            "Service": {"ID": node, "Service": "web", "Port": port, "Tags": ["all", tag]},
            "Check": {"CheckID": node, "ServiceID": node, "Status": status},
        });
        server.put("/v1/catalog/register", &registration).await;
    }
    let own = json!({"Name": "own", "Meta": {"k": "v"}, "Check": {"TTL": "1h", "Status": "passing"}});
    server.put("/v1/agent/service/register", &own).await;
}

/// The values at `pointer` in each row.
fn each<'a>(rows: &'a Value, pointer: &str) -> Vec<&'a str> {
    rows.as_array().unwrap().iter().filter_map(|row| row.pointer(pointer)?.as_str()).collect()
}

#[tokio::test]
async fn every_list_lets_only_matching_rows_pass() {
    let server = filled().await;
    assert_eq!(each(&server.get("/v1/catalog/nodes?filter=Node!=n1").await, "/Node"), ["here", "n2"]);
    assert_eq!(each(&server.get("/v1/catalog/service/web?filter=b+in+ServiceTags").await, "/Node"), ["n2"]);
    assert_eq!(server.get("/v1/catalog/node/n1?filter=Port==1").await["Services"]["n1"]["Port"], 1);
    assert_eq!(server.get("/v1/catalog/node/n1?filter=Port==2").await["Services"], json!({}));
    assert_eq!(server.get("/v1/catalog/node-services/n1?filter=Port==2").await["Services"], json!([]));
    assert_eq!(each(&server.get("/v1/health/service/web?filter=Checks.Status==critical").await, "/Node/Node"), ["n2"]);
    assert_eq!(each(&server.get("/v1/health/checks/web?filter=CheckID==n1").await, "/CheckID"), ["n1"]);
    assert_eq!(each(&server.get("/v1/health/node/n1?filter=CheckID!=n1").await, "/CheckID"), [""; 0]);
    let state = "/v1/health/state/any?filter=ServiceName==web+and+b+in+ServiceTags";
    assert_eq!(each(&server.get(state).await, "/CheckID"), ["n2"]);
    assert_eq!(server.get("/v1/agent/services?filter=Meta.k==w").await, json!({}));
    assert_eq!(server.get("/v1/agent/services?filter=Meta.k==v").await["own"]["Service"], "own");
    assert_eq!(server.get("/v1/agent/checks?filter=Type==ttl").await["service:own"]["Status"], "passing");
    assert_eq!(server.get("/v1/agent/checks?filter=Type==http").await, json!({}));
}

#[tokio::test]
async fn services_show_only_the_tags_of_matching_instances() {
    let server = filled().await;
    assert_eq!(server.get("/v1/catalog/services").await, json!({"own": [], "web": ["a", "all", "b"]}));
    assert_eq!(server.get("/v1/catalog/services?filter=ServicePort==2").await, json!({"web": ["all", "b"]}));
    assert_eq!(server.get("/v1/catalog/services?filter=Node==n3").await, json!({}));
}

#[tokio::test]
async fn a_filter_joins_the_other_conditions() {
    let server = filled().await;
    let target = "/v1/health/service/web?tag=all&passing&filter=Service.Port==2";
    assert_eq!(server.get(target).await, json!([]), "the one that passes has port 1");
}

#[tokio::test]
async fn a_wrong_filter_is_told_at_once_even_to_those_who_would_wait() {
    let server = filled().await;
    for (target, as_query) in [
        ("/v1/catalog/nodes", true),
        ("/v1/catalog/services", true),
        ("/v1/catalog/service/web", true),
        ("/v1/catalog/node/n1", true),
        ("/v1/catalog/node-services/n1", true),
        ("/v1/health/service/web", false),
        ("/v1/health/checks/web", true),
        ("/v1/health/node/n1", true),
        ("/v1/health/state/any", true),
        ("/v1/agent/services", false),
        ("/v1/agent/checks", false),
    ] {
        let (head, body) = server.ask("GET", &format!("{target}?index=1000&wait=5m&filter=Nope==1"), "").await;
        assert!(head.starts_with("HTTP/1.1 500"), "{target}: {head}");
        assert!(body.ends_with("Selector \"Nope\" is not valid"), "{target}: {body}");
        assert_eq!(head.contains("x-consul-index: 1\r\n"), as_query, "{target}: {head}");
    }
}

#[tokio::test]
async fn a_change_inside_of_an_instance_wakes_filtered_services() {
    let server = Arc::new(filled().await);
    let target = "/v1/catalog/services?filter=ServicePort==7";
    let (head, _) = server.ask("GET", target, "").await;
    let index = head.lines().find_map(|line| line.strip_prefix("x-consul-index: ")).unwrap().to_owned();
    let waiting = Arc::clone(&server);
    let waiter = tokio::spawn(async move { waiting.get(&format!("{target}&index={index}&wait=5m")).await });
    let moved = json!({"Node": "n1", "Address": "10.0.0.1", "Service": {"ID": "n1", "Service": "web", "Port": 7}});
    server.put("/v1/catalog/register", &moved).await;
    assert_eq!(waiter.await.unwrap(), json!({"web": []}));
}

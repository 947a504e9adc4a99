//! Answers that are sent again as they are: the same as if they were made anew, and never older than the registry.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "running/server.rs"]
#[allow(dead_code, reason = "of what tests ask of a server, these need a part")]
mod server;

use serde_json::json;
use server::Server;

/// Headers in order, without the date.
fn head(head: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = head.lines().filter(|line| !line.starts_with("date")).collect();
    lines[1..].sort_unstable();
    lines
}

#[tokio::test]
async fn an_answer_that_is_sent_again_is_the_same_and_a_write_makes_a_new_one() {
    let server = Server::start(|_| {}).await;
    let register = |port: u16| json!({"ID": "web1", "Name": "web", "Port": port, "Meta": {"x": "y".repeat(500)}});
    let targets = [
        "/v1/health/service/web?passing",
        "/v1/health/service/web?passing&pretty",
        "/v1/catalog/service/web",
        "/v1/catalog/service/web?stale",
        "/v1/health/service/web?filter=Service.Port==80",
        "/v1/catalog/node/here",
        "/v1/agent/services",
    ];
    for port in [80, 81, 80] {
        server.put("/v1/agent/service/register", &register(port)).await;
        for target in targets {
            let (first_head, first) = server.ask("GET", target, "").await;
            let (second_head, second) = server.ask("GET", target, "").await;
            assert_eq!((head(&first_head), &first), (head(&second_head), &second), "{target}");
            let shows = [format!("Port\":{port},"), format!("Port\": {port},")].iter().any(|port| first.contains(port));
            assert_eq!(shows, !target.contains("filter") || port == 80, "{target} at {port}: {first}");
        }
    }
}

#[tokio::test]
async fn what_a_request_says_besides_its_target_counts() {
    let server = Server::start(|_| {}).await;
    server.put("/v1/kv/a", &json!("x".repeat(3000))).await;
    let (plain, body) = server.ask("GET", "/v1/kv/a", "").await;
    assert!(plain.starts_with("HTTP/1.1 200") && body.contains("\"Key\":\"a\""));
    for (header, expected) in [
        ("X-Consul-Namespace: x", "HTTP/1.1 400"),
        ("Cache-Control: max-age=x", "HTTP/1.1 400"),
        ("Accept-Encoding: gzip", "HTTP/1.1 200"),
    ] {
        let head = server.ask_with("/v1/kv/a", header).await;
        assert!(head.starts_with(expected), "{header}: {head}");
        assert_eq!(head.contains("content-encoding: gzip"), header.contains("gzip"), "{head}");
    }
    assert_eq!(server.ask("DELETE", "/v1/kv/a", "").await.1, "true");
    assert!(server.ask("GET", "/v1/kv/a", "").await.0.starts_with("HTTP/1.1 404"));
}

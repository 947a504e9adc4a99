//! `/v1/snapshot` over a running server: out, and back in.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "running/server.rs"]
#[allow(dead_code, reason = "not every test that includes this file uses all of it")]
mod server;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A server, asked in bytes.
struct Server(server::Server);

/// An answer.
struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    fn is_ok(&self) -> bool {
        self.head.starts_with("HTTP/1.1 200")
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl Server {
    async fn start() -> Self {
        Self(server::Server::start(|_| {}).await)
    }

    fn index(&self) -> u64 {
        self.0.registry.index().0
    }

    async fn ask(&self, method: &str, target: &str, body: &[u8]) -> Answer {
        ask(self.0.address, method, target, body, body.len()).await
    }

    async fn put(&self, target: &str, body: &str) {
        let answer = self.ask("PUT", target, body.as_bytes()).await;
        assert!(answer.is_ok(), "{}\n{}", answer.head, answer.text());
    }

    async fn keys(&self) -> Vec<String> {
        let answer = self.ask("GET", "/v1/kv/?keys", b"").await;
        serde_json::from_str(&answer.text()).unwrap()
    }

    async fn services(&self) -> Vec<String> {
        let answer = self.ask("GET", "/v1/agent/services", b"").await;
        let services: BTreeMap<String, Value> = serde_json::from_str(&answer.text()).unwrap();
        services.into_keys().collect()
    }

    async fn snapshot(&self) -> Vec<u8> {
        let answer = self.ask("GET", "/v1/snapshot", b"").await;
        assert!(answer.is_ok());
        assert_eq!(answer.header("x-consul-index"), Some(&*self.index().to_string()));
        assert_eq!(answer.header("x-consul-knownleader"), Some("true"));
        answer.body
    }
}

/// Announces `announced` bytes of body and sends what there is.
async fn ask(address: SocketAddr, method: &str, target: &str, body: &[u8], announced: usize) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head =
        format!("{method} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {announced}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    if announced > body.len() {
        stream.shutdown().await.unwrap();
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
        return Answer { head: String::new(), body: answer };
    };
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let body = answer[end + 4..].to_vec();
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    Answer { body: if chunked { unchunked(&body) } else { body }, head }
}

fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = bytes.windows(2).position(|bytes| bytes == b"\r\n").expect("the answer was cut off");
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            return whole;
        }
        whole.extend_from_slice(&bytes[end + 2..end + 2 + length]);
        bytes = &bytes[end + 4 + length..];
    }
}

#[tokio::test]
async fn what_was_saved_comes_back_on_the_same_server_and_on_another() {
    let server = Server::start().await;
    server.put("/v1/kv/a", "1").await;
    server.put("/v1/agent/service/register", r#"{"Name":"web","Check":{"TTL":"1h"}}"#).await;
    let snapshot = server.snapshot().await;
    server.put("/v1/kv/b", "1").await;
    server.put("/v1/agent/service/register", r#"{"Name":"later"}"#).await;
    server.put("/v1/agent/service/deregister/web", "").await;
    let before = server.index();
    assert!(server.ask("PUT", "/v1/snapshot", &snapshot).await.is_ok());
    assert_eq!(server.keys().await, ["a"]);
    assert_eq!(server.services().await, ["later", "web"], "what the agent has stays, what it had comes back");
    server.put("/v1/agent/check/pass/service:web", "").await;
    assert!(server.index() > before);

    let other = Server::start().await;
    assert!(other.ask("PUT", "/v1/snapshot", &snapshot).await.is_ok());
    // Its node has the same name: what the agent of that node had when the snapshot was saved is there.
    assert_eq!((other.keys().await, other.services().await), (vec!["a".to_owned()], vec!["web".to_owned()]));
    other.put("/v1/agent/check/pass/service:web", "").await;
    let nodes = other.ask("GET", "/v1/catalog/node/here", b"").await.text();
    assert!(nodes.contains("\"web\"") && nodes.contains("\"here\""), "{nodes}");
}

#[tokio::test]
async fn whoever_blocks_is_answered() {
    let server = Server::start().await;
    server.put("/v1/kv/a", "1").await;
    let snapshot = server.snapshot().await;
    let index = server.index();
    let targets = ["/v1/kv/a", "/v1/kv/none", "/v1/catalog/services", "/v1/health/service/none"];
    let blocked: Vec<_> = targets
        .map(|target| {
            let (address, target) = (server.0.address, format!("{target}?wait=5m&index={index}"));
            tokio::spawn(async move { ask(address, "GET", &target, b"", 0).await })
        })
        .into_iter()
        .collect();
    assert!(server.ask("PUT", "/v1/snapshot", &snapshot).await.is_ok());
    for blocked in blocked {
        let answer = blocked.await.unwrap();
        assert_eq!(answer.header("x-consul-index"), Some(&*server.index().to_string()), "{}", answer.head);
    }
}

#[tokio::test]
async fn what_is_not_a_whole_snapshot_is_refused_with_one_line_and_changes_nothing() {
    let server = Server::start().await;
    for number in 0..50 {
        server.put(&format!("/v1/kv/k{number}"), &"value ".repeat(1000)).await;
    }
    let snapshot = server.snapshot().await;
    let mut damaged = snapshot.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x20;
    let consul = include_bytes!("data/consul-1.21.4-meta.tgz");
    let index = server.index();
    for (body, expected) in [
        (&b""[..], "cut off"),
        (b"hello", "not a gzip archive"),
        (&snapshot[..snapshot.len() - 3], "cut off"),
        (&snapshot[..snapshot.len() / 2], "cut off"),
        (&damaged, "damaged"),
        (consul, "saved by a real Consul"),
    ] {
        let answer = server.ask("PUT", "/v1/snapshot", body).await;
        let text = answer.text();
        assert!(answer.head.starts_with("HTTP/1.1 500"), "{expected}: {}\n{text}", answer.head);
        assert!(text.contains(expected) && !text.contains('\n'), "{expected}: {text}");
    }
    // A client that goes away in the middle.
    ask(server.0.address, "PUT", "/v1/snapshot", &snapshot[..1000], snapshot.len()).await;
    assert_eq!(server.keys().await.len(), 50);
    assert_eq!(server.index(), index);
    assert!(server.ask("PUT", "/v1/snapshot", &snapshot).await.is_ok(), "and it takes a whole one");
}

#[tokio::test]
async fn methods_and_datacenters_are_checked() {
    let server = Server::start().await;
    assert_eq!(server.ask("POST", "/v1/snapshot", b"").await.header("allow"), Some("OPTIONS,GET,PUT"));
    let other = server.ask("GET", "/v1/snapshot?dc=other", b"").await;
    assert_eq!(other.text(), "No path to datacenter");
}

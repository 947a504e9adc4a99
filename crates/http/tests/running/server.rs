//! A server with its registry in memory, for as long as a test runs.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use muster_agent::{Agent, AgentConfig};
use muster_http::{Api, serve};
use muster_journal::{HistoryId, MemoryJournal};
use muster_model::{Node, NodeName};
use muster_registry::{Registry, RegistryConfig};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// A running server.
pub struct Server {
    /// Where it answers.
    pub address: SocketAddr,
    /// What it answers from.
    pub registry: Registry,
}

impl Server {
    /// Starts one, with what `change` makes of the defaults.
    pub async fn start(change: impl FnOnce(&mut Api)) -> Self {
        let journal = Arc::new(MemoryJournal::new(HistoryId::random()));
        let (registry, committer) = Registry::open(journal, RegistryConfig::default()).await.unwrap();
        let shutdown = CancellationToken::new();
        tokio::spawn(committer.run(shutdown.clone()));
        let node = Node {
            name: NodeName::new("here").unwrap(),
            id: Arc::from(""),
            address: Arc::from("127.0.0.1"),
            tagged_addresses: BTreeMap::new(),
            meta: BTreeMap::new(),
        };
        let config = AgentConfig::new(node);
        let agent = Arc::new(Agent::start(config, Arc::new(registry.clone())).await.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut api = Api::new(registry.clone(), agent, address);
        change(&mut api);
        tokio::spawn(serve(Arc::new(api), listener, shutdown));
        Self { address, registry }
    }

    /// A PUT that has to succeed.
    pub async fn put(&self, target: &str, body: &Value) {
        let (status, text) = self.ask("PUT", target, &body.to_string()).await;
        assert!(status.starts_with("HTTP/1.1 200"), "{status}\n{text}");
    }

    /// Status line with headers, and body.
    pub async fn ask(&self, method: &str, target: &str, body: &str) -> (String, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let length = body.len();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        answer(&mut stream).await
    }

    /// Status line with headers of the answer to a GET with one more header.
    pub async fn ask_with(&self, target: &str, header: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{header}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        String::from_utf8(answer[..end].to_vec()).unwrap()
    }

    /// The JSON of a GET that has to succeed.
    pub async fn get(&self, target: &str) -> Value {
        let (head, body) = self.ask("GET", target, "").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{target}: {head}\n{body}");
        serde_json::from_str(&body).unwrap()
    }
}

/// Status line with headers, and body, of the last answer on a connection.
pub async fn answer(stream: &mut TcpStream) -> (String, String) {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

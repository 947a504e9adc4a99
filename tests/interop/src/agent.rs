//! A registry of the test's own: `muster agent -dev`.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;

use muster_testbed::probe;
use muster_testbed::program::{Program, Stream};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::PATIENCE;

/// A running agent. Dropping it kills it.
#[derive(Debug)]
pub struct Agent {
    program: Program,
    address: SocketAddr,
    dns: SocketAddr,
}

impl Agent {
    /// Starts one on a free port and waits until it is ready.
    pub async fn start() -> Self {
        Self::start_at(0).await
    }

    /// Starts one on a port that another one can be given after it.
    ///
    /// Not one that the system hands out: while the port is free, another test, or a client that tries to
    /// reach it, could get it as its own.
    pub async fn start_on_lasting_port() -> Self {
        let first = 20_000 + u16::try_from(std::process::id() % 10_000).expect("below 10,000");
        let free = (first..32_000).find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
        Self::start_at(free.expect("a free port below those that the system hands out")).await
    }

    /// Starts one on a port.
    pub async fn start_at(port: u16) -> Self {
        let binary = muster();
        assert!(
            binary.is_file(),
            "{} is not there: cargo build -p muster, or name one in MUSTER_BIN",
            binary.display()
        );
        let mut command = Command::new(binary);
        command.args(["agent", "-dev", "-node", "interop", "-http-port", &port.to_string(), "-dns-port", "0"]);
        let mut program = Program::start("muster agent", command, None).expect("muster starts");
        let ready = program.wait_for_line("where it listens", PATIENCE, |line| {
            line.stream == Stream::Out && line.text.starts_with("muster agent: ")
        });
        let line = ready.await.unwrap_or_else(|error| panic!("{error}")).text;
        let after = |words| address(&line, words).unwrap_or_else(|| panic!("no address in {line:?}"));
        Self { program, address: after("http://"), dns: after("DNS on ") }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its DNS listens.
    pub fn dns(&self) -> SocketAddr {
        self.dns
    }

    /// Kills it, with all that it knew, and says where it listened.
    pub async fn kill(mut self) -> SocketAddr {
        self.program.kill().await.unwrap_or_else(|error| panic!("{error}"));
        self.address
    }

    /// Registers an instance with the agent, as Registrator does.
    pub async fn register(&self, service: Value) {
        self.put("/v1/agent/service/register", &service.to_string()).await;
    }

    /// An instance on 10.0.0.`host`, port 80`host`.
    pub async fn register_instance(&self, name: &str, host: u8, tags: &[&str]) {
        let port = 8000 + u16::from(host);
        let id = format!("{name}-{host}");
        let address = format!("10.0.0.{host}");
        self.register(json!({"ID": id, "Name": name, "Address": address, "Port": port, "Tags": tags})).await;
    }

    /// Takes an instance out.
    pub async fn deregister(&self, id: &str) {
        self.put(&format!("/v1/agent/service/deregister/{id}"), "").await;
    }

    /// Sets a key.
    pub async fn put_key(&self, key: &str, value: &str) {
        self.put(&format!("/v1/kv/{key}"), value).await;
    }

    /// A PUT that has to succeed.
    pub async fn put(&self, path: &str, body: &str) {
        let answer = probe::put(self.address, path, body.to_owned(), PATIENCE).await;
        let answer = answer.unwrap_or_else(|error| panic!("PUT {path}: {error}"));
        assert!(answer.status.is_success(), "PUT {path}: {} {}", answer.status, answer.text());
    }
}

/// `MUSTER_BIN`, else `muster` beside the directory of the test itself (`target/debug/deps`).
pub fn muster() -> PathBuf {
    if let Some(path) = std::env::var_os("MUSTER_BIN") {
        return PathBuf::from(path);
    }
    let mut path = std::env::current_exe().unwrap_or_default();
    path.pop();
    path.pop();
    path.join("muster")
}

/// The address after some words, as in `muster agent: … HTTP API on http://127.0.0.1:33447, DNS on 127.0.0.1:8600, …`.
fn address(line: &str, words: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once(words)?;
    rest.split([',', ' ']).next()?.parse().ok()
}

//! A load that repeats: each cycle does the same things under new names and takes them back.
//!
//! Names that are new each time (instances, keys, sessions) are what a host with coming and going containers makes; a
//! registry that remembers something of each would grow here. Names of services stay the same few.

mod checked;
mod connections;
mod dns;
mod keys;
mod registrations;
mod sessions;
mod watchers;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use muster_testbed::probe::{self, Answer};
use serde_json::Value;
use tokio::task::JoinSet;

use checked::Checked;

const PATIENCE: Duration = Duration::from_secs(90);
/// In every so many cycles the whole state is saved and put back.
const RESTORED_EVERY: u64 = 100;

/// The load on one registry.
#[derive(Debug)]
pub struct Load {
    registry: Registry,
    dns: SocketAddr,
    checked: Checked,
    cycle: u64,
}

/// The registry's HTTP API, and how much it was asked.
#[derive(Debug, Clone)]
struct Registry {
    address: SocketAddr,
    requests: Arc<AtomicU64>,
    writes: Arc<AtomicU64>,
}

impl Load {
    /// Registers what stays there all along.
    pub async fn begin(http: SocketAddr, dns: SocketAddr) -> Result<Self, String> {
        let registry = Registry { address: http, requests: Arc::default(), writes: Arc::default() };
        let checked = Checked::start().await.map_err(|error| format!("something to be checked: {error}"))?;
        registrations::begin(&registry, checked.address).await?;
        connections::begin(&registry).await?;
        Ok(Self { registry, dns, checked, cycle: 0 })
    }

    /// Requests so far.
    pub fn requests(&self) -> u64 {
        self.registry.requests.load(Ordering::Relaxed)
    }

    /// Writes so far that were acknowledged.
    pub fn writes(&self) -> u64 {
        self.registry.writes.load(Ordering::Relaxed)
    }

    /// One cycle, until all of it has ended.
    pub async fn cycle(&mut self) -> Result<(), String> {
        self.cycle += 1;
        let (cycle, registry, dns) = (self.cycle, self.registry.clone(), self.dns);
        let mut parts = JoinSet::new();
        parts.spawn(registrations::cycle(registry.clone(), cycle, self.checked.address));
        parts.spawn(watchers::cycle(registry.clone(), cycle));
        parts.spawn(keys::cycle(registry.clone(), cycle));
        parts.spawn(sessions::cycle(registry.clone(), cycle));
        parts.spawn(dns::cycle(registry.clone(), dns));
        parts.spawn(connections::cycle(registry.clone(), cycle, dns));
        while let Some(part) = parts.join_next().await {
            part.map_err(|error| error.to_string())?.map_err(|error| format!("cycle {cycle}: {error}"))?;
        }
        if cycle.is_multiple_of(RESTORED_EVERY) {
            let snapshot = registry.get("/v1/snapshot").await?;
            registry.put("/v1/snapshot", snapshot.body.to_vec()).await?;
        }
        Ok(())
    }
}

impl Registry {
    /// A GET that has to be answered well.
    async fn get(&self, path: &str) -> Result<Answer, String> {
        self.count();
        succeeded("GET", path, probe::get(self.address, path, PATIENCE).await)
    }

    /// A GET of a list, and its index.
    async fn list(&self, path: &str) -> Result<(u64, Vec<Value>), String> {
        let answer = self.get(path).await?;
        let index = answer.headers.get("X-Consul-Index").and_then(|value| value.to_str().ok()?.parse().ok());
        let list = answer.json().ok().and_then(|json| json.as_array().cloned());
        index.zip(list).ok_or_else(|| format!("GET {path}: no list with an index: {}", answer.text()))
    }

    /// A write that has to be acknowledged.
    async fn put(&self, path: &str, body: impl Into<Vec<u8>>) -> Result<Answer, String> {
        self.count();
        let answer = succeeded("PUT", path, probe::put(self.address, path, body.into(), PATIENCE).await)?;
        self.writes.fetch_add(1, Ordering::Relaxed);
        Ok(answer)
    }

    /// A DELETE that has to be acknowledged.
    async fn delete(&self, path: &str) -> Result<(), String> {
        self.count();
        let answer = probe::request("DELETE".parse().expect("a method"), self.address, path, PATIENCE).await;
        succeeded("DELETE", path, answer)?;
        self.writes.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// A question whose asker goes away after so long, whether it was answered or not.
    async fn ask_and_leave(&self, path: &str, after: Duration) {
        self.count();
        let _ = probe::get(self.address, path, after).await;
    }

    fn count(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }
}

fn succeeded(method: &str, path: &str, answer: Result<Answer, probe::ProbeError>) -> Result<Answer, String> {
    let answer = answer.map_err(|error| format!("{method} {path}: {error}"))?;
    if answer.status.is_success() {
        return Ok(answer);
    }
    Err(format!("{method} {path}: {} {}", answer.status, answer.text()))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what}: {found:?} instead of {wanted:?}")) }
}

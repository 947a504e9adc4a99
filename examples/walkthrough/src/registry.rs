//! The registry as any client sees it: blocking queries for one service.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use muster_testbed::probe;
use serde_json::Value;

/// How long the registry may hold a query back.
const WAIT: &str = "10s";
/// A key.
const MEMORY: &str = "/v1/kv/walkthrough/memory";
const PATIENCE: Duration = Duration::from_secs(60);
/// Before a registry that did not answer is asked again.
const PAUSE: Duration = Duration::from_millis(50);

/// An instance of a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instance {
    pub address: String,
    pub port: u16,
    pub id: String,
    /// All its checks pass, and its node's.
    pub passing: bool,
    /// Some check of it is critical.
    pub critical: bool,
}

/// A registry at an address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Registry(pub SocketAddr);

impl Registry {
    /// Waits until it serves.
    pub(crate) async fn serves(self, patience: Duration) -> anyhow::Result<()> {
        let served = muster_testbed::wait::until("the registry serves", patience, async || {
            let answer = probe::get(self.0, "/v1/status/leader", PATIENCE).await.map_err(|error| error.to_string())?;
            if answer.status.is_success() && answer.text().len() > 2 { Ok(()) } else { Err(answer.text()) }
        });
        Ok(served.await?)
    }

    /// Writes something that a registry run anew does not have.
    pub(crate) async fn remember(self) -> anyhow::Result<()> {
        let answer = probe::put(self.0, MEMORY, "written before", PATIENCE).await?;
        ensure!(answer.status.is_success(), "{MEMORY} was answered {} {}", answer.status, answer.text());
        Ok(())
    }

    /// Whether that is there.
    pub(crate) async fn remembers(self) -> anyhow::Result<bool> {
        let answer = probe::get(self.0, MEMORY, PATIENCE).await?;
        ensure!(matches!(answer.status.as_u16(), 200 | 404), "{MEMORY} was answered {}", answer.status);
        Ok(answer.status.is_success())
    }

    /// Waits until `right` has nothing against the instances of a service; wakes with each change of them.
    pub(crate) async fn until<T>(
        self,
        service: &str,
        patience: Duration,
        mut right: impl FnMut(&[Instance]) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let deadline = Instant::now() + patience;
        let mut index = 0;
        let mut wrong = anyhow::anyhow!("it never answered");
        while Instant::now() < deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            match tokio::time::timeout(left, self.ask(service, index)).await {
                Ok(Ok((at, instances))) => {
                    index = at;
                    match right(&instances) {
                        Ok(answer) => return Ok(answer),
                        Err(error) => wrong = error,
                    }
                }
                Ok(Err(error)) => {
                    (index, wrong) = (0, error);
                    tokio::time::sleep(PAUSE).await;
                }
                Err(_) => break,
            }
        }
        Err(wrong.context(format!("{service} in the registry, not within {patience:?}")))
    }

    async fn ask(self, service: &str, index: u64) -> anyhow::Result<(u64, Vec<Instance>)> {
        let path = format!("/v1/health/service/{service}?index={index}&wait={WAIT}");
        let answer = probe::get(self.0, &path, PATIENCE).await?;
        ensure!(answer.status.is_success(), "{path} was answered {} {}", answer.status, answer.text());
        let at = answer.headers.get("X-Consul-Index").and_then(|value| value.to_str().ok()?.parse().ok());
        let list = answer.json()?;
        let Some(list) = list.as_array() else { bail!("{path} was answered {list}") };
        let instances: Option<Vec<Instance>> = list.iter().map(instance).collect();
        Ok((at.context("an answer without an index")?, instances.with_context(|| format!("{path}: {list:?}"))?))
    }
}

fn instance(entry: &Value) -> Option<Instance> {
    let service = &entry["Service"];
    let checks = entry["Checks"].as_array()?;
    Some(Instance {
        address: service["Address"].as_str()?.to_owned(),
        port: u16::try_from(service["Port"].as_u64()?).ok()?,
        id: service["ID"].as_str()?.to_owned(),
        passing: checks.iter().all(|check| check["Status"] == "passing"),
        critical: checks.iter().any(|check| check["Status"] == "critical"),
    })
}

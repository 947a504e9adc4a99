//! A host that dies with its registrator: what the registry, the swarm and the clients see.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::task::JoinSet;

use super::registration::SERVICE;
use super::{PATIENCE, Stage};
use crate::host::{Events, Host};
use crate::registry::Instance;
use crate::traffic::{Load, Tally};
use crate::transcript::seconds;

/// Within which the instances of a dead host have to be critical, and within which they have to be away.
const CRITICAL: Duration = Duration::from_secs(15);
const AWAY: Duration = Duration::from_secs(120);

/// A host's death.
#[derive(Debug)]
pub(super) struct Death {
    pub(super) address: String,
    host: Host,
    /// When it was noticed here, just after the line that killed it.
    when: Instant,
    /// What was sent before.
    before: Option<Tally>,
    /// Its engine's swarm, from then on.
    events: Events,
    /// Gives how long after the death nothing of it was registered any more.
    away: JoinSet<anyhow::Result<Duration>>,
}

impl Stage {
    /// The host was killed by the line before: its instances go critical.
    pub(super) async fn host_dies(&mut self, name: &str) -> anyhow::Result<String> {
        let when = Instant::now();
        let before = self.load.as_ref().map(Load::tally);
        let host = self.hosts.remove(name).with_context(|| format!("{name} was not up"))?;
        let address = host.address.clone();
        let events = self.host_named("manager1")?.events("type=node")?;
        let critical = |instances: &[Instance]| {
            let of_host: Vec<_> = instances.iter().filter(|instance| instance.address == address).collect();
            ensure!(!of_host.is_empty(), "its instances are away before they were critical");
            ensure!(of_host.iter().all(|instance| instance.critical), "not critical yet: {of_host:?}");
            Ok(of_host.len())
        };
        let count = self.instances(CRITICAL, critical).await?;
        let critical_after = seconds(when.elapsed());
        let requests = self.requests_since(before);
        let mut away = JoinSet::new();
        let (registry, of_host) = (self.registry()?, address.clone());
        away.spawn(async move {
            let gone = |instances: &[Instance]| {
                ensure!(instances.iter().all(|instance| instance.address != of_host), "{instances:?}");
                Ok(when.elapsed())
            };
            registry.until(SERVICE, AWAY.saturating_sub(when.elapsed()), gone).await
        });
        self.dead.insert(name.to_owned(), Death { address, host, when, before, events, away });
        Ok(format!("{name} died: {count} of its instances critical after {critical_after}{requests}"))
    }

    /// The swarm takes the dead host's node for Down.
    pub(super) async fn node_down(&mut self, name: &str) -> anyhow::Result<String> {
        let mut death = self.dead.remove(name).with_context(|| format!("{name} is not dead"))?;
        let down = async {
            while self.status(name).await? != "Down" {
                death.events.next().await?;
            }
            anyhow::Ok(death.when.elapsed())
        };
        let after = tokio::time::timeout(PATIENCE, down)
            .await
            .with_context(|| format!("the node is not Down in {PATIENCE:?}"))??;
        let held = format!("{name} is Down {} after it died{}", seconds(after), self.requests_since(death.before));
        self.dead.insert(name.to_owned(), death);
        Ok(held)
    }

    fn requests_since(&self, before: Option<Tally>) -> String {
        match (&self.load, before) {
            (Some(load), Some(before)) => format!("; since then {}", load.tally().since(before)),
            _ => String::new(),
        }
    }

    /// The host was started again by the line before: its node is Ready, and nothing of it is registered twice.
    pub(super) async fn host_returns(&mut self, name: &str) -> anyhow::Result<String> {
        let death = self.dead.remove(name).with_context(|| format!("{name} was not dead"))?;
        let mut events = self.host_named("manager1")?.events("type=node")?;
        let ready = async {
            while self.status(name).await? != "Ready" {
                events.next().await?;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(PATIENCE, ready)
            .await
            .with_context(|| format!("the node is not Ready in {PATIENCE:?}"))??;
        let address = death.address.clone();
        let back = |instances: &[Instance]| {
            let of_host: Vec<_> = instances.iter().filter(|instance| instance.address == address).collect();
            ensure!(of_host.len() == 1 && of_host[0].passing, "not one that passes: {of_host:?}");
            Ok(())
        };
        if let Err(error) = self.instances(PATIENCE, back).await {
            return Err(error.context(format!("its containers: {}", death.host.containers().await)));
        }
        self.hosts.insert(name.to_owned(), death.host);
        Ok(format!("{name} is Ready, its instance passes and is there once"))
    }

    /// Nothing of a host that stays dead is registered any more.
    pub(super) async fn host_forgotten(&mut self, name: &str) -> anyhow::Result<String> {
        let death = self.dead.get_mut(name).with_context(|| format!("{name} is not dead"))?;
        let after = death.away.join_next().await.context("nobody looked")?.context("whoever looked is gone")??;
        Ok(format!("the instances of {name} were away {} after it died", seconds(after)))
    }

    async fn status(&self, node: &str) -> anyhow::Result<String> {
        let list =
            self.host_named("manager1")?.docker(&["node", "ls", "--format", "{{.Hostname}} {{.Status}}"]).await?;
        let found = list.lines().find_map(|line| line.strip_prefix(node)?.strip_prefix(' '));
        found.map(str::to_owned).with_context(|| format!("no node {node} in {list:?}"))
    }
}

//! Checks that follow other checks: one blocked question per node that is followed, however many aliases follow it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, FuturesUnordered};
use muster_catalog::{NodeHealth, Owner, Wait};
use muster_health::{Outcome, alias};
use muster_model::{CheckId, NodeName, ServiceId};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::Agent;
use crate::results::AT_ONCE;

/// The wait before a node is asked about again that could not be.
const AGAIN: Duration = Duration::from_secs(1);
/// How long one question about a node waits for a change.
const WAIT: Duration = Duration::from_secs(300);

/// The alias checks of this agent, by the node that they follow.
#[derive(Debug)]
pub(crate) struct Aliases {
    /// By folded name.
    targets: Mutex<BTreeMap<Arc<str>, Target>>,
    /// Counts changes of the targets.
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct Target {
    node: NodeName,
    followers: BTreeMap<CheckId, Option<ServiceId>>,
}

impl Default for Aliases {
    fn default() -> Self {
        Self { targets: Mutex::default(), changes: watch::Sender::new(0) }
    }
}

impl Aliases {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Target>> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up an alias.
    pub fn start(&self, check: &CheckId, service: Option<&ServiceId>, node: &NodeName) {
        let mut targets = self.lock();
        remove(&mut targets, check);
        let target = targets.entry(node.folded());
        let target = target.or_insert_with(|| Target { node: node.clone(), followers: BTreeMap::new() });
        target.followers.insert(check.clone(), service.cloned());
        drop(targets);
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// Forgets an alias.
    pub fn stop(&self, check: &CheckId) {
        remove(&mut self.lock(), check);
    }

    fn nodes(&self) -> Vec<Arc<str>> {
        self.lock().keys().cloned().collect()
    }

    fn target(&self, node: &str) -> Option<(NodeName, BTreeMap<CheckId, Option<ServiceId>>)> {
        let targets = self.lock();
        let target = targets.get(node)?;
        Some((target.node.clone(), target.followers.clone()))
    }
}

fn remove(targets: &mut BTreeMap<Arc<str>, Target>, check: &CheckId) {
    targets.retain(|_, target| {
        target.followers.remove(check);
        !target.followers.is_empty()
    });
}

impl Agent {
    /// Follows every node that an alias is about.
    pub(crate) async fn run_aliases(&self, shutdown: CancellationToken) {
        let mut following = FuturesUnordered::new();
        let mut followed = BTreeSet::new();
        let mut changes = self.aliases.changes.subscribe();
        loop {
            changes.mark_unchanged();
            for node in self.aliases.nodes() {
                if followed.insert(Arc::clone(&node)) {
                    following.push(self.follow(node));
                }
            }
            tokio::select! {
                Some(done) = following.next() => {
                    followed.remove(&done);
                }
                _ = changes.changed() => {}
                () = shutdown.cancelled() => return,
            }
        }
    }

    /// Follows one node until nobody asks for it any more.
    async fn follow(&self, node: Arc<str>) -> Arc<str> {
        let mut changes = self.aliases.changes.subscribe();
        let mut wait = None;
        loop {
            changes.mark_unchanged();
            let Some((name, followers)) = self.aliases.target(&node) else { return node };
            let health = tokio::select! {
                health = self.catalog.node_health(&name, wait) => health,
                _ = changes.changed() => {
                    // There is a new one: it is not to wait for the next change.
                    wait = None;
                    continue;
                }
            };
            match health {
                Ok(health) => {
                    wait = Some(Wait { after: health.index, at_most: WAIT });
                    self.evaluate(&name, &followers, &health).await;
                }
                Err(error) => {
                    warn!(node = %name, %error, "checks that follow this node's cannot see them");
                    wait = None;
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    async fn evaluate(&self, node: &NodeName, followers: &BTreeMap<CheckId, Option<ServiceId>>, health: &NodeHealth) {
        // Of its own node an agent sees what was registered with it, as Consul's does.
        let is_own = node.folded() == self.node().folded();
        let counts = |owner: &Owner| !is_own || *owner == Owner::Agent;
        let checks = || health.checks.iter().filter(|(owner, _)| counts(owner)).map(|(_, check)| &**check);
        let mut by_service: BTreeMap<Option<&ServiceId>, Vec<_>> = BTreeMap::new();
        for check in checks() {
            by_service.entry(check.service_id.as_ref()).or_default().push(check);
        }
        let none = Vec::new();
        let found = followers.iter().map(|(id, service)| {
            let nodes = by_service.get(&None).unwrap_or(&none).iter();
            let own = service.as_ref().and_then(|service| by_service.get(&Some(service))).unwrap_or(&none).iter();
            let exists = |service: &ServiceId| health.services.get(&service.folded()).is_some_and(counts);
            let named = if is_own { "" } else { node.as_str() };
            let Outcome { status, output } = alias(id, service.as_ref(), named, nodes.chain(own).copied(), exists);
            (id, status, Arc::<str>::from(output))
        });
        let found = stream::iter(found.collect::<Vec<_>>());
        found.for_each_concurrent(AT_ONCE, |(id, status, output)| self.found(id, status, output)).await;
    }
}

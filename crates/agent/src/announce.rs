//! The node itself: its entry, `serfHealth`, and the service that a server is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use muster_catalog::{CatalogCheck, CatalogError, CatalogRegistration, NodeUpdate, Owner, Part};
use muster_model::{Check, CheckId, CheckStatus, Indexed};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::Agent;

/// How often the agent looks whether its node still stands in the catalog; Consul's anti-entropy interval.
const LOOK: Duration = Duration::from_secs(60);

/// How long the node is taken for alive without a sign of its agent, and how often the agent gives one.
const LEASE: Duration = Duration::from_secs(10);
const RENEW: Duration = Duration::from_secs(3);

impl Agent {
    /// Puts the node with its own entries into the catalog; changes nothing if they stand there.
    pub(crate) async fn announce(&self) -> Result<(), CatalogError> {
        let health = Check {
            id: serf_health(),
            name: Arc::from("Serf Health Status"),
            status: CheckStatus::Passing,
            notes: Arc::from(""),
            output: Arc::from("Agent alive and reachable"),
            service_id: None,
            kind: Arc::from(""),
            definition: None,
        };
        let registration = CatalogRegistration {
            node: NodeUpdate::Put((*self.node_entry()).clone()),
            service: self.config.server.clone(),
            checks: vec![CatalogCheck { check: health, keep_result: false }],
            replace_checks: false,
            owner: Owner::Server,
        };
        self.catalog.register(registration).await?;
        self.catalog.keep_lease(self.node(), LEASE).await
    }

    /// Renews the node's lease: as long as the agent runs, its node is alive.
    pub(crate) async fn keep_alive(&self, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(RENEW) => {}
                () = shutdown.cancelled() => return,
            }
            if let Err(error) = self.catalog.keep_lease(self.node(), LEASE).await {
                warn!(node = %self.node(), %error, "the node's lease could not be renewed");
            }
        }
    }

    pub(crate) async fn keep_announced(&self, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = shutdown.cancelled() => return,
            }
            let looked = async {
                self.announce_again_if_gone().await?;
                self.follow_catalog().await
            };
            if let Err(error) = looked.await {
                warn!(node = %self.node(), %error, "the node's own entries could not be checked");
            }
        }
    }

    /// Somebody may have taken the node out by `/v1/catalog/deregister`: it is alive, so it comes back.
    async fn announce_again_if_gone(&self) -> Result<(), CatalogError> {
        let entries = self.catalog.entries(self.node(), Owner::Server, Part::All).await?;
        let server = self.config.server.as_ref();
        let whole = entries.checks.contains_key(&serf_health())
            && server.is_none_or(|server| entries.services.contains_key(&server.id));
        if whole { Ok(()) } else { self.announce().await }
    }

    /// Somebody may have taken out checks by `/v1/catalog/deregister`, or brought some with a snapshot.
    async fn follow_catalog(&self) -> Result<(), CatalogError> {
        let checks = self.entries().await?.checks;
        self.let_go_of_all_but(&checks);
        let known: BTreeSet<CheckId> = self.table.ids().into_iter().collect();
        for check in checks.values().filter(|check| !known.contains(&check.value.id)) {
            self.resume(&check.value).await;
        }
        Ok(())
    }

    /// Lets go of checks that are not among those of the catalog.
    pub(crate) fn let_go_of_all_but(&self, checks: &BTreeMap<CheckId, Indexed<Arc<Check>>>) {
        for id in self.table.ids() {
            if !checks.contains_key(&id) {
                self.let_go(&id);
            }
        }
    }
}

pub(crate) fn serf_health() -> CheckId {
    CheckId::new("serfHealth").expect("a constant that is a valid check ID")
}

//! The node itself: its entry, `serfHealth`, and the service that a server is.

use std::sync::Arc;
use std::time::Duration;

use muster_catalog::{CatalogCheck, CatalogError, CatalogRegistration, NodeUpdate, Owner};
use muster_model::{Check, CheckId, CheckStatus};
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
            node: NodeUpdate::Put(self.config.node.clone()),
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
            if let Err(error) = self.announce_again_if_gone().await {
                warn!(node = %self.node(), %error, "the node's own entries could not be checked");
            }
        }
    }

    /// Somebody may have taken the node out by `/v1/catalog/deregister`: it is alive, so it comes back.
    async fn announce_again_if_gone(&self) -> Result<(), CatalogError> {
        let entries = self.catalog.entries(self.node(), Owner::Server).await?;
        let server = self.config.server.as_ref();
        let whole = entries.checks.contains_key(&serf_health())
            && server.is_none_or(|server| entries.services.contains_key(&server.id));
        if whole { Ok(()) } else { self.announce().await }
    }
}

fn serf_health() -> CheckId {
    CheckId::new("serfHealth").expect("a constant that is a valid check ID")
}

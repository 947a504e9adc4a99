//! This node's own services and checks: keeps the catalog equal to what was registered here.
//!
//! The catalog is the agent's only durable store: its entries stand there under [`Owner::Agent`], so
//! a registration that returned is committed, and a restart finds everything again. What only the
//! agent knows is when a TTL check is due, and output that changed while the status did not.
//!
//! [`Owner::Agent`]: muster_catalog::Owner::Agent

mod announce;
mod checks;
mod events;
mod local;
mod maintenance;
mod ttl;

use std::sync::Arc;

use muster_catalog::{Catalog, CatalogError, NodeEntries, Owner};
use muster_model::{Check, CheckDefinition, CheckId, Indexed, Node, NodeName, Service};
use tokio_util::sync::CancellationToken;

use events::EventLog;
use ttl::TtlTable;

/// What the agent says of its node.
#[derive(Debug, Clone)]
pub struct AgentConfig {
    /// The node as it is to stand in the catalog.
    pub node: Node,
    /// The service that stands for the server on it, if this is one: Consul's `consul`.
    pub server: Option<Service>,
}

/// The agent of one node. Made by [`Agent::start`]; its checks run while [`Agent::run`] does.
pub struct Agent {
    config: AgentConfig,
    catalog: Arc<dyn Catalog>,
    ttl: TtlTable,
    events: EventLog,
}

impl Agent {
    /// Announces the node and takes up the checks that are registered on it.
    pub async fn start(config: AgentConfig, catalog: Arc<dyn Catalog>) -> Result<Self, CatalogError> {
        let agent = Self { config, catalog, ttl: TtlTable::default(), events: EventLog::default() };
        agent.announce().await?;
        for check in agent.entries().await?.checks.into_values() {
            agent.take_up(&check.value);
        }
        Ok(agent)
    }

    /// Lets TTL checks run out, hands over held-back output and keeps the node announced, until `shutdown`.
    pub async fn run(&self, shutdown: CancellationToken) {
        let alive = self.keep_alive(shutdown.clone());
        tokio::join!(self.keep_announced(shutdown.clone()), alive, self.run_ttl(shutdown));
    }

    /// Looks at the catalog anew after all of it was replaced: announces the node and takes up checks that came back.
    pub async fn resync(&self) -> Result<(), CatalogError> {
        self.announce().await?;
        let checks = self.entries().await?.checks;
        checks.values().filter(|check| !self.ttl.has(&check.value.id)).for_each(|check| self.take_up(&check.value));
        Ok(())
    }

    /// The name of the agent's node.
    pub fn node(&self) -> &NodeName {
        &self.config.node.name
    }

    /// The node as the agent announces it.
    pub fn node_entry(&self) -> &Node {
        &self.config.node
    }

    /// What was registered on this node through its agent, with the latest output of its checks.
    pub async fn entries(&self) -> Result<NodeEntries, CatalogError> {
        let mut entries = self.catalog.entries(self.node(), Owner::Agent).await?;
        for (id, check) in &mut entries.checks {
            if let Some(output) = self.ttl.held_output(id) {
                Arc::make_mut(&mut check.value).output = output;
            }
        }
        Ok(entries)
    }

    async fn check(&self, id: &CheckId) -> Result<Indexed<Arc<Check>>, CatalogError> {
        let mut entries = self.entries().await?;
        entries.checks.remove(id).ok_or_else(|| CatalogError::NotFound { reason: unknown_check(id.as_str()) })
    }

    fn take_up(&self, check: &Check) {
        if let Some(CheckDefinition::Ttl { ttl }) = check.definition {
            self.ttl.start(&check.id, ttl, check.status.clone(), Arc::clone(&check.output));
        }
    }
}

/// Consul's text for a check that is not there.
pub fn unknown_check(id: &str) -> String {
    format!("Unknown check ID {id:?}. Ensure that the check ID is passed, not the check name.")
}

/// Consul's text for an instance that is not there.
pub fn unknown_service(id: &str) -> String {
    format!("Unknown service ID {id:?}. Ensure that the service ID is passed, not the service name.")
}

#[cfg(test)]
mod tests;

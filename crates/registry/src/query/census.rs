//! How much there is, and whose it is.

use std::sync::Arc;

use muster_catalog::Owner;
use muster_model::Node;

use crate::state::State;

/// Counts of what the registry holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Census {
    /// Nodes.
    pub nodes: usize,
    /// Service names.
    pub services: usize,
    /// Instances on all nodes.
    pub instances: usize,
    /// Keys.
    pub keys: usize,
    /// Sessions that run out unless they are renewed.
    pub expiring_sessions: usize,
}

impl State {
    /// The nodes that servers announced as their own.
    pub fn server_nodes(&self) -> impl Iterator<Item = &Arc<Node>> {
        let announced = self.nodes.values().filter(|record| {
            record.services.values().any(|service| service.owner == Owner::Server)
                || record.checks.values().any(|check| check.owner == Owner::Server)
        });
        announced.map(|record| &record.node.value)
    }

    /// Counts what is there.
    pub fn census(&self) -> Census {
        let expires =
            |session: &&std::sync::Arc<crate::state::SessionRecord>| session.session.value.expires_after().is_some();
        Census {
            nodes: self.nodes.len(),
            services: self.names.len(),
            instances: self.names.values().map(|name| name.instances.len()).sum(),
            keys: self.kv.under("").count(),
            expiring_sessions: self.sessions.values().filter(expires).count(),
        }
    }
}

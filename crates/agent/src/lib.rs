//! This node's own services and checks: keeps the catalog equal to what was registered here.
//!
//! The catalog is the agent's only durable store: its entries stand there under [`Owner::Agent`], so
//! a registration that returned is committed, and a restart finds everything again. What only the
//! agent knows is when a check is due, and output that changed while the status did not.
//!
//! [`Owner::Agent`]: muster_catalog::Owner::Agent

mod aggregate;
mod aliases;
mod announce;
mod checks;
mod events;
mod local;
mod maintenance;
mod results;
mod rules;
mod table;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use muster_catalog::{Catalog, CatalogError, NodeEntries, Owner, Part};
use muster_health::Scheduler;
use muster_model::{
    Check, CheckDefinition, CheckId, CheckStatus, Indexed, Meta, Node, NodeName, Probe, Service, ServiceId,
};
use tokio_util::sync::CancellationToken;

use events::EventLog;

pub use aggregate::aggregated;
pub use muster_health::Config as ProbeConfig;
pub use rules::{Rules, missing_service};
pub use table::CheckTimes;

use aliases::Aliases;
use table::CheckTable;

/// What the agent says of its node, and what it lets checks do.
#[derive(Debug, Clone)]
pub struct AgentConfig {
    /// The node as it is to stand in the catalog.
    pub node: Node,
    /// The service that stands for the server on it, if this is one: Consul's `consul`.
    pub server: Option<Service>,
    /// Whether checks may run commands.
    pub scripts: ScriptChecks,
    /// How checks are run.
    pub probes: ProbeConfig,
    /// How long things about checks take.
    pub times: CheckTimes,
    /// Nothing is kept of what checks say, but for their status.
    pub discard_output: bool,
}

/// Who may have commands run by a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScriptChecks {
    /// Nobody.
    #[default]
    Off,
    /// Who writes the agent's configuration files (`-enable-local-script-checks`).
    Local,
    /// Who registers over the API too (`-enable-script-checks`).
    On,
}

impl AgentConfig {
    /// A node without server and without commands in checks; its containers are those of the usual engine.
    pub fn new(node: Node) -> Self {
        Self {
            node,
            server: None,
            scripts: ScriptChecks::Off,
            probes: ProbeConfig::default(),
            times: CheckTimes::default(),
            discard_output: false,
        }
    }
}

impl AgentConfig {
    /// What may be registered.
    fn rules(&self) -> Rules {
        Rules { scripts: self.scripts, server: self.server.as_ref().map(|server| server.id.clone()) }
    }
}

/// The agent of one node. Made by [`Agent::start`]; its checks run while [`Agent::run`] does.
pub struct Agent {
    config: AgentConfig,
    rules: Rules,
    /// As it stands in the catalog; its Meta may change.
    entry: RwLock<Arc<Node>>,
    discard_output: AtomicBool,
    catalog: Arc<dyn Catalog>,
    table: CheckTable,
    aliases: Aliases,
    scheduler: Scheduler,
    events: EventLog,
}

impl Agent {
    /// Announces the node and takes up the checks that are registered on it, each with its last status.
    pub async fn start(config: AgentConfig, catalog: Arc<dyn Catalog>) -> Result<Self, CatalogError> {
        let scheduler = Scheduler::new(config.probes.clone());
        let rules = config.rules();
        let agent = Self {
            entry: RwLock::new(Arc::new(config.node.clone())),
            discard_output: AtomicBool::new(config.discard_output),
            table: CheckTable::new(config.times),
            config,
            rules,
            catalog,
            aliases: Aliases::default(),
            scheduler,
            events: EventLog::default(),
        };
        agent.announce().await?;
        for check in agent.entries().await?.checks.into_values() {
            agent.resume(&check.value).await;
        }
        Ok(agent)
    }

    /// What may be registered here.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Runs checks, hands their results over and keeps the node announced, until `shutdown`.
    pub async fn run(&self, shutdown: CancellationToken) {
        tokio::join!(
            self.keep_announced(shutdown.clone()),
            self.keep_alive(shutdown.clone()),
            self.run_due(shutdown.clone()),
            self.run_probes(shutdown.clone()),
            self.run_aliases(shutdown),
        );
    }

    /// Looks at the catalog anew after all of it was replaced: announces the node and takes up checks that came back.
    pub async fn resync(&self) -> Result<(), CatalogError> {
        self.announce().await?;
        let checks = self.entries().await?.checks;
        self.let_go_of_all_but(&checks);
        for check in checks.values() {
            self.resume(&check.value).await;
        }
        Ok(())
    }

    /// The name of the agent's node.
    pub fn node(&self) -> &NodeName {
        &self.config.node.name
    }

    /// The node as the agent announces it.
    pub fn node_entry(&self) -> Arc<Node> {
        Arc::clone(&self.entry.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives the node other Meta from now on.
    pub async fn set_meta(&self, meta: Meta) -> Result<(), CatalogError> {
        let before = self.node_entry();
        if before.meta == meta {
            return Ok(());
        }
        let wanted = Arc::new(Node { meta, ..(*before).clone() });
        *self.entry.write().unwrap_or_else(PoisonError::into_inner) = wanted;
        let announced = self.announce().await;
        if announced.is_err() {
            *self.entry.write().unwrap_or_else(PoisonError::into_inner) = before;
        }
        announced
    }

    /// From now on nothing (or again something) is kept of what checks say.
    pub fn discard_output(&self, discard: bool) {
        self.discard_output.store(discard, Ordering::Relaxed);
    }

    /// What was registered on this node through its agent, with the latest output of its checks.
    pub async fn entries(&self) -> Result<NodeEntries, CatalogError> {
        self.own(Part::All).await
    }

    /// The same of one instance, with its own checks.
    pub async fn entries_of_service(&self, id: &ServiceId) -> Result<NodeEntries, CatalogError> {
        self.own(Part::Service(id)).await
    }

    async fn own(&self, part: Part<'_>) -> Result<NodeEntries, CatalogError> {
        let mut entries = self.catalog.entries(self.node(), Owner::Agent, part).await?;
        for (id, check) in &mut entries.checks {
            if let Some(output) = self.table.held_output(id) {
                Arc::make_mut(&mut check.value).output = output;
            }
        }
        Ok(entries)
    }

    async fn check(&self, id: &CheckId) -> Result<Indexed<Arc<Check>>, CatalogError> {
        let mut entries = self.own(Part::Check(id)).await?;
        entries.checks.remove(id).ok_or_else(|| CatalogError::NotFound { reason: unknown_check(id.as_str()) })
    }

    /// Sees to a check from here on.
    fn take_up(&self, check: &Check) {
        self.see_to(check, Scheduler::start);
    }

    fn see_to(&self, check: &Check, run: impl FnOnce(&Scheduler, &CheckId, &Arc<CheckDefinition>)) {
        let Some(definition) = &check.definition else { return };
        self.table.take_up(check);
        if let Probe::Alias { service, node } = &definition.probe {
            self.aliases.start(&check.id, service.as_ref(), node.as_ref().unwrap_or(self.node()));
        } else {
            self.aliases.stop(&check.id);
        }
        let is_probed = !matches!(definition.probe, Probe::Alias { .. } | Probe::Ttl { .. } | Probe::Described(_));
        if is_probed && self.rules.allows(&definition.probe) {
            run(&self.scheduler, &check.id, definition);
        } else {
            self.scheduler.stop(&check.id);
        }
    }

    /// Sees to a check that is found in the catalog: its result is an old one, and what could be registered once may
    /// not be allowed now.
    async fn resume(&self, check: &Check) {
        self.see_to(check, Scheduler::resume);
        if check.definition.as_ref().is_some_and(|definition| !self.rules.allows(&definition.probe)) {
            let output = "Scripts are disabled on this agent; to enable, configure 'enable_script_checks' or \
                          'enable_local_script_checks' to true";
            self.found(&check.id, CheckStatus::Critical, Arc::from(output)).await;
        }
    }

    /// Sees to a check no more.
    fn let_go(&self, id: &CheckId) {
        self.table.stop(id);
        self.aliases.stop(id);
        self.scheduler.stop(id);
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

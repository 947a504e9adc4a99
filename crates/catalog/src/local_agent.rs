//! Registering on one node, as `/v1/agent` does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use muster_model::{CheckDefinition, CheckId, CheckStatus, Index, InvalidName, Service, ServiceId};

use crate::{CatalogError, Pending};

/// One node's agent. A call returns when the change is durable.
pub trait LocalAgent: Send + Sync {
    /// Adds the instance or makes it so, and adds its checks; other checks that it has, such as its maintenance,
    /// stay. Registering the same again changes nothing.
    fn register<'a>(&'a self, registration: &'a Registration) -> Pending<'a, Result<(), CatalogError>>;

    /// Removes the instance and its checks; [`CatalogError::NotFound`] if the agent has no such instance.
    fn deregister<'a>(&'a self, service: &'a ServiceId) -> Pending<'a, Result<(), CatalogError>>;

    /// What is registered on this node through its agent, by anybody.
    fn services(&self) -> Pending<'_, Result<BTreeMap<ServiceId, Service>, CatalogError>>;

    /// The IDs of the checks on this node that were registered through its agent, by anybody.
    fn checks(&self) -> Pending<'_, Result<BTreeSet<CheckId>, CatalogError>>;

    /// Reports the result of a TTL check, which also starts its time anew.
    fn report<'a>(
        &'a self,
        check: &'a CheckId,
        status: CheckStatus,
        output: &'a str,
    ) -> Pending<'a, Result<(), CatalogError>>;

    /// Whether a registry with a leader answers.
    fn ping(&self) -> Pending<'_, Result<(), CatalogError>>;

    /// Where the registry's history stands: at once, or with `after` when it may be another one. A failure, and an
    /// index below `after`, mean that what was registered may be lost; a higher one means nothing. Never returns where
    /// agent and registry are in this process: they end with it.
    fn history(&self, after: Option<Index>) -> Pending<'_, Result<Index, CatalogError>>;
}

/// An instance with its checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The instance.
    pub service: Service,
    /// Its checks.
    pub checks: Vec<CheckRegistration>,
}

impl Registration {
    /// The IDs of its checks, in their order.
    ///
    /// # Errors
    /// If one that follows from the instance's would be none.
    pub fn check_ids(&self) -> Result<Vec<CheckId>, InvalidName> {
        let (service, several) = (&self.service.id, self.checks.len() > 1);
        let ids = self.checks.iter().enumerate().map(|(place, asked)| match &asked.id {
            Some(id) => Ok(id.clone()),
            None if several => CheckId::new(format!("service:{service}:{}", place + 1)),
            None => CheckId::new(format!("service:{service}")),
        });
        ids.collect()
    }
}

/// A check as its registrar asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRegistration {
    /// None: `service:<service ID>`, with `:<n>` if there are several.
    pub id: Option<CheckId>,
    /// None: `Service '<service>' check`.
    pub name: Option<Arc<str>>,
    /// A remark.
    pub notes: Arc<str>,
    /// The status until the first result; none: critical.
    pub status: Option<CheckStatus>,
    /// How it is checked.
    pub definition: CheckDefinition,
}

//! Maintenance: a critical check that says that somebody wants no traffic here.

use std::sync::Arc;

use muster_catalog::{CatalogDeregistration, CatalogError, Part};
use muster_model::{Check, CheckId, CheckStatus, InvalidName, ServiceId};

use crate::{Agent, unknown_service};

/// Consul's remark when none was given.
const NO_REASON: [&str; 2] = [
    "Maintenance mode is enabled for this node, but no reason was provided. This is a default message.",
    "Maintenance mode is enabled for this service, but no reason was provided. This is a default message.",
];

impl Agent {
    /// Puts an instance into maintenance for `reason`, or with none takes it out again.
    pub async fn service_maintenance(&self, service: &ServiceId, reason: Option<&str>) -> Result<(), CatalogError> {
        if !self.own(Part::Service(service)).await?.services.contains_key(service) {
            return Err(CatalogError::NotFound { reason: unknown_service(service.as_str()) });
        }
        let id = CheckId::new(format!("_service_maintenance:{service}")).map_err(refused)?;
        self.maintain(id, "Service Maintenance Mode", Some(service), reason).await
    }

    /// Puts the whole node into maintenance for `reason`, or with none takes it out again.
    pub async fn node_maintenance(&self, reason: Option<&str>) -> Result<(), CatalogError> {
        let id = CheckId::new("_node_maintenance").map_err(refused)?;
        self.maintain(id, "Node Maintenance Mode", None, reason).await
    }

    async fn maintain(
        &self,
        id: CheckId,
        name: &str,
        service: Option<&ServiceId>,
        reason: Option<&str>,
    ) -> Result<(), CatalogError> {
        let Some(reason) = reason else {
            return self.catalog.deregister(CatalogDeregistration::Check(self.node().clone(), id)).await;
        };
        // Who asked first is told to those who look.
        if self.own(Part::Check(&id)).await?.checks.contains_key(&id) {
            return Ok(());
        }
        let notes = if reason.is_empty() { NO_REASON[usize::from(service.is_some())] } else { reason };
        let check = Check {
            id,
            name: Arc::from(name),
            status: CheckStatus::Critical,
            notes: Arc::from(notes),
            output: Arc::from(""),
            service_id: service.cloned(),
            kind: Arc::from("maintenance"),
            definition: None,
        };
        self.put_check(check, false).await
    }
}

fn refused(invalid: InvalidName) -> CatalogError {
    CatalogError::Refused { reason: invalid.to_string() }
}

//! Registering on this node.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use muster_catalog::{
    CatalogCheck, CatalogDeregistration, CatalogError, CatalogRegistration, CheckRegistration, LocalAgent, NodeUpdate,
    Owner, Part, Pending, Registration,
};
use muster_model::{Check, CheckId, CheckStatus, Index, InvalidName, Service, ServiceAddress, ServiceId};

use crate::checks::refuse_health;
use crate::{Agent, unknown_service};

impl Agent {
    /// Registers; with `replace_checks`, the instance's checks that the registration does not name go.
    pub async fn register_service(
        &self,
        registration: &Registration,
        replace_checks: bool,
    ) -> Result<(), CatalogError> {
        for asked in &registration.checks {
            self.permit(&asked.definition.probe)?;
        }
        let registered = self.put_service(registration, replace_checks).await?;
        if registered.is_empty() && !replace_checks {
            return Ok(());
        }
        for id in &registered {
            // Whoever removed it meanwhile is right.
            if let Some(check) = self.own(Part::Check(id)).await?.checks.remove(id) {
                self.take_up(&check.value);
            }
        }
        if replace_checks {
            self.let_go_of_all_but(&self.entries().await?.checks);
        }
        Ok(())
    }

    /// Registers what a file of the agent's own configuration defines; `again`: it is defined as it was before. Its
    /// other checks stay, whoever registered them. What is as it was is not touched: it keeps its result, its times
    /// run on, and tags that are for others to say (EnableTagOverride) stay what they said.
    pub async fn register_defined_service(&self, registration: &Registration, again: bool) -> Result<(), CatalogError> {
        for asked in &registration.checks {
            self.permit_defined(&asked.definition.probe)?;
        }
        let before = self.own(Part::Service(&registration.service.id)).await?;
        let mut registration = registration.clone();
        let service = &mut registration.service;
        if let Some(present) = before.services.get(&service.id).map(|present| &present.value)
            && again
            && present.enable_tag_override
            && service.enable_tag_override
        {
            service.tags.clone_from(&present.tags);
        }
        let registered = self.put_service(&registration, false).await?;
        self.take_up_changed(&registered, &before.checks).await
    }

    /// Writes the instance with its checks; their IDs.
    async fn put_service(
        &self,
        registration: &Registration,
        replace_checks: bool,
    ) -> Result<Vec<CheckId>, CatalogError> {
        self.refuse_server(&registration.service.id)?;
        let invalid = |invalid: InvalidName| CatalogError::Refused { reason: format!("Invalid check: {invalid}") };
        let ids = registration.check_ids().map_err(invalid)?;
        ids.iter().try_for_each(refuse_health)?;
        let service = &with_tagged_addresses(registration.service.clone());
        let checks = ids.iter().zip(&registration.checks).map(|(id, asked)| wanted_check(service, id.clone(), asked));
        let registration = CatalogRegistration {
            node: NodeUpdate::Put((*self.node_entry()).clone()),
            service: Some(service.clone()),
            checks: checks.collect(),
            replace_checks,
            owner: Owner::Agent,
        };
        self.catalog.register(registration).await?;
        Ok(ids)
    }

    /// The service that stands for the server is its own: whoever put another in its place would take it out with it.
    fn refuse_server(&self, id: &ServiceId) -> Result<(), CatalogError> {
        match &self.config.server {
            Some(server) if server.id.folded() == id.folded() => {
                let reason = format!("Service ID {id} is the server's own: another ID would be right");
                Err(CatalogError::Refused { reason })
            }
            _ => Ok(()),
        }
    }
}

/// An instance with an IP address of its own carries it as its `lan` and `wan` address too, as Consul's agent adds them.
fn with_tagged_addresses(mut service: Service) -> Service {
    let kinds = match service.address.parse() {
        Ok(IpAddr::V4(_)) => ["lan_ipv4", "wan_ipv4"],
        Ok(IpAddr::V6(_)) => ["lan_ipv6", "wan_ipv6"],
        Err(_) => return service,
    };
    for kind in kinds {
        let own = ServiceAddress { address: Arc::clone(&service.address), port: service.port };
        service.tagged_addresses.entry(Arc::from(kind)).or_insert(own);
    }
    service
}

fn wanted_check(service: &Service, id: CheckId, asked: &CheckRegistration) -> CatalogCheck {
    let name = asked.name.clone().unwrap_or_else(|| Arc::from(format!("Service '{}' check", service.name)));
    let check = Check {
        id,
        name,
        status: asked.status.clone().unwrap_or(CheckStatus::Critical),
        notes: Arc::clone(&asked.notes),
        output: Arc::from(""),
        service_id: Some(service.id.clone()),
        kind: Arc::from(asked.definition.probe.kind()),
        definition: Some(Arc::new(asked.definition.clone())),
    };
    CatalogCheck { check, keep_result: true }
}

impl LocalAgent for Agent {
    fn register<'a>(&'a self, registration: &'a Registration) -> Pending<'a, Result<(), CatalogError>> {
        Box::pin(self.register_service(registration, false))
    }

    fn deregister<'a>(&'a self, service: &'a ServiceId) -> Pending<'a, Result<(), CatalogError>> {
        Box::pin(async move {
            let entries = self.own(Part::Service(service)).await?;
            if !entries.services.contains_key(service) {
                return Err(CatalogError::NotFound { reason: unknown_service(service.as_str()) });
            }
            let target = CatalogDeregistration::Service(self.node().clone(), service.clone());
            self.catalog.deregister(target).await?;
            for check in entries.checks.keys() {
                self.let_go(check);
            }
            Ok(())
        })
    }

    fn services(&self) -> Pending<'_, Result<BTreeMap<ServiceId, Service>, CatalogError>> {
        Box::pin(async move {
            let entries = self.entries().await?;
            Ok(entries.services.into_iter().map(|(id, service)| (id, (*service.value).clone())).collect())
        })
    }

    fn checks(&self) -> Pending<'_, Result<BTreeSet<CheckId>, CatalogError>> {
        Box::pin(async move { Ok(self.entries().await?.checks.into_keys().collect()) })
    }

    fn report<'a>(
        &'a self,
        check: &'a CheckId,
        status: CheckStatus,
        output: &'a str,
    ) -> Pending<'a, Result<(), CatalogError>> {
        Box::pin(self.report_ttl(check, status, output))
    }

    fn ping(&self) -> Pending<'_, Result<(), CatalogError>> {
        Box::pin(async { Ok(()) })
    }

    fn history(&self, _: Option<Index>) -> Pending<'_, Result<Index, CatalogError>> {
        Box::pin(std::future::pending())
    }
}

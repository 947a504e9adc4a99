//! Registering on this node.

use std::collections::{BTreeMap, BTreeSet};

use muster_catalog::{
    CatalogDeregistration, CatalogError, CatalogRegistration, LocalAgent, NodeUpdate, Owner, Part, Pending,
    Registration,
};
use muster_model::{CheckId, CheckStatus, Index, Service, ServiceId};

use crate::{Agent, unknown_service};

impl Agent {
    /// Registers; with `replace_checks`, the instance's checks that the registration does not name go.
    pub async fn register_service(
        &self,
        registration: &Registration,
        replace_checks: bool,
    ) -> Result<(), CatalogError> {
        for asked in &registration.checks {
            self.rules().permit(&asked.definition.probe)?;
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
            self.rules().permit_defined(&asked.definition.probe)?;
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
        let (service, checks) = self.rules().service(registration)?;
        let ids = checks.iter().map(|wanted| wanted.check.id.clone()).collect();
        let registration = CatalogRegistration {
            node: NodeUpdate::Put((*self.node_entry()).clone()),
            service: Some(service),
            checks,
            replace_checks,
            owner: Owner::Agent,
        };
        self.catalog.register(registration).await?;
        Ok(ids)
    }
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

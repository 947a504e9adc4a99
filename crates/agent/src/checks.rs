//! Checks that are registered on their own, and reports of TTL checks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use muster_catalog::{CatalogCheck, CatalogDeregistration, CatalogError, CatalogRegistration, NodeUpdate, Owner, Part};
use muster_model::{Check, CheckId, CheckStatus, Indexed};

use crate::rules::{missing_service, refuse_health};
use crate::table::Verdict;
use crate::{Agent, unknown_check};

impl Agent {
    /// Adds a check on the node or on one of its instances. One that is there keeps its result.
    pub async fn register_check(&self, check: Check) -> Result<(), CatalogError> {
        if let Some(definition) = &check.definition {
            self.rules().permit(&definition.probe)?;
        }
        let id = check.id.clone();
        self.add_check(check).await?;
        self.take_up(&self.check(&id).await?.value);
        Ok(())
    }

    /// Adds a check that a file of the agent's own configuration defines. One that is as it was is not touched.
    pub async fn register_defined_check(&self, check: Check) -> Result<(), CatalogError> {
        self.rules().defined_check(&check)?;
        let id = check.id.clone();
        let before = self.own(Part::Check(&id)).await?.checks;
        self.add_check(check).await?;
        self.take_up_changed(&[id], &before).await
    }

    /// Sees to checks that are others than before. The rest goes on: a reload that changes nothing must not give a
    /// TTL check that nobody reports a new term.
    pub(crate) async fn take_up_changed(
        &self,
        registered: &[CheckId],
        before: &BTreeMap<CheckId, Indexed<Arc<Check>>>,
    ) -> Result<(), CatalogError> {
        for id in registered {
            // Whoever removed it meanwhile is right.
            let Some(check) = self.own(Part::Check(id)).await?.checks.remove(id) else { continue };
            let check = &check.value;
            let same = before.get(&check.id).is_some_and(|before| {
                before.value.definition == check.definition && before.value.service_id == check.service_id
            });
            if !same || !self.table.has(&check.id) {
                self.take_up(check);
            }
        }
        Ok(())
    }

    async fn add_check(&self, mut check: Check) -> Result<(), CatalogError> {
        refuse_health(&check.id)?;
        if let Some(service) = &check.service_id
            && !self.own(Part::Service(service)).await?.services.contains_key(service)
        {
            return Err(missing_service(service));
        }
        if let Some(definition) = &check.definition {
            check.kind = Arc::from(definition.probe.kind());
        }
        self.put_check(check, true).await
    }

    /// Removes a check that was registered on this node.
    pub async fn deregister_check(&self, id: &CheckId) -> Result<(), CatalogError> {
        self.check(id).await?;
        let target = CatalogDeregistration::Check(self.node().clone(), id.clone());
        self.catalog.deregister(target).await?;
        self.let_go(id);
        Ok(())
    }

    /// Takes a TTL check's report. Equal status: the time starts anew and nothing is written.
    pub(crate) async fn report_ttl(&self, id: &CheckId, status: CheckStatus, output: &str) -> Result<(), CatalogError> {
        if !self.table.is_ttl(id) {
            self.check(id).await?;
            let reason = format!("CheckID {:?} does not have associated TTL", id.as_str());
            return Err(CatalogError::Refused { reason });
        }
        let most = self.table.output_max_bytes(id).unwrap_or(self.config.probes.output_max_bytes);
        let output: Arc<str> = self.kept(Arc::from(kept_output(output, most)));
        let unknown = || CatalogError::NotFound { reason: unknown_check(id.as_str()) };
        match self.table.found(id, &status, &output) {
            Verdict::Hold => Ok(()),
            Verdict::Unknown => Err(unknown()),
            Verdict::Write => match self.write_result(id, &status, &output).await {
                Err(CatalogError::NotFound { .. }) => Err(unknown()),
                told => told,
            },
        }
    }

    /// What is kept of an output.
    pub(crate) fn kept(&self, output: Arc<str>) -> Arc<str> {
        if self.discard_output.load(Ordering::Relaxed) { Arc::from("") } else { output }
    }

    pub(crate) async fn put_check(&self, check: Check, keep_result: bool) -> Result<(), CatalogError> {
        let registration = CatalogRegistration {
            node: NodeUpdate::Put((*self.node_entry()).clone()),
            service: None,
            checks: vec![CatalogCheck { check, keep_result }],
            replace_checks: false,
            owner: Owner::Agent,
        };
        self.catalog.register(registration).await
    }
}

/// The first bytes of a report, with Consul's remark when some are missing.
fn kept_output(output: &str, most: usize) -> String {
    if output.len() <= most {
        return output.to_owned();
    }
    let end = (0..=most).rev().find(|end| output.is_char_boundary(*end)).unwrap_or(0);
    format!("{} ... (captured {most} of {} bytes)", &output[..end], output.len())
}

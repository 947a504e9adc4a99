//! The catalog's commands: registration and results.

use std::sync::Arc;

use muster_catalog::{CatalogCheck, CatalogRegistration, NodeUpdate};
use muster_model::{CheckId, CheckStatus, Index, NodeName};

use super::{Changes, NameRecord, NodeRecord, State};
use crate::command::{Outcome, Rejection};

impl State {
    /// Adds or changes a node, an instance and checks in one step. What is the same already moves no index.
    pub(super) fn register(
        &mut self,
        registration: &CatalogRegistration,
        index: Index,
        changes: &mut Changes,
    ) -> Result<Outcome, Rejection> {
        let node = registration.node.name().folded();
        // The one that the tables have already, so that they share it.
        let node = self.nodes.get_key_value(&node).map_or(node, |(known, _)| Arc::clone(known));
        self.may_register(&node, registration)?;
        if let NodeUpdate::Put(wanted) = &registration.node {
            self.put_node(&node, wanted, registration.owner, index, changes)?;
        }
        if let Some(service) = &registration.service {
            self.put_service(&node, service, registration.owner, index, changes);
            if registration.replace_checks {
                self.drop_other_checks(&node, service, &registration.checks, index, changes);
            }
        }
        for wanted in &registration.checks {
            self.put_check(&node, wanted, registration.owner, index, changes)?;
        }
        Ok(Outcome::Done)
    }

    /// Whether nothing stands in its way, before anything is changed.
    fn may_register(&self, node: &Arc<str>, registration: &CatalogRegistration) -> Result<(), Rejection> {
        match &registration.node {
            NodeUpdate::Put(wanted) => self.may_put_node(node, wanted, registration.owner)?,
            NodeUpdate::Keep(_) => {
                // A node that is kept as it is, with nothing on it, is nothing to do.
                let nothing = registration.service.is_none() && registration.checks.is_empty();
                if !nothing && !self.nodes.contains_key(node) {
                    return Err(Rejection::MissingNode);
                }
            }
        }
        let present = self.nodes.get(node);
        for wanted in &registration.checks {
            let Some(service) = &wanted.check.service_id else { continue };
            let id = service.folded();
            let comes = registration.service.as_ref().is_some_and(|service| service.id.folded() == id);
            if !comes && !present.is_some_and(|record| record.services.contains_key(&id)) {
                return Err(Rejection::UnknownService { service: service.clone(), check: wanted.check.id.clone() });
            }
        }
        Ok(())
    }

    /// Sets a check's result.
    pub(super) fn report(
        &mut self,
        node: &NodeName,
        check: &CheckId,
        status: &CheckStatus,
        output: &Arc<str>,
        index: Index,
        changes: &mut Changes,
    ) -> Result<Outcome, Rejection> {
        let node = node.folded();
        let record = self.nodes.get(&node).and_then(|record| record.checks.get(&check.folded()));
        let Some(record) = record else { return Err(Rejection::UnknownCheck(check.clone())) };
        let mut wanted = (*record.check.value).clone();
        wanted.status = status.clone();
        wanted.output = Arc::clone(output);
        let owner = record.owner;
        self.put_check(&node, &CatalogCheck { check: wanted, keep_result: false }, owner, index, changes)?;
        Ok(Outcome::Done)
    }

    pub(super) fn change_node(&mut self, key: &Arc<str>, change: impl FnOnce(&mut NodeRecord)) {
        if let Some(record) = self.nodes.get_mut(key) {
            change(Arc::make_mut(record));
        }
    }

    pub(super) fn change_name(&mut self, name: &Arc<str>, change: impl FnOnce(&mut NameRecord)) {
        if let Some(record) = self.names.get_mut(name) {
            change(Arc::make_mut(record));
        }
    }
}

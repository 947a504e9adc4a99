//! Deregistration, and what it does not take: what a live node's own agent has.
//!
//! An agent of Consul's puts back within a minute what others change of its entries in the catalog. Here the registry is
//! where it keeps them, so they are not changed in the first place.

use std::sync::Arc;

use muster_catalog::{CatalogDeregistration, Owner};
use muster_model::{CheckId, Index, NodeName, ServiceId};

use super::{Changes, State};

impl State {
    /// Removes a node, an instance or a check with all that hangs on it; removing nothing succeeds.
    pub(super) fn deregister(&mut self, target: &CatalogDeregistration, index: Index, changes: &mut Changes) {
        match target {
            CatalogDeregistration::Node(name) => self.drop_node(&name.folded(), index, changes),
            CatalogDeregistration::Service(node, id) => {
                self.drop_service(&node.folded(), &id.folded(), index, changes);
            }
            CatalogDeregistration::Check(node, id) => self.drop_check(&node.folded(), &id.folded(), index, changes),
        }
    }

    /// The same for one who owns nothing.
    pub(super) fn catalog_deregister(&mut self, target: &CatalogDeregistration, index: Index, changes: &mut Changes) {
        match target {
            CatalogDeregistration::Node(name) => self.drop_others_of_node(name, index, changes),
            CatalogDeregistration::Service(node, id) => self.drop_others_service(node, id, index, changes),
            CatalogDeregistration::Check(node, id) => self.drop_others_check(node, id, index, changes),
        }
    }

    /// Whether `writer` leaves alone what `holder` has on a node.
    pub(super) fn is_kept(&self, node: &Arc<str>, holder: Owner, writer: Owner) -> bool {
        writer == Owner::Catalog && holder != Owner::Catalog && self.has_live_agent(node) && self.allows_keeping()
    }

    /// Whether a node's agent answers.
    pub(super) fn has_live_agent(&self, node: &Arc<str>) -> bool {
        self.leases.get(node).is_some_and(|lease| !lease.lapsed)
    }

    /// A node with a live agent stays, with what that has; all else on it goes.
    pub(super) fn drop_others_of_node(&mut self, node: &NodeName, index: Index, changes: &mut Changes) {
        let key = node.folded();
        let Some(record) = self.nodes.get(&key).cloned() else { return };
        if !self.is_kept(&key, Owner::Agent, Owner::Catalog) {
            return self.drop_node(&key, index, changes);
        }
        for service in record.services.values().filter(|service| service.owner == Owner::Catalog) {
            self.drop_service(&key, &service.service.value.id.folded(), index, changes);
        }
        for (id, _) in record.checks.iter().filter(|(_, check)| check.owner == Owner::Catalog) {
            self.drop_check(&key, id, index, changes);
        }
    }

    pub(super) fn drop_others_service(&mut self, node: &NodeName, id: &ServiceId, index: Index, changes: &mut Changes) {
        let (node, id) = (node.folded(), id.folded());
        let holder = self.nodes.get(&node).and_then(|record| record.services.get(&id)).map(|record| record.owner);
        if !holder.is_some_and(|holder| self.is_kept(&node, holder, Owner::Catalog)) {
            self.drop_service(&node, &id, index, changes);
        }
    }

    pub(super) fn drop_others_check(&mut self, node: &NodeName, id: &CheckId, index: Index, changes: &mut Changes) {
        let (node, id) = (node.folded(), id.folded());
        let holder = self.nodes.get(&node).and_then(|record| record.checks.get(&id)).map(|record| record.owner);
        if !holder.is_some_and(|holder| self.is_kept(&node, holder, Owner::Catalog)) {
            self.drop_check(&node, &id, index, changes);
        }
    }
}

//! Reading the catalog in place, without copies: for front ends that answer many small questions.

use muster_model::{Check, Index, Node, Service};
use std::sync::Arc;

use crate::state::{NodeRecord, ServiceRecord, State};

/// An instance as it stands in a state.
#[derive(Debug, Clone, Copy)]
pub struct InstanceView<'a> {
    node: &'a NodeRecord,
    service: &'a ServiceRecord,
}

impl<'a> InstanceView<'a> {
    /// Its node.
    pub fn node(&self) -> &'a Arc<Node> {
        &self.node.node.value
    }

    /// Itself.
    pub fn service(&self) -> &'a Arc<Service> {
        &self.service.service.value
    }

    /// Its node's checks and its own.
    pub fn checks(&self) -> impl Iterator<Item = &'a Check> + use<'a> {
        let node = self.node;
        let own = self.service.checks.iter().filter_map(|id| node.checks.get(id));
        node.node_checks().chain(own).map(|record| &*record.check.value)
    }
}

impl State {
    /// The last change of a service's instances, their nodes or their checks; none: it has no instance.
    pub fn health_index(&self, folded: &str) -> Option<Index> {
        self.names.get(folded).map(|record| record.health_index.max(self.restored))
    }

    /// A service's instances by its folded name; by node, then ID.
    pub fn instance_views<'a>(&'a self, folded: &str) -> impl Iterator<Item = InstanceView<'a>> + use<'a> {
        let record = self.names.get(folded);
        record.into_iter().flat_map(|record| record.instances.iter()).filter_map(|(key, service)| {
            let node = self.nodes.get(&key.node)?;
            Some(InstanceView { node, service })
        })
    }

    /// A node by its folded name.
    pub fn node(&self, folded: &str) -> Option<&Arc<Node>> {
        self.nodes.get(folded).map(|record| &record.node.value)
    }

    /// The first node that `wanted` takes, by name.
    pub fn find_node(&self, wanted: impl Fn(&Node) -> bool) -> Option<&Arc<Node>> {
        self.nodes.values().map(|record| &record.node.value).find(|node| wanted(node))
    }

    /// The first instance that `wanted` takes, by node and ID.
    pub fn find_instance(&self, wanted: impl Fn(&Service) -> bool) -> Option<&Arc<Service>> {
        let all = self.nodes.values().flat_map(|record| record.services.values());
        all.map(|record| &record.service.value).find(|service| wanted(service))
    }
}

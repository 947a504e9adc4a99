//! Rows of the tables. Records are shared between the tables that list them.

use std::sync::Arc;

use imbl::OrdMap;
use muster_catalog::Owner;
use muster_model::{Check, Index, Indexed, Node, Service, ServiceName};

/// A node with what is registered on it.
#[derive(Debug, Clone)]
pub(crate) struct NodeRecord {
    pub(crate) node: Indexed<Arc<Node>>,
    /// By folded service ID.
    pub(crate) services: OrdMap<Arc<str>, Arc<ServiceRecord>>,
    /// All checks of the node and of its services, by folded check ID.
    pub(crate) checks: OrdMap<Arc<str>, Arc<CheckRecord>>,
    /// The IDs of the checks of the node itself, folded, in order.
    pub(crate) own_checks: Vec<Arc<str>>,
    /// The last change of the node itself or of its services.
    pub(crate) services_index: Index,
    /// The last change of any of its checks.
    pub(crate) checks_index: Index,
}

impl NodeRecord {
    pub(crate) fn new(node: Indexed<Arc<Node>>) -> Self {
        let index = node.modified;
        Self {
            node,
            services: OrdMap::new(),
            checks: OrdMap::new(),
            own_checks: Vec::new(),
            services_index: index,
            checks_index: index,
        }
    }

    /// The checks of the node itself, by ID.
    pub(crate) fn node_checks(&self) -> impl Iterator<Item = &Arc<CheckRecord>> {
        self.own_checks.iter().filter_map(|id| self.checks.get(id))
    }

    /// Adds or replaces a check under its folded ID.
    pub(crate) fn put_check(&mut self, key: Arc<str>, record: CheckRecord) {
        if record.check.value.service_id.is_none()
            && let Err(place) = self.own_checks.binary_search(&key)
        {
            self.own_checks.insert(place, Arc::clone(&key));
        }
        self.checks.insert(key, Arc::new(record));
    }

    /// Takes a check out.
    pub(crate) fn remove_check(&mut self, key: &Arc<str>) {
        self.own_checks.retain(|id| id != key);
        self.checks.remove(key);
    }
}

/// An instance.
#[derive(Debug, Clone)]
pub(crate) struct ServiceRecord {
    pub(crate) service: Indexed<Arc<Service>>,
    pub(crate) owner: Owner,
    /// The IDs of its checks, folded, in order.
    pub(crate) checks: Vec<Arc<str>>,
}

/// A check.
#[derive(Debug, Clone)]
pub(crate) struct CheckRecord {
    pub(crate) check: Indexed<Arc<Check>>,
    pub(crate) owner: Owner,
}

/// A service name with its instances on all nodes.
#[derive(Debug, Clone)]
pub(crate) struct NameRecord {
    /// As the latest registration spelled it.
    pub(crate) name: ServiceName,
    pub(crate) instances: OrdMap<Arc<InstanceKey>, Arc<ServiceRecord>>,
    /// How many instances carry each tag.
    pub(crate) tags: OrdMap<Arc<str>, u32>,
    /// The last change of an instance or its node.
    pub(crate) service_index: Index,
    /// The last change of an instance, its node or its checks.
    pub(crate) health_index: Index,
    /// The last change of its instances' own checks.
    pub(crate) checks_index: Index,
}

impl NameRecord {
    /// Counts the tags of one instance more.
    pub(crate) fn add_tags(&mut self, tags: &[Arc<str>]) {
        for tag in tags {
            let count = self.tags.get(tag).copied().unwrap_or(0);
            self.tags.insert(Arc::clone(tag), count + 1);
        }
    }

    /// Counts the tags of one instance less; a tag that nobody has is gone.
    pub(crate) fn remove_tags(&mut self, tags: &[Arc<str>]) {
        for tag in tags {
            match self.tags.get(tag).copied().unwrap_or(0) {
                0 | 1 => {
                    self.tags.remove(tag);
                }
                count => {
                    self.tags.insert(Arc::clone(tag), count - 1);
                }
            }
        }
    }
}

/// Where an instance stands; orders answers by node, then instance ID.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct InstanceKey {
    /// Folded node name.
    pub(crate) node: Arc<str>,
    /// Folded service ID.
    pub(crate) service: Arc<str>,
}

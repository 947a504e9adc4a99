//! Reading the catalog and its health.

use std::sync::Arc;

use muster_catalog::{Instance, NodeEntries, NodeHealth, Owner, Part, ServiceTags};
use muster_model::{CheckStatus, Index, Indexed, Node, Service};

use super::{Answer, CheckRow};
use crate::state::{CheckRecord, InstanceKey, NameRecord, NodeRecord, ServiceRecord, State, Topic};

/// A node with its services, by ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeServices {
    /// The node.
    pub node: Indexed<Arc<Node>>,
    /// Its instances, by folded ID.
    pub services: Vec<Indexed<Arc<Service>>>,
}

/// All services' names, each with the tags of its instances.
pub type ServiceNames = Vec<ServiceTags>;

impl State {
    /// All nodes, by name.
    pub fn all_nodes(&self) -> Answer<Vec<Indexed<Arc<Node>>>> {
        self.answer(self.indexes.nodes, self.nodes.values().map(|record| record.node.clone()).collect())
    }

    /// Whether there is such a node.
    pub fn has_node(&self, node: &str) -> bool {
        self.nodes.contains_key(&*node.to_lowercase())
    }

    /// All services' names with their tags, by name.
    pub fn all_services(&self) -> Answer<ServiceNames> {
        let list = self
            .names
            .values()
            .map(|record| ServiceTags { name: record.name.clone(), tags: record.tags.keys().cloned().collect() });
        self.answer(self.indexes.services, list.collect())
    }

    /// The services of the instances that `wanted` picks; any change of a node or service counts.
    pub fn services_with(&self, wanted: impl Fn(&Node, &Service) -> bool) -> Answer<ServiceNames> {
        let mut list = Vec::new();
        let mut index = self.indexes.services.max(self.indexes.nodes);
        for record in self.names.values() {
            index = index.max(record.service_index);
            let picked = record.instances.iter().filter(|(key, service)| {
                self.nodes.get(&key.node).is_some_and(|node| wanted(&node.node.value, &service.service.value))
            });
            let mut picked = picked.peekable();
            if picked.peek().is_none() {
                continue;
            }
            let mut tags: Vec<_> = picked.flat_map(|(_, service)| service.service.value.tags.clone()).collect();
            tags.sort();
            tags.dedup();
            list.push(ServiceTags { name: record.name.clone(), tags });
        }
        self.answer(index.max(self.indexes.service_gone), list)
    }

    /// What wakes those who wait for [`Self::services_with`]: the lists, and each service that there is now.
    pub fn services_with_topics(&self) -> Vec<Topic> {
        let each = self.names.keys().map(|name| Topic::Service(Arc::clone(name)));
        [Topic::Services, Topic::Nodes].into_iter().chain(each).collect()
    }

    /// A service's instances with their nodes, without checks; by node, then ID.
    pub fn instances(&self, service: &str) -> Answer<Vec<Instance>> {
        self.instances_with(service, |record| record.service_index, |_, _| Vec::new())
    }

    /// A service's instances with their nodes and the checks of both; by node, then ID.
    pub fn healthy_or_not(&self, service: &str) -> Answer<Vec<Instance>> {
        self.instances_with(
            service,
            |record| record.health_index,
            |node, service| {
                let own = service.checks.iter().filter_map(|id| node.checks.get(id));
                node.node_checks().chain(own).map(|record| record.check.clone()).collect()
            },
        )
    }

    fn instances_with(
        &self,
        service: &str,
        index: impl Fn(&NameRecord) -> Index,
        checks: impl Fn(&NodeRecord, &ServiceRecord) -> Vec<Indexed<Arc<muster_model::Check>>>,
    ) -> Answer<Vec<Instance>> {
        let Some(record) = self.names.get(&*service.to_lowercase()) else {
            return self.answer(self.indexes.service_gone, Vec::new());
        };
        let list = record.instances.iter().filter_map(|(key, service)| {
            let node = self.nodes.get(&key.node)?;
            Some(Instance { node: node.node.clone(), service: service.service.clone(), checks: checks(node, service) })
        });
        self.answer(index(record), list.collect())
    }

    /// A node with its services.
    pub fn node_services(&self, node: &str) -> Answer<Option<NodeServices>> {
        match self.nodes.get(&*node.to_lowercase()) {
            None => self.answer(self.indexes.node_gone, None),
            Some(record) => {
                let services = record.services.values().map(|record| record.service.clone()).collect();
                self.answer(record.services_index, Some(NodeServices { node: record.node.clone(), services }))
            }
        }
    }

    /// The checks of a node and of its services, by ID.
    pub fn checks_of_node(&self, node: &str) -> Answer<Vec<CheckRow>> {
        match self.nodes.get(&*node.to_lowercase()) {
            None => self.answer(self.indexes.node_gone, Vec::new()),
            Some(record) => self.answer(record.checks_index, rows(record).collect()),
        }
    }

    /// The checks of a service's instances, by node, then check ID.
    pub fn checks_of_service(&self, service: &str) -> Answer<Vec<CheckRow>> {
        let Some(record) = self.names.get(&*service.to_lowercase()) else {
            return self.answer(self.indexes.service_gone, Vec::new());
        };
        let list = record.instances.iter().flat_map(|(key, service): (&Arc<InstanceKey>, _)| {
            let node = self.nodes.get(&key.node);
            service.checks.iter().filter_map(move |id| node.and_then(|node| row(node, id)))
        });
        self.answer(record.checks_index, list.collect())
    }

    /// All checks in `state` (`any`: in whatever state), by node, then check ID.
    pub fn checks_in(&self, state: &str) -> Answer<Vec<CheckRow>> {
        let index = match state {
            "passing" => self.indexes.by_status[0],
            "warning" => self.indexes.by_status[1],
            "critical" => self.indexes.by_status[2],
            _ => self.indexes.checks,
        };
        let all = self.nodes.values().flat_map(|record| rows(record));
        self.answer(index, all.filter(|row| state == "any" || row.check.value.status.as_str() == state).collect())
    }

    /// The instances and checks on `node`, by whomever; its index is the answer's.
    pub fn node_health(&self, node: &str) -> Answer<NodeHealth> {
        let Some(record) = self.nodes.get(&*node.to_lowercase()) else {
            return self.answer(self.indexes.node_gone, NodeHealth::default());
        };
        let services = record.services.iter().map(|(id, record)| (Arc::clone(id), record.owner));
        let checks = record.checks.values().map(|record| (record.owner, Arc::clone(&record.check.value)));
        let health = NodeHealth { index: Index(0), services: services.collect(), checks: checks.collect() };
        self.answer(record.services_index.max(record.checks_index), health)
    }

    /// What stands on `node` under `owner`, as much of it as `part` says.
    pub fn entries_of(&self, node: &str, owner: Owner, part: Part<'_>) -> NodeEntries {
        let Some(record) = self.nodes.get(&*node.to_lowercase()) else { return NodeEntries::default() };
        let mut entries = NodeEntries { node_meta: record.node.value.meta.clone(), ..NodeEntries::default() };
        let mut take_check = |check: &Arc<CheckRecord>| {
            if check.owner == owner {
                entries.checks.insert(check.check.value.id.clone(), check.check.clone());
            }
        };
        match part {
            Part::All => {
                record.checks.values().for_each(&mut take_check);
                let own = record.services.values().filter(|service| service.owner == owner);
                entries.services = own.map(|own| (own.service.value.id.clone(), own.service.clone())).collect();
            }
            Part::Check(id) => record.checks.get(&id.folded()).into_iter().for_each(&mut take_check),
            Part::Service(id) => {
                let Some(service) = record.services.get(&id.folded()) else { return entries };
                service.checks.iter().filter_map(|id| record.checks.get(id)).for_each(&mut take_check);
                if service.owner == owner {
                    entries.services.insert(service.service.value.id.clone(), service.service.clone());
                }
            }
        }
        entries
    }

    /// When a node or one of its instances last changed.
    pub fn node_index(&self, node: &str) -> Answer<()> {
        let record = self.nodes.get(&*node.to_lowercase());
        self.answer(record.map_or(self.indexes.node_gone, |record| record.services_index), ())
    }
}

/// Whether every check passes; an instance without checks does.
pub fn all_pass(checks: &[Indexed<Arc<muster_model::Check>>]) -> bool {
    checks.iter().all(|check| check.value.status == CheckStatus::Passing)
}

fn rows(record: &NodeRecord) -> impl Iterator<Item = CheckRow> + '_ {
    record.checks.keys().filter_map(|id| row(record, id))
}

/// A check of a node by its folded ID, with its service.
pub(crate) fn row(node: &NodeRecord, id: &Arc<str>) -> Option<CheckRow> {
    let check = node.checks.get(id)?.check.clone();
    let service = check.value.service_id.as_ref().and_then(|id| node.services.get(&id.folded()));
    let service = service.map(|record| Arc::clone(&record.service.value));
    Some(CheckRow { check, node: node.node.value.name.clone(), service })
}

//! Rules of instances, and the lists of names and tags that follow from them.

use std::sync::Arc;

use muster_catalog::{CatalogCheck, Owner};
use muster_model::{Index, Indexed, Service};

use super::{Changes, InstanceKey, NameRecord, ServiceRecord, State, Topic};

impl State {
    pub(super) fn put_service(
        &mut self,
        node: &Arc<str>,
        wanted: &Service,
        owner: Owner,
        index: Index,
        changes: &mut Changes,
    ) {
        let key = wanted.id.folded();
        let present = self.nodes.get(node).and_then(|record| record.services.get(&key)).cloned();
        let kept = present.as_ref().filter(|present| self.is_kept(node, present.owner, owner));
        if let Some(kept) = kept {
            let (own, holder) = (&kept.service.value, kept.owner);
            // Consul's EnableTagOverride: the tags are for others to say.
            if own.enable_tag_override && own.tags != wanted.tags {
                let wanted = Service { tags: wanted.tags.clone(), ..(**own).clone() };
                self.put_service(node, &wanted, holder, index, changes);
            }
            return;
        }
        let same = present.as_ref().is_some_and(|present| *present.service.value == *wanted);
        if let Some(present) = &present
            && same
            && present.owner == owner
        {
            return;
        }
        let (created, modified) = match &present {
            Some(present) if same => (present.service.created, present.service.modified),
            Some(present) => (present.service.created, index),
            None => (index, index),
        };
        let node_value = self.nodes.get(node).map(|record| Arc::clone(&record.node.value));
        let value = Arc::new(self.compact_service(node_value.as_deref(), wanted));
        let record = Arc::new(ServiceRecord {
            service: Indexed { value, created, modified },
            owner,
            checks: present.as_ref().map(|present| present.checks.clone()).unwrap_or_default(),
        });
        let old_name = present.as_ref().map(|present| present.service.value.name.folded());
        let before = self.listings([old_name.clone(), Some(wanted.name.folded())]);
        self.list_in_place_of(node, present.as_deref(), &record, index, !same, changes);
        if let Some(old_name) = &old_name {
            self.forget_if_empty(old_name, index);
        }
        self.touch_services_if_changed(before, !same, index, changes);
        self.change_node(node, |node_record| {
            node_record.services.insert(key, record);
            if !same {
                node_record.services_index = index;
            }
        });
        if !same {
            changes.touch(Topic::Node(Arc::clone(node)));
            if present.is_some_and(|present| !present.checks.is_empty()) {
                // A check's answer carries its service's name and tags.
                self.touch_checks_of_service(node, wanted, index, changes);
            }
        }
    }

    pub(super) fn touch_checks_of_service(
        &mut self,
        node: &Arc<str>,
        service: &Service,
        index: Index,
        changes: &mut Changes,
    ) {
        let Some(record) = self.nodes.get(node).and_then(|record| record.services.get(&service.id.folded())) else {
            return;
        };
        let ids = record.checks.clone();
        for id in ids {
            let Some(record) = self.nodes.get(node).and_then(|record| record.checks.get(&id)).cloned() else {
                continue;
            };
            self.touch_check(node, &record.check.value, index, changes);
        }
    }

    /// Puts an instance on the list of its name.
    pub(super) fn list_instance(
        &mut self,
        node: &Arc<str>,
        record: &Arc<ServiceRecord>,
        index: Index,
        changed: bool,
        changes: &mut Changes,
    ) {
        let service = &record.service.value;
        let name = service.name.folded();
        let key = Arc::new(InstanceKey { node: Arc::clone(node), service: service.id.folded() });
        let mut listed = match self.names.get(&name) {
            Some(present) => (**present).clone(),
            None => NameRecord {
                name: service.name.clone(),
                instances: Default::default(),
                tags: Default::default(),
                service_index: index,
                health_index: index,
                checks_index: index,
            },
        };
        listed.instances.insert(key, Arc::clone(record));
        listed.add_tags(&service.tags);
        if changed {
            listed.name = service.name.clone();
            listed.service_index = index;
            listed.health_index = index;
            changes.touch(Topic::Service(Arc::clone(&name)));
            changes.touch(Topic::Health(Arc::clone(&name)));
        }
        self.names.insert(name, Arc::new(listed));
    }

    /// Lists an instance's new record, be it there already, under that name or another.
    fn list_in_place_of(
        &mut self,
        node: &Arc<str>,
        before: Option<&ServiceRecord>,
        record: &Arc<ServiceRecord>,
        index: Index,
        changed: bool,
        changes: &mut Changes,
    ) {
        let name = record.service.value.name.folded();
        match before {
            Some(before) if before.service.value.name.folded() == name => {
                self.relist_instance(node, before, record, index, changed, changes);
            }
            Some(before) => {
                self.unlist_instance(node, before, index, changed, changes);
                self.list_instance(node, record, index, changed, changes);
            }
            None => self.list_instance(node, record, index, changed, changes),
        }
    }

    /// Puts an instance's new record in the place of the one before, under the same name.
    fn relist_instance(
        &mut self,
        node: &Arc<str>,
        before: &ServiceRecord,
        record: &Arc<ServiceRecord>,
        index: Index,
        changed: bool,
        changes: &mut Changes,
    ) {
        let (old, service) = (&before.service.value, &record.service.value);
        let name = service.name.folded();
        let key = Arc::new(InstanceKey { node: Arc::clone(node), service: service.id.folded() });
        let has_checks = !before.checks.is_empty();
        self.change_name(&name, |listed| {
            listed.instances.insert(key, Arc::clone(record));
            if old.tags != service.tags {
                listed.remove_tags(&old.tags);
                listed.add_tags(&service.tags);
            }
            if changed {
                listed.name = service.name.clone();
                listed.service_index = index;
                listed.health_index = index;
                if has_checks {
                    listed.checks_index = index;
                }
            }
        });
        if changed {
            if has_checks {
                changes.touch(Topic::ServiceChecks(Arc::clone(&name)));
            }
            changes.touch(Topic::Service(Arc::clone(&name)));
            changes.touch(Topic::Health(name));
        }
    }

    /// What the list of services says of these names.
    fn listings<const N: usize>(&self, names: [Option<Arc<str>>; N]) -> Vec<(Arc<str>, Option<Arc<NameRecord>>)> {
        names.into_iter().flatten().map(|name| (Arc::clone(&name), self.names.get(&name).cloned())).collect()
    }

    /// The list of services shows names and tags, nothing else. It moves with every instance all the same, as in Consul:
    /// clients take its index for that of all instances (Spring Cloud tells its listeners by it that there is something
    /// new). `instance`: one came, went or changed.
    fn touch_services_if_changed(
        &mut self,
        before: Vec<(Arc<str>, Option<Arc<NameRecord>>)>,
        instance: bool,
        index: Index,
        changes: &mut Changes,
    ) {
        let same = before.iter().all(|(name, before)| match (before, self.names.get(name)) {
            (None, None) => true,
            (Some(before), Some(after)) => before.name == after.name && before.tags.keys().eq(after.tags.keys()),
            _ => false,
        });
        if !same || (instance && self.counts_instances()) {
            self.indexes.services = index;
            changes.touch(Topic::Services);
        }
    }

    /// Drops a name that has no instance left, and notes when. Only after a changed instance is listed again: a
    /// change of the only instance is not the service's end.
    fn forget_if_empty(&mut self, name: &Arc<str>, index: Index) {
        if self.names.get(name).is_some_and(|listed| listed.instances.is_empty()) {
            self.names.remove(name);
            self.indexes.service_gone = index;
        }
    }

    /// Takes an instance off the list of its name.
    pub(super) fn unlist_instance(
        &mut self,
        node: &Arc<str>,
        record: &ServiceRecord,
        index: Index,
        changed: bool,
        changes: &mut Changes,
    ) {
        let service = &record.service.value;
        let name = service.name.folded();
        let Some(present) = self.names.get(&name) else { return };
        let mut listed = (**present).clone();
        listed.instances.remove(&InstanceKey { node: Arc::clone(node), service: service.id.folded() });
        listed.remove_tags(&service.tags);
        if changed {
            listed.service_index = index;
            listed.health_index = index;
            if !record.checks.is_empty() {
                listed.checks_index = index;
                changes.touch(Topic::ServiceChecks(Arc::clone(&name)));
            }
            changes.touch(Topic::Service(Arc::clone(&name)));
            changes.touch(Topic::Health(Arc::clone(&name)));
        }
        self.names.insert(name, Arc::new(listed));
    }

    pub(super) fn drop_service(&mut self, node: &Arc<str>, key: &Arc<str>, index: Index, changes: &mut Changes) {
        let Some(record) = self.nodes.get(node).and_then(|record| record.services.get(key)).cloned() else { return };
        for check in &record.checks {
            self.drop_check(node, check, index, changes);
        }
        let name = record.service.value.name.folded();
        let before = self.listings([Some(name.clone())]);
        self.unlist_instance(node, &record, index, true, changes);
        self.forget_if_empty(&name, index);
        self.touch_services_if_changed(before, true, index, changes);
        self.change_node(node, |node_record| {
            node_record.services.remove(key);
            node_record.services_index = index;
        });
        changes.touch(Topic::Node(Arc::clone(node)));
    }

    pub(super) fn drop_other_checks(
        &mut self,
        node: &Arc<str>,
        service: &Service,
        kept: &[CatalogCheck],
        index: Index,
        changes: &mut Changes,
    ) {
        let Some(record) = self.nodes.get(node).and_then(|record| record.services.get(&service.id.folded())) else {
            return;
        };
        let kept: Vec<_> = kept.iter().map(|wanted| wanted.check.id.folded()).collect();
        let gone: Vec<_> = record.checks.iter().filter(|id| !kept.contains(id)).cloned().collect();
        for id in gone {
            self.drop_check(node, &id, index, changes);
        }
    }

    /// Changes an instance's record in both tables that list it.
    pub(super) fn change_service(&mut self, node: &Arc<str>, key: &Arc<str>, change: impl FnOnce(&mut ServiceRecord)) {
        let Some(present) = self.nodes.get(node).and_then(|record| record.services.get(key)) else { return };
        let mut record = (**present).clone();
        change(&mut record);
        let record = Arc::new(record);
        let name = record.service.value.name.folded();
        let place = Arc::new(InstanceKey { node: Arc::clone(node), service: Arc::clone(key) });
        self.change_name(&name, |listed| {
            listed.instances.insert(place, Arc::clone(&record));
        });
        self.change_node(node, |listed| {
            listed.services.insert(Arc::clone(key), record);
        });
    }
}

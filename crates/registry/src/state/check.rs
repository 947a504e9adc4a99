//! Rules of checks.

use std::sync::Arc;

use muster_catalog::{CatalogCheck, Owner};
use muster_model::{Check, CheckStatus, Index, Indexed};

use super::compact::compact_check;
use super::{Changes, CheckRecord, State, Topic};
use crate::command::Rejection;

impl State {
    pub(super) fn put_check(
        &mut self,
        node: &Arc<str>,
        wanted: &CatalogCheck,
        owner: Owner,
        index: Index,
        changes: &mut Changes,
    ) -> Result<(), Rejection> {
        let mut check = wanted.check.clone();
        let Some(record) = self.nodes.get(node) else { return Err(Rejection::MissingNode) };
        if let Some(service) = &check.service_id
            && !record.services.contains_key(&service.folded())
        {
            return Err(Rejection::UnknownService { service: service.clone(), check: check.id });
        }
        let key = check.id.folded();
        let present = record.checks.get(&key).cloned();
        if let Some(present) = &present {
            if self.is_kept(node, present.owner, owner) {
                return Ok(());
            }
            if wanted.keep_result {
                check.status = present.check.value.status.clone();
                check.output = Arc::clone(&present.check.value.output);
            }
            if *present.check.value == check && present.owner == owner {
                return Ok(());
            }
            if present.check.value.service_id != check.service_id {
                self.take_check(node, &key, index, changes);
            }
        }
        let same = present.as_ref().is_some_and(|present| *present.check.value == check);
        if let Some(present) = &present {
            // It leaves the list of its old status.
            if !same {
                self.touch_status(&present.check.value.status, index, changes);
            }
        }
        let (created, modified) = match &present {
            Some(present) if same => (present.check.created, present.check.modified),
            Some(present) => (present.check.created, index),
            None => (index, index),
        };
        let service = self.nodes.get(node).zip(check.service_id.as_ref());
        let service = service.and_then(|(record, id)| record.services.get(&id.folded()));
        let check = Arc::new(compact_check(service.map(|service| &*service.service.value), check));
        let record = CheckRecord { check: Indexed { value: Arc::clone(&check), created, modified }, owner };
        self.change_node(node, |node_record| node_record.put_check(Arc::clone(&key), record));
        self.attach_check(node, &check, key);
        if !same {
            self.touch_check(node, &check, index, changes);
        }
        if check.status == CheckStatus::Critical {
            self.end_sessions_tied_to(node, &check.id.folded(), index, changes);
        }
        Ok(())
    }

    /// Notes a check at its instance.
    pub(super) fn attach_check(&mut self, node: &Arc<str>, check: &Check, key: Arc<str>) {
        let Some(service) = &check.service_id else { return };
        let present = self.nodes.get(node).and_then(|record| record.services.get(&service.folded()));
        if present.is_some_and(|present| present.checks.binary_search(&key).is_ok()) {
            return;
        }
        self.change_service(node, &service.folded(), |record| {
            if let Err(place) = record.checks.binary_search(&key) {
                record.checks.reserve_exact(1);
                record.checks.insert(place, key);
            }
        });
    }

    /// A check changed: its node's list, its instance's name, or, for a node's check, every service there.
    pub(super) fn touch_check(&mut self, node: &Arc<str>, check: &Check, index: Index, changes: &mut Changes) {
        self.indexes.checks = index;
        changes.touch(Topic::Checks);
        self.touch_status(&check.status, index, changes);
        self.change_node(node, |record| record.checks_index = index);
        changes.touch(Topic::NodeChecks(Arc::clone(node)));
        match &check.service_id {
            None => self.touch_services_of(node, index, false, changes),
            Some(id) => {
                let service = self.nodes.get(node).and_then(|record| record.services.get(&id.folded()));
                let Some(name) = service.map(|service| service.service.value.name.folded()) else { return };
                self.change_name(&name, |record| {
                    record.health_index = index;
                    record.checks_index = index;
                });
                changes.touch(Topic::Health(Arc::clone(&name)));
                changes.touch(Topic::ServiceChecks(name));
            }
        }
    }

    pub(super) fn touch_status(&mut self, status: &CheckStatus, index: Index, changes: &mut Changes) {
        let (slot, word) = match status {
            CheckStatus::Passing => (0, "passing"),
            CheckStatus::Warning => (1, "warning"),
            CheckStatus::Critical => (2, "critical"),
            CheckStatus::Other(_) => return,
        };
        self.indexes.by_status[slot] = index;
        changes.touch(Topic::ChecksIn(word));
    }

    pub(super) fn drop_check(&mut self, node: &Arc<str>, key: &Arc<str>, index: Index, changes: &mut Changes) {
        self.take_check(node, key, index, changes);
        self.end_sessions_tied_to(node, key, index, changes);
    }

    /// Takes a check out; sessions that are tied to it stay.
    fn take_check(&mut self, node: &Arc<str>, key: &Arc<str>, index: Index, changes: &mut Changes) {
        let Some(record) = self.nodes.get(node).and_then(|record| record.checks.get(key)).cloned() else { return };
        // First what it touches, while it is still known where it hangs.
        self.touch_check(node, &record.check.value, index, changes);
        self.change_node(node, |node_record| node_record.remove_check(key));
        if let Some(service) = &record.check.value.service_id {
            self.change_service(node, &service.folded(), |record| record.checks.retain(|id| id != key));
        }
    }
}

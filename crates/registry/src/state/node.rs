//! Rules of nodes.

use std::sync::Arc;

use muster_catalog::Owner;
use muster_model::{CheckStatus, Index, Indexed, Node};

use super::{Changes, NodeRecord, State, Topic};
use crate::command::Rejection;

impl State {
    pub(super) fn put_node(
        &mut self,
        key: &Arc<str>,
        wanted: &Node,
        owner: Owner,
        index: Index,
        changes: &mut Changes,
    ) -> Result<(), Rejection> {
        self.may_put_node(key, wanted, owner)?;
        // Of its own node an agent says what it is.
        if self.nodes.contains_key(key) && self.is_kept(key, Owner::Server, owner) {
            return Ok(());
        }
        let renamed = self.renamed_from(key, wanted).cloned();
        if let Some(from) = &renamed {
            self.leave_old_name(from, index, changes);
        }
        self.put_node_value(key, wanted, renamed.as_ref().map(|from| from.node.created), index, changes);
        if let Some(from) = &renamed {
            self.bring_along(from, wanted, index, changes)?;
        }
        Ok(())
    }

    /// `created`: that of the node whose place it takes, or its own.
    fn put_node_value(
        &mut self,
        key: &Arc<str>,
        wanted: &Node,
        created: Option<Index>,
        index: Index,
        changes: &mut Changes,
    ) {
        let Some(present) = self.nodes.get(key) else {
            let created = created.unwrap_or(index);
            let node = Indexed { value: Arc::new(wanted.clone()), created, modified: index };
            self.note_id(key, wanted);
            self.nodes.insert(Arc::clone(key), Arc::new(NodeRecord::new(node)));
            self.touch_node_list(key, index, changes);
            return;
        };
        let holder = &present.node.value;
        let mut wanted = wanted.clone();
        if wanted.id.is_empty() {
            wanted.id = Arc::clone(&holder.id);
        }
        if **holder == wanted {
            return;
        }
        let created = created.unwrap_or(present.node.created);
        let respelled = holder.name != wanted.name && self.allows_renaming();
        self.replace_node(key, Indexed { value: Arc::new(wanted), created, modified: index });
        self.change_node(key, |record| record.services_index = index);
        self.touch_node_list(key, index, changes);
        self.touch_services_of(key, index, true, changes);
        if respelled {
            self.touch_checks_of(key, index, changes);
        }
    }

    /// The rows of a node's checks say its name as it is spelled.
    fn touch_checks_of(&mut self, key: &Arc<str>, index: Index, changes: &mut Changes) {
        let Some(record) = self.nodes.get(key).cloned() else { return };
        for check in record.checks.values() {
            self.touch_check(key, &check.check.value, index, changes);
        }
    }

    /// The name of a live node is not taken by one of another ID; one without an ID gives way to a new node, but not to
    /// one that only changes its name.
    pub(super) fn may_put_node(&self, key: &Arc<str>, wanted: &Node, owner: Owner) -> Result<(), Rejection> {
        let from = self.renamed_from(key, wanted);
        if let Some(from) = from {
            self.may_rename(from, wanted, owner)?;
        }
        let Some(present) = self.nodes.get(key) else { return Ok(()) };
        let holder = &present.node.value;
        let gives_way = holder.id.is_empty() && from.is_none();
        if gives_way || wanted.id.is_empty() || holder.id == wanted.id || !is_live(present) {
            return Ok(());
        }
        Err(Rejection::NodeNameReserved {
            id: Arc::clone(&wanted.id),
            renamed_at: from.map(|_| Arc::clone(&wanted.address)),
            name: holder.name.clone(),
            holder: Arc::clone(&holder.id),
            address: Arc::clone(&holder.address),
        })
    }

    pub(super) fn touch_node_list(&mut self, key: &Arc<str>, index: Index, changes: &mut Changes) {
        self.indexes.nodes = index;
        changes.touch(Topic::Nodes);
        changes.touch(Topic::Node(Arc::clone(key)));
    }

    /// A change of a node (or, with `catalog` false, of its own checks) is a change of every service on it.
    pub(super) fn touch_services_of(&mut self, node: &Arc<str>, index: Index, catalog: bool, changes: &mut Changes) {
        let Some(record) = self.nodes.get(node) else { return };
        let names: Vec<_> = record.services.values().map(|service| service.service.value.name.folded()).collect();
        for name in names {
            self.change_name(&name, |record| {
                record.health_index = index;
                if catalog {
                    record.service_index = index;
                }
            });
            if catalog {
                changes.touch(Topic::Service(Arc::clone(&name)));
            }
            changes.touch(Topic::Health(name));
        }
    }

    pub(super) fn drop_node(&mut self, key: &Arc<str>, index: Index, changes: &mut Changes) {
        let Some(record) = self.nodes.get(key).cloned() else { return };
        self.end_sessions_on(key, index, changes);
        for service in record.services.keys() {
            self.drop_service(key, service, index, changes);
        }
        for check in record.checks.keys() {
            self.drop_check(key, check, index, changes);
        }
        self.nodes.remove(key);
        self.forget_id(key, &record.node.value);
        self.indexes.node_gone = index;
        self.touch_node_list(key, index, changes);
        changes.touch(Topic::NodeChecks(Arc::clone(key)));
    }
}

/// A node whose agent answers: its `serfHealth` check is there and not critical.
fn is_live(record: &NodeRecord) -> bool {
    let health = record.checks.get("serfhealth");
    health.is_some_and(|record| record.check.value.status != CheckStatus::Critical)
}

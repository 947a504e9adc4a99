//! Nodes by ID: a node that comes under another name keeps its ID and is the same node, renamed.

use std::sync::Arc;

use muster_catalog::{NodeUpdate, Owner};
use muster_model::{Index, Indexed, Node};

use super::replace::registrations;
use super::{Changes, NodeRecord, State, Timer, TimerChange};
use crate::command::Rejection;

impl State {
    /// The key of the node that has an ID. IDs are compared without case. Logs from before the third rules level may
    /// have given one ID to several nodes: then it is the first of them by name.
    pub(crate) fn node_of_id(&self, id: &str) -> Option<&Arc<str>> {
        let id: Arc<str> = Arc::from(id.to_lowercase());
        if id.is_empty() {
            return None;
        }
        let first = self.node_ids.range((Arc::clone(&id), Arc::from(""))..).next()?;
        (first.0 == id).then_some(&first.1)
    }

    pub(super) fn note_id(&mut self, key: &Arc<str>, node: &Node) {
        if !node.id.is_empty() {
            self.node_ids.insert((Arc::from(node.id.to_lowercase()), Arc::clone(key)));
        }
    }

    pub(super) fn forget_id(&mut self, key: &Arc<str>, node: &Node) {
        self.node_ids.remove(&(Arc::from(node.id.to_lowercase()), Arc::clone(key)));
    }

    /// Puts another value in the place of a node that is there.
    pub(super) fn replace_node(&mut self, key: &Arc<str>, node: Indexed<Arc<Node>>) {
        let Some(before) = self.nodes.get(key).map(|record| Arc::clone(&record.node.value)) else { return };
        self.forget_id(key, &before);
        self.note_id(key, &node.value);
        self.change_node(key, |record| record.node = node);
    }

    /// The node that `wanted` is under another name so far.
    pub(super) fn renamed_from(&self, key: &Arc<str>, wanted: &Node) -> Option<&Arc<NodeRecord>> {
        let holder = self.node_of_id(&wanted.id).filter(|holder| *holder != key && self.allows_renaming())?;
        self.nodes.get(holder)
    }

    /// Only its own agent gives another name to a node that has one: for others it stays what it is.
    pub(super) fn may_rename(&self, from: &NodeRecord, wanted: &Node, owner: Owner) -> Result<(), Rejection> {
        let node = &from.node.value;
        if !self.has_live_agent(&node.name.folded()) || owner == Owner::Server {
            return Ok(());
        }
        Err(Rejection::NodeHasAgent { id: Arc::clone(&wanted.id), name: node.name.clone() })
    }

    /// Takes a renamed node out under its old name, with all that is registered on it and its sessions.
    pub(super) fn leave_old_name(&mut self, from: &NodeRecord, index: Index, changes: &mut Changes) {
        let name = &from.node.value.name;
        let old = name.folded();
        if self.leases.remove(&old).is_some() {
            changes.timers.push(TimerChange::Stop(Timer::Lease(name.clone())));
        }
        self.drop_node(&old, index, changes);
    }

    /// What a node's own agent had registered follows it under its new name. An agent of Consul's keeps that in files of
    /// its own and registers it again; here the registry is where it stands.
    pub(super) fn bring_along(
        &mut self,
        from: &NodeRecord,
        wanted: &Node,
        index: Index,
        changes: &mut Changes,
    ) -> Result<(), Rejection> {
        for mut registration in registrations(from, Owner::Agent) {
            registration.node = NodeUpdate::Keep(wanted.name.clone());
            self.register(&registration, index, changes)?;
        }
        Ok(())
    }
}

//! Replacing the whole state by a snapshot's, through the journal: chunk by chunk beside the state, then in one step.

use std::sync::Arc;

use muster_catalog::{CatalogCheck, CatalogRegistration, NodeUpdate, Owner};
use muster_model::Indexed;

use super::{Changes, NodeRecord, State, Topic};
use crate::command::{Outcome, Rejection, RestoreStep};
use crate::stored::Loader;

/// A restore that is under way.
#[derive(Debug, Clone)]
pub(crate) struct Staged {
    pub(crate) restore: u64,
    /// How many chunks are there.
    chunks: u32,
    loader: Loader,
}

impl State {
    pub(super) fn restore_step(&mut self, step: &RestoreStep, changes: &mut Changes) -> Result<Outcome, Rejection> {
        match step {
            RestoreStep::Chunk { restore, number, rows } => self.stage(*restore, *number, rows)?,
            RestoreStep::Commit { restore, chunks } => self.replace(*restore, *chunks, changes)?,
            RestoreStep::Abort { restore } => {
                if self.staged.as_ref().is_some_and(|staged| staged.restore == *restore) {
                    self.staged = None;
                }
            }
        }
        Ok(Outcome::Done)
    }

    /// Takes the next rows; with the first begins anew, whatever was under way.
    fn stage(&mut self, restore: u64, number: u32, rows: &[u8]) -> Result<(), Rejection> {
        let mut next = match self.staged.take() {
            _ if number == 0 => Staged { restore, chunks: 0, loader: Loader::default() },
            Some(staged) if staged.restore == restore && staged.chunks == number => Arc::unwrap_or_clone(staged),
            other => {
                self.staged = other;
                return Err(Rejection::NoRestore);
            }
        };
        next.loader.push(rows).map_err(|error| Rejection::UnreadableState(Arc::from(error.to_string())))?;
        next.chunks += 1;
        self.staged = Some(Arc::new(next));
        Ok(())
    }

    /// Puts what was staged in the state's place. The counter goes on above both histories, and so does every
    /// answer's index; what belongs to the journal and to live agents stays.
    fn replace(&mut self, restore: u64, chunks: u32, changes: &mut Changes) -> Result<(), Rejection> {
        let Some(staged) = self.staged.take_if(|staged| staged.restore == restore && staged.chunks == chunks) else {
            return Err(Rejection::NoRestore);
        };
        let next = Arc::unwrap_or_clone(staged).loader.finish();
        let mut next = next.map_err(|error| Rejection::UnreadableState(Arc::from(error.to_string())))?;
        let index = self.index.max(next.index).next();
        changes.timers.extend(self.timers().map(|change| change.stopped()));
        (next.index, next.restored) = (index, index);
        (next.rules, next.staged) = (self.rules, None);
        next.applied = std::mem::take(&mut self.applied);
        next.leases = std::mem::take(&mut self.leases);
        for lease in self.lease_nodes(&next) {
            next.keep_agents_entries(&lease);
        }
        *self = next;
        changes.timers.extend(self.timers());
        changes.touch(Topic::Everything);
        Ok(())
    }

    /// The nodes whose agents answer, as they were before.
    fn lease_nodes(&self, next: &Self) -> Vec<Arc<NodeRecord>> {
        let live = next.leases.iter().filter(|(_, lease)| !lease.lapsed);
        live.filter_map(|(node, _)| self.nodes.get(node).cloned()).collect()
    }

    /// A live agent knows better than a snapshot what stands on its node: its entries stay as they were. What it had
    /// when the snapshot was saved comes back besides.
    fn keep_agents_entries(&mut self, before: &NodeRecord) {
        let index = self.index;
        // What this touches is of no interest: everything is woken.
        let ignored = &mut Changes::default();
        let key = before.node.value.name.folded();
        if let Some(there) = self.nodes.get(&key).map(|record| record.node.clone()) {
            // The node of that name is the one that lives, whatever ID it had in the snapshot.
            let node = Indexed { value: Arc::clone(&before.node.value), created: there.created, modified: index };
            self.replace_node(&key, node);
        }
        for owner in [Owner::Server, Owner::Agent] {
            for registration in registrations(before, owner) {
                // The node is there and is the same one, services come before their checks: nothing is refused.
                let _ = self.register(&registration, index, ignored);
            }
        }
    }
}

/// What registers anew what stands on a node under `owner`: the services, each with its checks, then the node's checks.
pub(super) fn registrations(record: &NodeRecord, owner: Owner) -> Vec<CatalogRegistration> {
    let checks = |service: Option<&str>| {
        let own = record.checks.values().filter(|check| check.owner == owner);
        let of_it = own.filter(|check| check.check.value.service_id.as_ref().map(|id| id.as_str()) == service);
        of_it.map(|check| CatalogCheck { check: (*check.check.value).clone(), keep_result: false }).collect()
    };
    let node = || NodeUpdate::Put((*record.node.value).clone());
    let services = record.services.values().filter(|service| service.owner == owner);
    let mut all: Vec<_> = services
        .map(|service| CatalogRegistration {
            node: node(),
            service: Some((*service.service.value).clone()),
            checks: checks(Some(service.service.value.id.as_str())),
            replace_checks: false,
            owner,
        })
        .collect();
    all.push(CatalogRegistration { node: node(), service: None, checks: checks(None), replace_checks: false, owner });
    all
}

//! Rules of leases: a node whose agent stops renewing is not alive. Nodes from `/v1/catalog/register` have none.

use std::sync::Arc;
use std::time::Duration;

use muster_catalog::{CatalogCheck, Owner};
use muster_model::{Check, CheckStatus, Index, NodeName};

use super::{Changes, State, Timer, TimerChange};
use crate::command::{Outcome, Rejection};

/// The check that says whether a node's agent answers, folded.
const HEALTH: &str = "serfhealth";
/// Consul's texts.
const ALIVE: &str = "Agent alive and reachable";
const LOST: &str = "Agent not live or unreachable";

/// A node's lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) node: NodeName,
    /// Counts the node's leases: what ran out of an earlier one ends none of these.
    pub(crate) epoch: Index,
    pub(crate) length: Duration,
    /// It was not renewed in time.
    pub(crate) lapsed: bool,
}

impl State {
    /// Begins a node's lease, or begins it anew after it lapsed: the agent answers.
    pub(super) fn begin_lease(
        &mut self,
        node: &NodeName,
        length: Duration,
        index: Index,
        changes: &mut Changes,
    ) -> Result<Outcome, Rejection> {
        let key = node.folded();
        if !self.nodes.contains_key(&key) {
            return Err(Rejection::MissingNode);
        }
        let epoch = self.leases.get(&key).map_or(Index(1), |lease| lease.epoch.next());
        self.leases.insert(Arc::clone(&key), Lease { node: node.clone(), epoch, length, lapsed: false });
        let timer = Timer::Lease(node.clone());
        changes.timers.push(TimerChange::Start { timer, after: length, epoch });
        self.set_health(&key, CheckStatus::Passing, ALIVE, index, changes);
        Ok(Outcome::Done)
    }

    /// A lease ran out: the node's agent is taken for dead, until it answers again.
    pub(super) fn lapse_lease(&mut self, node: &NodeName, epoch: Index, index: Index, changes: &mut Changes) {
        let key = node.folded();
        let Some(lease) = self.leases.get_mut(&key).filter(|lease| lease.epoch == epoch && !lease.lapsed) else {
            return;
        };
        lease.lapsed = true;
        changes.timers.push(TimerChange::Stop(Timer::Lease(node.clone())));
        self.set_health(&key, CheckStatus::Critical, LOST, index, changes);
    }

    fn set_health(&mut self, node: &Arc<str>, status: CheckStatus, output: &str, index: Index, changes: &mut Changes) {
        let present = self.nodes.get(node).and_then(|record| record.checks.get(HEALTH)).cloned();
        let Some(present) = present.filter(|record| record.owner == Owner::Server) else { return };
        let check = Check { status, output: Arc::from(output), ..(*present.check.value).clone() };
        let wanted = CatalogCheck { check, keep_result: false };
        // It is there, so it is not refused.
        let _ = self.put_check(node, &wanted, present.owner, index, changes);
    }

    /// The timers of leases that have not lapsed.
    pub(super) fn lease_timers(&self) -> impl Iterator<Item = TimerChange> + '_ {
        self.leases.values().filter(|lease| !lease.lapsed).map(|lease| TimerChange::Start {
            timer: Timer::Lease(lease.node.clone()),
            after: lease.length,
            epoch: lease.epoch,
        })
    }
}

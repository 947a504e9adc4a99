//! Many leases that run out at once say more about this server, or the network around it, than about the nodes.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

use crate::state::Timer;

/// With fewer leases each counts.
const AT_LEAST: usize = 5;
/// If more than this share of all lapses within one lease's length, they are held.
const PERCENT: usize = 30;

/// The leases that ran out, until it is clear what that means.
#[derive(Debug, Default)]
pub(super) struct LeaseGuard {
    /// All that have not run out, or are held.
    pub(super) alive: BTreeSet<Timer>,
    /// Ran out, and not told to anybody yet.
    pub(super) held: BTreeSet<Timer>,
    /// Until when those count that were told lately.
    told: VecDeque<Instant>,
    reported: bool,
}

impl LeaseGuard {
    /// What of the held may be told: all or none. Held ones, of a lease's `length`, wait until enough are renewed.
    pub(super) fn let_go(&mut self, length: Duration, now: Instant) -> Vec<Timer> {
        while self.told.front().is_some_and(|until| *until <= now) {
            self.told.pop_front();
        }
        let (all, lapsed) = (self.alive.len() + self.told.len(), self.held.len() + self.told.len());
        if !self.held.is_empty() && all >= AT_LEAST && lapsed * 100 > all * PERCENT {
            if !self.reported {
                warn!(lapsed, all, "too many nodes at once did not renew their leases; they are held, not failed");
            }
            self.reported = true;
            return Vec::new();
        }
        if self.reported && self.held.is_empty() {
            info!("all leases that were held are renewed");
        }
        self.reported = false;
        self.told.extend(self.held.iter().map(|_| now + length));
        std::mem::take(&mut self.held).into_iter().collect()
    }
}

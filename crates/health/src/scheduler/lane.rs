//! Who waits for a run, and how many run at once: looks over the network and commands apart, so that slow commands
//! do not hold up the rest.

use std::collections::BTreeMap;

use muster_model::CheckId;
use tokio::time::Instant;

/// The two kinds of runs.
pub(super) struct Lanes([Lane; 2]);

/// Checks of one kind.
pub(super) struct Lane {
    /// By when they are due; the number of the check's start keeps equal moments apart.
    waiting: BTreeMap<(Instant, u64), CheckId>,
    running: usize,
    at_once: usize,
}

impl Lanes {
    pub fn new(network_at_once: usize, commands_at_once: usize) -> Self {
        let lane = |at_once: usize| Lane { waiting: BTreeMap::new(), running: 0, at_once: at_once.max(1) };
        Self([lane(network_at_once), lane(commands_at_once)])
    }

    pub fn of(&mut self, is_command: bool) -> &mut Lane {
        &mut self.0[usize::from(is_command)]
    }

    /// Takes a place for the check that has waited longest past its time: its ID, the number of its start, and
    /// whether it is a command.
    pub fn next_due(&mut self, now: Instant) -> Option<(CheckId, u64, bool)> {
        self.0.iter_mut().enumerate().find_map(|(place, lane)| {
            let first = lane.first().filter(|(due, _)| *due <= now)?;
            let check = lane.waiting.remove(&first)?;
            lane.running += 1;
            Some((check, first.1, place == 1))
        })
    }

    /// When the next check is due for which there is a place now.
    pub fn next_moment(&self) -> Option<Instant> {
        self.0.iter().filter_map(Lane::first).map(|(due, _)| due).min()
    }
}

impl Lane {
    fn first(&self) -> Option<(Instant, u64)> {
        self.waiting.keys().next().copied().filter(|_| self.running < self.at_once)
    }

    pub fn wait(&mut self, due: Instant, start: u64, check: CheckId) {
        self.waiting.insert((due, start), check);
    }

    pub fn leave(&mut self, due: Instant, start: u64) {
        self.waiting.remove(&(due, start));
    }

    /// A run has ended.
    pub fn free(&mut self) {
        self.running = self.running.saturating_sub(1);
    }
}

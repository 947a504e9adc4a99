//! What runs out with time: sessions that are not renewed, lock-delays, leases of nodes.
//!
//! Deadlines are kept in memory only. A renewal moves one and writes nothing; what runs out is ended by a command that
//! carries the epoch it began with, so one that comes too late ends nothing else. After a restart every timer begins
//! anew at its full length.

mod guard;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use muster_model::{Index, NodeName, SessionId};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::command::Command;
use crate::state::{State, Timer, TimerChange};
use guard::LeaseGuard;

/// A timer that is looked at so much later than it was due was due while this process did not run.
const LATE: Duration = Duration::from_secs(1);

/// The timers of a registry.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    table: Mutex<Table>,
    /// There may be an earlier deadline than before.
    sooner: Notify,
}

#[derive(Debug, Default)]
struct Table {
    running: BTreeMap<Timer, Running>,
    /// Those of them that have not run out, by deadline.
    due: BTreeSet<(Instant, Timer)>,
    leases: LeaseGuard,
}

#[derive(Debug, Clone, Copy)]
struct Running {
    epoch: Index,
    after: Duration,
    /// None: it ran out, and the command that says so is on its way.
    deadline: Option<Instant>,
}

impl Timers {
    /// All timers of a state that was just read, at full length.
    pub(crate) fn of(state: &State) -> Self {
        let timers = Self::default();
        timers.follow(state.timers());
        timers
    }

    /// Begins and ends timers as `apply` says.
    pub(crate) fn follow(&self, changes: impl IntoIterator<Item = TimerChange>) {
        let mut changes = changes.into_iter().peekable();
        if changes.peek().is_none() {
            return;
        }
        let now = Instant::now();
        let mut table = self.lock();
        for change in changes {
            match change {
                TimerChange::Start { timer, after, epoch } => table.start(timer, Running::new(epoch, after, now)),
                TimerChange::Stop(timer) => table.stop(&timer),
            }
        }
        self.sooner.notify_one();
    }

    /// Begins a session's time anew. False: it has none that could be, since it ran out or the session ended.
    pub(crate) fn renew(&self, id: &SessionId) -> bool {
        self.renew_timer(Timer::Session(id.clone()))
    }

    /// Begins a lease's time anew, also of one that is held. False: it lapsed, or there never was one.
    pub(crate) fn renew_lease(&self, node: &NodeName) -> bool {
        self.renew_timer(Timer::Lease(node.clone()))
    }

    /// How many leases were not renewed in time but are held, since too many others were not either.
    pub(crate) fn held_leases(&self) -> usize {
        self.lock().leases.held.len()
    }

    fn renew_timer(&self, timer: Timer) -> bool {
        let mut table = self.lock();
        let Some(running) = table.running.get(&timer).copied().filter(|running| running.deadline.is_some()) else {
            return false;
        };
        // Only ever later, so nobody needs to be woken, but for what is held until enough are renewed.
        if !table.leases.held.is_empty() {
            self.sooner.notify_one();
        }
        table.start(timer, Running::new(running.epoch, running.after, Instant::now()));
        true
    }

    /// Waits until something runs out; returns the commands that say so.
    pub(crate) async fn run_out(&self) -> Vec<Command> {
        loop {
            let sooner = self.sooner.notified();
            let next = match self.lock().take_due(Instant::now()) {
                Ok(commands) => return commands,
                Err(next) => next,
            };
            match next {
                None => sooner.await,
                Some(deadline) => tokio::select! {
                    () = sooner => {}
                    () = tokio::time::sleep_until(deadline) => {}
                },
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn new(epoch: Index, after: Duration, now: Instant) -> Self {
        Self { epoch, after, deadline: Some(now + after) }
    }
}

impl Table {
    fn start(&mut self, timer: Timer, running: Running) {
        self.stop(&timer);
        if let Some(deadline) = running.deadline {
            self.due.insert((deadline, timer.clone()));
            if matches!(timer, Timer::Lease(_)) {
                self.leases.alive.insert(timer.clone());
            }
        }
        self.running.insert(timer, running);
    }

    fn stop(&mut self, timer: &Timer) {
        self.leases.held.remove(timer);
        self.leases.alive.remove(timer);
        if let Some(Running { deadline: Some(deadline), .. }) = self.running.remove(timer) {
            self.due.remove(&(deadline, timer.clone()));
        }
    }

    /// The commands for all that is due, or the next deadline.
    fn take_due(&mut self, now: Instant) -> Result<Vec<Command>, Option<Instant>> {
        let mut commands = Vec::new();
        while let Some(&(deadline, _)) = self.due.first()
            && deadline <= now
            && let Some((_, timer)) = self.due.pop_first()
        {
            match &timer {
                // Who slept cannot say what others did meanwhile: they have their whole time again.
                Timer::Lease(_) if now - deadline > LATE => self.start_anew(timer, now),
                Timer::Lease(_) => drop(self.leases.held.insert(timer)),
                Timer::Session(_) | Timer::LockDelay(_) => commands.extend(self.run_out(&timer)),
            }
        }
        let held = self.leases.held.iter().filter_map(|timer| self.running.get(timer));
        let length = held.map(|running| running.after).max().unwrap_or_default();
        for timer in self.leases.let_go(length, now) {
            commands.extend(self.run_out(&timer));
        }
        if commands.is_empty() { Err(self.due.first().map(|(deadline, _)| *deadline)) } else { Ok(commands) }
    }

    fn start_anew(&mut self, timer: Timer, now: Instant) {
        if let Some(running) = self.running.get(&timer).copied() {
            self.start(timer, Running::new(running.epoch, running.after, now));
        }
    }

    fn run_out(&mut self, timer: &Timer) -> Option<Command> {
        self.leases.alive.remove(timer);
        let running = self.running.get_mut(timer)?;
        running.deadline = None;
        Some(timer.command(running.epoch))
    }
}

#[cfg(test)]
impl Timers {
    /// The epochs of all that run.
    pub(crate) fn running(&self) -> BTreeMap<Timer, Index> {
        self.lock().running.iter().map(|(timer, running)| (timer.clone(), running.epoch)).collect()
    }
}

#[cfg(test)]
mod tests;

//! When each check runs.
//!
//! A check first runs after a random part of its interval, then an interval after each run's end: so the checks of
//! an agent spread, and stay spread. Those that are due and find no place free wait in the order in which they
//! became due, so memory, sockets and processes stay bounded however many checks there are and hang.

mod lane;

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use muster_docker::{DEFAULT_ADDRESS, Engine, EngineAddress};
use muster_model::{CheckDefinition, CheckId, CheckStatus};
use tokio::sync::{Notify, mpsc};
use tokio::task::{self, AbortHandle, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error};

use crate::Outcome;
use crate::probe::Tools;
use crate::tally::Tally;
use lane::Lanes;

/// Consul raises shorter intervals to this.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
/// Within this a check runs that goes on with an old result.
const SOON: Duration = Duration::from_secs(10);

/// What a scheduler may use.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the containers of Docker checks are.
    pub engine: Arc<Engine>,
    /// How much output is kept where a check does not say, in bytes.
    pub output_max_bytes: usize,
    /// How many looks over the network are under way at once.
    pub network_at_once: usize,
    /// How many commands run at once.
    pub commands_at_once: usize,
}

impl Config {
    /// Consul's size of output, and as many runs at once as fit into a usual limit of open files.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self { engine, output_max_bytes: 4096, network_at_once: 256, commands_at_once: 32 }
    }
}

impl Default for Config {
    /// With the containers of this host's usual engine.
    fn default() -> Self {
        let address = EngineAddress::parse(DEFAULT_ADDRESS).expect("a constant that is a valid address");
        Self::new(Arc::new(Engine::at(address)))
    }
}

/// A result that counts as the check's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check.
    pub check: CheckId,
    /// Its status, by its thresholds.
    pub status: CheckStatus,
    /// What the run said.
    pub output: Arc<str>,
}

type Run = Pin<Box<dyn Future<Output = Outcome> + Send>>;
type Runner = dyn Fn(Arc<CheckDefinition>) -> Run + Send + Sync;

/// The checks of one agent that run by the clock.
pub struct Scheduler {
    state: Mutex<State>,
    changed: Notify,
    runner: Box<Runner>,
}

struct State {
    checks: HashMap<CheckId, Entry>,
    lanes: Lanes,
    /// Numbers starts of checks, so that a result of an earlier one is known as such.
    starts: u64,
}

struct Entry {
    start: u64,
    definition: Arc<CheckDefinition>,
    tally: Tally,
    running: Option<AbortHandle>,
    due: Instant,
    /// Its next run is one that could not wait; the one after it finds its place in the interval.
    hurried: bool,
}

/// A run that has not been accounted for.
struct Running {
    check: CheckId,
    start: u64,
    is_command: bool,
}

impl Scheduler {
    /// A scheduler without checks. They run while [`Scheduler::run`] does.
    pub fn new(config: Config) -> Self {
        let lanes = Lanes::new(config.network_at_once, config.commands_at_once);
        let tools = Arc::new(Tools { engine: config.engine, output_max_bytes: config.output_max_bytes });
        Self::with_runner(lanes, move |definition| {
            let tools = Arc::clone(&tools);
            Box::pin(async move { tools.run(&definition).await })
        })
    }

    fn with_runner(lanes: Lanes, runner: impl Fn(Arc<CheckDefinition>) -> Run + Send + Sync + 'static) -> Self {
        let state = State { checks: HashMap::new(), lanes, starts: 0 };
        Self { state: Mutex::new(state), changed: Notify::new(), runner: Box::new(runner) }
    }

    /// Takes up a check. One that runs already goes on as it is if nothing about it changed.
    ///
    /// # Panics
    /// If nobody runs such a check by the clock (TTL, alias).
    pub fn start(&self, id: &CheckId, definition: &Arc<CheckDefinition>) {
        self.begin(id, definition, false);
    }

    /// Takes up a check that has a result from before, which may be long past: it runs within ten seconds, whatever its
    /// interval.
    ///
    /// # Panics
    /// As [`Scheduler::start`].
    pub fn resume(&self, id: &CheckId, definition: &Arc<CheckDefinition>) {
        self.begin(id, definition, true);
    }

    fn begin(&self, id: &CheckId, definition: &Arc<CheckDefinition>, hurried: bool) {
        assert!(!definition.interval.is_zero(), "a check without interval is not the scheduler's");
        let mut state = self.lock();
        if state.checks.get(id).is_some_and(|entry| entry.definition == *definition) {
            return;
        }
        state.drop_check(id);
        let within = if hurried { interval(definition).min(SOON) } else { interval(definition) };
        let due = Instant::now() + within.mul_f64(fastrand::f64());
        state.starts += 1;
        let entry = Entry {
            start: state.starts,
            definition: Arc::clone(definition),
            tally: Tally::new(definition.thresholds),
            running: None,
            due,
            hurried,
        };
        state.lanes.of(definition.probe.runs_command()).wait(due, entry.start, id.clone());
        state.checks.insert(id.clone(), entry);
        drop(state);
        self.changed.notify_one();
    }

    /// Forgets a check; a run that is under way is ended.
    pub fn stop(&self, id: &CheckId) {
        self.lock().drop_check(id);
    }

    /// Whether the check is here.
    pub fn has(&self, id: &CheckId) -> bool {
        self.lock().checks.contains_key(id)
    }

    /// Runs checks until `shutdown`, and waits for who takes the findings: a slow taker slows the checks.
    pub async fn run(&self, findings: mpsc::Sender<Finding>, shutdown: CancellationToken) {
        let mut runs = JoinSet::new();
        let mut running = HashMap::new();
        loop {
            let next = self.launch(&mut runs, &mut running);
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = self.changed.notified() => {}
                () = async { sleep_until(next.expect("guarded")).await }, if next.is_some() => {}
                Some(ended) = runs.join_next_with_id() => {
                    let Some(finding) = self.account(ended, &mut running) else { continue };
                    tokio::select! {
                        sent = findings.send(finding) => if sent.is_err() { break },
                        () = shutdown.cancelled() => break,
                    }
                }
            }
        }
        runs.shutdown().await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts what is due and finds a place. Returns when the next one is due that would.
    fn launch(&self, runs: &mut JoinSet<Outcome>, running: &mut HashMap<task::Id, Running>) -> Option<Instant> {
        let mut state = self.lock();
        let state = &mut *state;
        let now = Instant::now();
        while let Some((check, start, is_command)) = state.lanes.next_due(now) {
            let Some(entry) = state.checks.get_mut(&check).filter(|entry| entry.start == start) else {
                state.lanes.of(is_command).free();
                continue;
            };
            let handle = runs.spawn((self.runner)(Arc::clone(&entry.definition)));
            running.insert(handle.id(), Running { check, start, is_command });
            entry.running = Some(handle);
        }
        state.lanes.next_moment()
    }

    /// Counts a run that ended, and has the check wait for its next one.
    fn account(
        &self,
        ended: Result<(task::Id, Outcome), JoinError>,
        running: &mut HashMap<task::Id, Running>,
    ) -> Option<Finding> {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let Running { check, start, is_command } = running.remove(&id)?;
        let mut state = self.lock();
        let state = &mut *state;
        let lane = state.lanes.of(is_command);
        lane.free();
        let entry = state.checks.get_mut(&check).filter(|entry| entry.start == start)?;
        entry.running = None;
        let wait = interval(&entry.definition);
        let wait = if std::mem::take(&mut entry.hurried) { wait.mul_f64(fastrand::f64()) } else { wait };
        entry.due = Instant::now() + wait;
        lane.wait(entry.due, start, check.clone());
        let outcome = match ended {
            Ok((_, outcome)) => outcome,
            Err(failed) => {
                error!(%check, %failed, "a health check's run broke off");
                Outcome::critical("the check's run broke off")
            }
        };
        let result = outcome.status.clone();
        let Some(status) = entry.tally.count(outcome.status) else {
            debug!(%check, %result, "not enough results in a row yet");
            return None;
        };
        Some(Finding { check, status, output: Arc::from(outcome.output) })
    }
}

impl State {
    fn drop_check(&mut self, id: &CheckId) {
        let Some(entry) = self.checks.remove(id) else { return };
        match entry.running {
            // Its place is free once it has ended.
            Some(run) => run.abort(),
            None => self.lanes.of(entry.definition.probe.runs_command()).leave(entry.due, entry.start),
        }
    }
}

fn interval(definition: &CheckDefinition) -> Duration {
    definition.interval.max(SHORTEST_INTERVAL)
}

#[cfg(test)]
mod tests;

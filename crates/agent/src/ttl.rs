//! TTL checks: somebody must report in time. When each is due, and output that is held back.
//!
//! They run here and not among the registry's timers because the agent owns them: a client agent will
//! run them far from any registry. A report with the same status starts the time anew and writes
//! nothing; its output goes to the catalog at most every five minutes.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use muster_model::{CheckId, CheckStatus};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::Agent;

/// Output that changed without its status is handed over after about this long (Consul's `check_update_interval`).
const HOLD: Duration = Duration::from_secs(300);
/// The wait before a report to the catalog is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// The TTL checks of this node.
#[derive(Debug, Default)]
pub(crate) struct TtlTable {
    checks: Mutex<BTreeMap<CheckId, Running>>,
    changed: Notify,
}

#[derive(Debug, Clone)]
struct Running {
    ttl: Duration,
    /// None: it ran out and was reported.
    due: Option<Instant>,
    status: CheckStatus,
    output: Arc<str>,
    /// When output that the catalog does not have yet is handed over.
    hand_over: Option<Instant>,
}

/// What is to be reported to the catalog now.
struct Due {
    check: CheckId,
    status: CheckStatus,
    output: Arc<str>,
}

impl TtlTable {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<CheckId, Running>> {
        self.checks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a check's time, or starts it anew.
    pub(crate) fn start(&self, id: &CheckId, ttl: Duration, status: CheckStatus, output: Arc<str>) {
        let running = Running { ttl, due: Some(Instant::now() + ttl), status, output, hand_over: None };
        self.lock().insert(id.clone(), running);
        self.changed.notify_one();
    }

    /// Forgets a check.
    pub(crate) fn stop(&self, id: &CheckId) {
        self.lock().remove(id);
    }

    /// Whether there is such a TTL check.
    pub(crate) fn has(&self, id: &CheckId) -> bool {
        self.lock().contains_key(id)
    }

    /// Output that the catalog does not have yet.
    pub(crate) fn held_output(&self, id: &CheckId) -> Option<Arc<str>> {
        let checks = self.lock();
        let running = checks.get(id)?;
        running.hand_over.map(|_| Arc::clone(&running.output))
    }

    /// Takes a report: the time starts anew. True: the catalog must be told now.
    pub(crate) fn reported(&self, id: &CheckId, status: &CheckStatus, output: &Arc<str>) -> bool {
        let mut checks = self.lock();
        let Some(running) = checks.get_mut(id) else { return true };
        running.due = Some(Instant::now() + running.ttl);
        self.changed.notify_one();
        if running.status != *status {
            return true;
        }
        if running.output != *output {
            running.output = Arc::clone(output);
            running.hand_over.get_or_insert_with(|| Instant::now() + jittered(HOLD));
        }
        false
    }

    /// Notes that the catalog has this result.
    pub(crate) fn handed_over(&self, id: &CheckId, status: &CheckStatus, output: &Arc<str>) {
        if let Some(running) = self.lock().get_mut(id) {
            running.status = status.clone();
            running.output = Arc::clone(output);
            running.hand_over = None;
        }
    }

    /// The next moment at which something is due.
    fn next(&self) -> Option<Instant> {
        self.lock().values().flat_map(|running| [running.due, running.hand_over]).flatten().min()
    }

    fn due(&self, now: Instant) -> Vec<Due> {
        let checks = self.lock();
        let ready = checks.iter().filter_map(|(id, running)| {
            let expired = running.due.is_some_and(|due| due <= now);
            let held = running.hand_over.is_some_and(|moment| moment <= now);
            let (status, output) = match (expired, held) {
                (true, _) => (CheckStatus::Critical, expired_output(&running.output)),
                (false, true) => (running.status.clone(), Arc::clone(&running.output)),
                (false, false) => return None,
            };
            Some(Due { check: id.clone(), status, output })
        });
        ready.collect()
    }

    /// Whether the check is still due: a report may have come in between.
    fn claim(&self, due: &Due, now: Instant) -> bool {
        let mut checks = self.lock();
        let Some(running) = checks.get_mut(&due.check) else { return false };
        if running.due.is_some_and(|moment| moment <= now) {
            running.due = None;
            return true;
        }
        running.hand_over.is_some_and(|moment| moment <= now)
    }

    /// The catalog could not be told: again soon.
    fn put_off(&self, due: &Due, now: Instant) {
        if let Some(running) = self.lock().get_mut(&due.check) {
            let moment = if due.status == running.status { &mut running.hand_over } else { &mut running.due };
            if moment.is_none_or(|moment| moment <= now) {
                *moment = Some(now + AGAIN);
            }
        }
    }
}

impl Agent {
    pub(crate) async fn run_ttl(&self, shutdown: CancellationToken) {
        loop {
            let next = self.ttl.next();
            tokio::select! {
                () = async { tokio::time::sleep_until(next.expect("guarded")).await }, if next.is_some() => {}
                () = self.ttl.changed.notified() => continue,
                () = shutdown.cancelled() => return,
            }
            let now = Instant::now();
            for due in self.ttl.due(now) {
                if !self.ttl.claim(&due, now) {
                    continue;
                }
                let told = self.catalog.report(
                    self.node().clone(),
                    due.check.clone(),
                    due.status.clone(),
                    Arc::clone(&due.output),
                );
                match told.await {
                    Ok(()) => self.ttl.handed_over(&due.check, &due.status, &due.output),
                    Err(muster_catalog::CatalogError::NotFound { .. }) => self.ttl.stop(&due.check),
                    Err(error) => {
                        warn!(check = %due.check, %error, "a TTL check's result could not be stored; trying again");
                        self.ttl.put_off(&due, now);
                    }
                }
            }
        }
    }
}

/// Consul's output for a check that ran out.
fn expired_output(last: &str) -> Arc<str> {
    if last.is_empty() {
        return Arc::from("TTL expired");
    }
    Arc::from(format!("TTL expired (last output before timeout follows): {last}"))
}

fn jittered(time: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    time / 2 + (time / 2).mul_f64(random as f64 / u64::MAX as f64)
}

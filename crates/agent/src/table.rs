//! What the agent knows of its checks: the latest result of each, what of it the catalog has, and what is due when.
//!
//! Due are: the end of a TTL, output that was held back (it goes to the catalog at most every five minutes while the
//! status stays), a write that failed, and the removal of an instance that was critical for too long.
//!
//! TTL checks run out here and not among the registry's timers because the agent owns them: a client agent will run
//! them far from any registry. Two writes of one check may overtake each other on their way; then nobody knows which
//! one the catalog has, and the latest result is written once more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use muster_model::{Check, CheckId, CheckStatus, Probe, ServiceId};
use tokio::sync::Notify;
use tokio::time::Instant;

/// The wait before a write that failed is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// When a removal that failed is tried again: Consul's `check_reap_interval`.
const REMOVE_AGAIN: Duration = Duration::from_secs(30);

/// How long things about checks take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckTimes {
    /// Output that changed without its status is handed over after about this long (Consul's `check_update_interval`).
    pub hold: Duration,
    /// The shortest time after which an instance that is critical is removed (its `check_deregister_interval_min`).
    pub shortest_removal: Duration,
}

impl Default for CheckTimes {
    fn default() -> Self {
        Self { hold: Duration::from_secs(300), shortest_removal: Duration::from_secs(60) }
    }
}

/// The checks of this node.
#[derive(Debug, Default)]
pub(crate) struct CheckTable {
    times: CheckTimes,
    state: Mutex<State>,
    /// Something may be due earlier than it was.
    pub changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<CheckId, Entry>,
    /// Each check by the first moment at which something of it is due.
    deadlines: BTreeSet<(Instant, CheckId)>,
}

#[derive(Debug)]
struct Entry {
    service: Option<ServiceId>,
    /// Of a TTL check.
    ttl: Option<Duration>,
    remove_after: Option<Duration>,
    /// How much of a report is kept; none: what is usual for the agent.
    output_max_bytes: Option<usize>,
    /// How long output is held back.
    hold: Duration,
    status: CheckStatus,
    output: Arc<str>,
    /// The status that the catalog has; none: nobody knows.
    stored: Option<CheckStatus>,
    writes: u32,
    /// Two writes were under way at once.
    overtaken: bool,
    /// When the TTL ends; none: it has ended, or there is none.
    expires: Option<Instant>,
    /// When the latest result is written.
    write_at: Option<Instant>,
    remove_at: Option<Instant>,
    /// Where the check stands among the deadlines.
    queued: Option<Instant>,
}

/// What is to be done with a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The catalog must be told now; then [`CheckTable::written`].
    Write,
    /// It has time.
    Hold,
    /// There is no such check.
    Unknown,
}

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Due {
    /// Tell the catalog; then [`CheckTable::written`].
    Write(CheckId, CheckStatus, Arc<str>),
    /// Remove the instance: this check of it was critical for too long.
    Remove(CheckId, ServiceId),
}

impl CheckTable {
    /// Without checks.
    pub fn new(times: CheckTimes) -> Self {
        Self { times, ..Self::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up a check as the catalog has it, or starts its times anew.
    pub fn take_up(&self, check: &Check) {
        let definition = check.definition.as_deref();
        let ttl = definition.and_then(|definition| match definition.probe {
            Probe::Ttl { ttl } => Some(ttl),
            _ => None,
        });
        let after = definition.map(|definition| definition.deregister_after).filter(|after| !after.is_zero());
        let now = Instant::now();
        let mut state = self.lock();
        let former = state.take(&check.id);
        let mut entry = Entry {
            service: check.service_id.clone(),
            ttl,
            remove_after: after.map(|after| after.max(self.times.shortest_removal)),
            output_max_bytes: definition
                .map(|definition| definition.output_max_bytes as usize)
                .filter(|most| *most > 0),
            hold: self.times.hold,
            status: check.status.clone(),
            output: Arc::clone(&check.output),
            stored: Some(check.status.clone()),
            writes: 0,
            overtaken: false,
            expires: ttl.map(|ttl| now + ttl),
            write_at: None,
            remove_at: None,
            queued: None,
        };
        if let Some(former) = former {
            entry.resume(former, now);
        }
        entry.watch_removal(now);
        state.put(&check.id, entry);
        drop(state);
        self.changed.notify_one();
    }

    /// Forgets a check.
    pub fn stop(&self, id: &CheckId) {
        self.lock().take(id);
    }

    /// Whether the check is here.
    pub fn has(&self, id: &CheckId) -> bool {
        self.lock().entries.contains_key(id)
    }

    /// Whether somebody reports this check.
    pub fn is_ttl(&self, id: &CheckId) -> bool {
        self.lock().entries.get(id).is_some_and(|entry| entry.ttl.is_some())
    }

    /// How much of a report is kept, if the check says so.
    pub fn output_max_bytes(&self, id: &CheckId) -> Option<usize> {
        self.lock().entries.get(id)?.output_max_bytes
    }

    /// All checks.
    pub fn ids(&self) -> Vec<CheckId> {
        self.lock().entries.keys().cloned().collect()
    }

    /// The latest output, if the catalog may not have it yet.
    pub fn held_output(&self, id: &CheckId) -> Option<Arc<str>> {
        let state = self.lock();
        let entry = state.entries.get(id)?;
        (entry.write_at.is_some() && entry.stored.as_ref() == Some(&entry.status)).then(|| Arc::clone(&entry.output))
    }

    /// Takes a result; a TTL check's time starts anew.
    pub fn found(&self, id: &CheckId, status: &CheckStatus, output: &Arc<str>) -> Verdict {
        let now = Instant::now();
        let mut state = self.lock();
        let Some(mut entry) = state.take(id) else { return Verdict::Unknown };
        entry.expires = entry.ttl.map(|ttl| now + ttl);
        let verdict = entry.note(status, output, now);
        state.put(id, entry);
        drop(state);
        self.changed.notify_one();
        verdict
    }

    /// Notes how a write ended; none: the catalog was not told, and is told later.
    pub fn written(&self, id: &CheckId, written: Option<(&CheckStatus, &Arc<str>)>) {
        let now = Instant::now();
        let mut state = self.lock();
        let Some(mut entry) = state.take(id) else { return };
        entry.writes = entry.writes.saturating_sub(1);
        match written {
            _ if entry.writes > 0 => entry.overtaken = true,
            Some((status, output)) if !entry.overtaken => {
                entry.stored = Some(status.clone());
                if entry.status != *status {
                    entry.write_at = Some(now);
                } else if entry.output != *output {
                    entry.write_at.get_or_insert_with(|| now + jittered(entry.hold));
                }
            }
            Some(_) => {
                (entry.stored, entry.overtaken) = (None, false);
                entry.write_at = Some(now);
            }
            None => {
                (entry.stored, entry.overtaken) = (None, false);
                entry.write_at = Some(now + AGAIN);
            }
        }
        state.put(id, entry);
        drop(state);
        self.changed.notify_one();
    }

    /// The next moment at which something is due.
    pub fn next(&self) -> Option<Instant> {
        self.lock().deadlines.first().map(|(moment, _)| *moment)
    }

    /// What is due, as being done from here on.
    pub fn take_due(&self, now: Instant) -> Vec<Due> {
        let mut state = self.lock();
        let mut all = Vec::new();
        while let Some((moment, id)) = state.deadlines.first().cloned()
            && moment <= now
        {
            let Some(mut entry) = state.take(&id) else { break };
            entry.due(&id, now, &mut all);
            state.put(&id, entry);
        }
        all
    }
}

impl State {
    /// Takes a check out, to be changed or forgotten.
    fn take(&mut self, id: &CheckId) -> Option<Entry> {
        let entry = self.entries.remove(id)?;
        if let Some(moment) = entry.queued {
            self.deadlines.remove(&(moment, id.clone()));
        }
        Some(entry)
    }

    fn put(&mut self, id: &CheckId, mut entry: Entry) {
        entry.queued = [entry.expires, entry.write_at, entry.remove_at].into_iter().flatten().min();
        if let Some(moment) = entry.queued {
            self.deadlines.insert((moment, id.clone()));
        }
        self.entries.insert(id.clone(), entry);
    }
}

impl Entry {
    /// Goes on from what was known of the same check: its latest result may not have reached the catalog yet.
    fn resume(&mut self, former: Self, now: Instant) {
        // It has been critical since then, whatever is said about it now.
        self.remove_at = former.remove_at.filter(|_| self.remove_after == former.remove_after);
        (self.status, self.output) = (former.status, former.output);
        (self.writes, self.overtaken, self.write_at) = (former.writes, former.overtaken, former.write_at);
        if self.writes > 0 {
            self.stored = former.stored;
        } else if self.stored.as_ref() != Some(&self.status) {
            self.write_at = Some(now);
        }
    }

    /// Notes a result, and decides whether the catalog must be told now.
    fn note(&mut self, status: &CheckStatus, output: &Arc<str>, now: Instant) -> Verdict {
        let is_same = self.output == *output;
        self.status = status.clone();
        self.output = Arc::clone(output);
        self.watch_removal(now);
        if self.writes == 0 && self.stored.as_ref() == Some(status) {
            if !is_same {
                let hold = self.hold;
                self.write_at.get_or_insert_with(|| now + jittered(hold));
            }
            return Verdict::Hold;
        }
        self.begin_write();
        Verdict::Write
    }

    fn begin_write(&mut self) {
        self.overtaken |= self.writes > 0;
        self.writes += 1;
        self.write_at = None;
    }

    /// The time until removal runs while the check is critical.
    fn watch_removal(&mut self, now: Instant) {
        match self.remove_after {
            Some(after) if self.status == CheckStatus::Critical && self.service.is_some() => {
                self.remove_at.get_or_insert(now + after);
            }
            _ => self.remove_at = None,
        }
    }

    fn due(&mut self, id: &CheckId, now: Instant, all: &mut Vec<Due>) {
        let is_due = |moment: Option<Instant>| moment.is_some_and(|moment| moment <= now);
        let mut write = is_due(self.write_at);
        if is_due(self.expires) {
            self.expires = None;
            let output = expired_output(&self.output);
            match self.note(&CheckStatus::Critical, &output, now) {
                Verdict::Write => {
                    write = false;
                    all.push(Due::Write(id.clone(), self.status.clone(), Arc::clone(&self.output)));
                }
                Verdict::Hold | Verdict::Unknown => {}
            }
        }
        if write {
            self.begin_write();
            all.push(Due::Write(id.clone(), self.status.clone(), Arc::clone(&self.output)));
        }
        if is_due(self.remove_at)
            && let Some(service) = &self.service
        {
            self.remove_at = Some(now + REMOVE_AGAIN);
            all.push(Due::Remove(id.clone(), service.clone()));
        }
    }
}

/// Consul's output for a check that ran out. One that runs out again, since the agent restarted in between, goes on
/// saying what was reported last.
fn expired_output(last: &str) -> Arc<str> {
    const EXPIRED: &str = "TTL expired";
    const FOLLOWS: &str = "TTL expired (last output before timeout follows): ";
    if last.is_empty() {
        Arc::from(EXPIRED)
    } else if last == EXPIRED || last.starts_with(FOLLOWS) {
        Arc::from(last)
    } else {
        Arc::from(format!("{FOLLOWS}{last}"))
    }
}

/// Between half of the time and all of it, so that many checks do not write at once.
fn jittered(time: Duration) -> Duration {
    time / 2 + (time / 2).mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests;

//! Requests through the load balancer: a load in the background, and the proof of who answers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use muster_testbed::probe;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Between two requests of the load.
const PACE: Duration = Duration::from_millis(50);
/// So many requests of the load may be under way.
const UNDER_WAY: usize = 256;
const PATIENCE: Duration = Duration::from_secs(60);
/// A request that takes longer is counted as slow.
const SLOW: Duration = Duration::from_secs(1);
/// So many requests in a row for each container, all answered right, are the proof.
const ROW_EACH: usize = 12;

/// An answer of the application.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    container: String,
    hits: u64,
}

/// What a load has met.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    sent: usize,
    failed: usize,
    slow: usize,
}

impl Tally {
    fn add(&mut self, failed: bool, took: Duration) {
        self.sent += 1;
        self.failed += usize::from(failed);
        self.slow += usize::from(took > SLOW);
    }

    /// What was met after `earlier`.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self { sent: self.sent - earlier.sent, failed: self.failed - earlier.failed, slow: self.slow - earlier.slow }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} requests, {} failed, {} took over a second", self.sent, self.failed, self.slow)
    }
}

/// Requests at a steady pace, whether or not those before were answered, until dropped.
#[derive(Debug)]
pub(crate) struct Load {
    tally: Arc<Mutex<Tally>>,
    /// One for each request under way.
    turns: Arc<Semaphore>,
    paused: Arc<AtomicBool>,
    _sender: JoinSet<()>,
}

impl Load {
    pub(crate) fn start(lb: SocketAddr) -> Self {
        let (tally, turns) = (Arc::<Mutex<Tally>>::default(), Arc::new(Semaphore::new(UNDER_WAY)));
        let paused = Arc::new(AtomicBool::new(false));
        let (own_tally, own_turns, own_paused) = (Arc::clone(&tally), Arc::clone(&turns), Arc::clone(&paused));
        let mut sender = JoinSet::new();
        sender.spawn(async move {
            let mut requests = JoinSet::new();
            let mut pace = tokio::time::interval(PACE);
            loop {
                pace.tick().await;
                while requests.try_join_next().is_some() {}
                let Ok(turn) = Arc::clone(&own_turns).try_acquire_owned() else { continue };
                if own_paused.load(Ordering::Relaxed) {
                    continue;
                }
                let tally = Arc::clone(&own_tally);
                requests.spawn(async move {
                    let began = Instant::now();
                    let failed = ask(lb).await.is_err();
                    drop(turn);
                    tally.lock().unwrap_or_else(PoisonError::into_inner).add(failed, began.elapsed());
                });
            }
        });
        Self { tally, turns, paused, _sender: sender }
    }

    /// Sends nothing until the answer is dropped, and waits a moment for what is under way.
    async fn pause(&self) -> Pause<'_> {
        self.paused.store(true, Ordering::Relaxed);
        // What hangs at a dead host may hang on; should it be answered after all, the row begins anew.
        let _ = tokio::time::timeout(SLOW, self.turns.acquire_many(UNDER_WAY as u32)).await;
        Pause(&self.paused)
    }

    /// What was met so far.
    pub(crate) fn tally(&self) -> Tally {
        *self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Pause<'a>(&'a AtomicBool);

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Proves that exactly `expected` answer at `lb`, each of them, and that every answer raises the counter by one: the
/// first unbroken row of requests that shows it counts. Says how that row is made up.
pub(crate) async fn prove(
    lb: SocketAddr,
    expected: &BTreeSet<String>,
    load: Option<&Load>,
    patience: Duration,
) -> anyhow::Result<String> {
    // Alone, or others would raise the counter meanwhile.
    let _alone = match load {
        Some(load) => Some(load.pause().await),
        None => None,
    };
    let deadline = Instant::now() + patience;
    let length = ROW_EACH * expected.len().max(1);
    let mut row: Vec<Answer> = Vec::new();
    let mut failures = 0;
    let mut last = String::new();
    while Instant::now() < deadline {
        match ask(lb).await {
            Ok(answer) if follows(&row, &answer) && expected.contains(&answer.container) => row.push(answer),
            Ok(answer) => {
                last = format!("{answer:?} after {:?}", row.last());
                row.clear();
                failures = 0;
            }
            Err(error) => {
                last = format!("{error:#}");
                row.clear();
                failures += 1;
            }
        }
        if expected.is_empty() && failures == length {
            return Ok(format!("{length} requests"));
        }
        if !expected.is_empty() && row.len() >= length {
            if answering(&row) == *expected {
                let counts = counts(&row);
                let (least, most) = (counts.values().min().unwrap_or(&0), counts.values().max().unwrap_or(&0));
                return Ok(format!("{} requests, {least} to {most} each,", row.len()));
            }
            // Somebody is left out: the row may be of a time before he was in.
            row.remove(0);
        }
    }
    bail!(
        "not within {patience:?}: {expected:?} run, {:?} answer, and the last that was wrong is: {last}",
        counts(&row)
    )
}

/// Whether the counter was raised by exactly one since the row's last answer.
fn follows(row: &[Answer], answer: &Answer) -> bool {
    row.last().is_none_or(|last| answer.hits == last.hits + 1)
}

fn answering(row: &[Answer]) -> BTreeSet<String> {
    row.iter().map(|answer| answer.container.clone()).collect()
}

fn counts(row: &[Answer]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for answer in row {
        *counts.entry(answer.container.as_str()).or_default() += 1;
    }
    counts
}

async fn ask(lb: SocketAddr) -> anyhow::Result<Answer> {
    let answer = probe::get(lb, "/", PATIENCE).await?;
    ensure!(answer.status.is_success(), "status {}", answer.status.as_u16());
    let value = answer.json()?;
    let container = value["container"].as_str().with_context(|| format!("no container in {value}"))?.to_owned();
    let hits = value["hits"].as_u64().with_context(|| format!("no hits in {value}"))?;
    Ok(Answer { container, hits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_skips_or_repeats_breaks_the_row() {
        let answer = |hits| Answer { container: "a".to_owned(), hits };
        assert!(follows(&[], &answer(7)));
        assert!(follows(&[answer(7)], &answer(8)));
        assert!(!follows(&[answer(7)], &answer(9)));
        assert!(!follows(&[answer(7)], &answer(7)));
    }
}

//! Reading, with the modes and the waiting of Consul's blocking queries.

use std::borrow::Borrow;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::select_all;
use muster_catalog::Wait;
use muster_model::Index;
use tokio::time::Instant;

use super::Registry;
use crate::query::{Answer, Question};
use crate::seeded::{SeededBug, held, is_seeded};
use crate::state::{State, Topic};
use crate::watch::Watch;

/// How long blocking queries wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitTimes {
    /// If they do not say (Consul's `default_query_time`).
    pub default: Duration,
    /// At most (Consul's `max_query_time`).
    pub most: Duration,
}

impl WaitTimes {
    fn of(self, asked: Duration) -> Duration {
        let wait = if asked.is_zero() { self.default } else { asked }.min(self.most);
        let random = RandomState::new().build_hasher().finish();
        wait + (wait / 16).mul_f64(random as f64 / u64::MAX as f64)
    }
}

impl Default for WaitTimes {
    fn default() -> Self {
        Self { default: Duration::from_secs(300), most: Duration::from_secs(600) }
    }
}

/// Which state may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Consistency {
    /// Whatever this server has.
    Stale,
    /// At least all that was acknowledged before the question.
    #[default]
    Default,
    /// The same; Consul's stricter mode costs nothing more here.
    Consistent,
}

/// How a query is to be answered.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadOptions {
    /// From which state.
    pub consistency: Consistency,
    /// Not before this.
    pub wait: Option<Wait>,
}

/// The registry cannot vouch for an answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("No cluster leader")]
pub struct ReadRefused;

impl Registry {
    /// Evaluates `query`. With a wait, not before its index is above the one given or the time is over
    /// (up to a sixteenth later, so that many clients do not come back at once). A query that finds
    /// nothing, twice in a row, has not changed however far its index moved (but a list that is empty has). `topics`
    /// are all that can change the answer.
    pub async fn read<T>(
        &self,
        topics: &[Topic],
        options: ReadOptions,
        query: impl Fn(&State) -> Answer<T>,
    ) -> Result<Answer<T>, ReadRefused> {
        self.settle(topics, options, query).await
    }

    /// The same for a question that others may ask too: whoever asks it of the same state shares the answer.
    pub async fn ask<T: Send + Sync + 'static>(
        &self,
        question: &Question<T>,
        options: ReadOptions,
    ) -> Result<Arc<Answer<T>>, ReadRefused> {
        self.settle(question.topics(), options, |state| self.shared.answers.answer(question, state)).await
    }

    /// Whether all that was acknowledged is applied, and nothing has changed since the index was `at`.
    pub async fn is_at(&self, at: Index) -> bool {
        let current = self.shared.diverged.get().is_none() && self.catch_up().await.is_ok();
        current && self.shared.state.load().index() == at
    }

    async fn settle<T, A: Borrow<Answer<T>>>(
        &self,
        topics: &[Topic],
        options: ReadOptions,
        evaluate: impl Fn(&State) -> A,
    ) -> Result<A, ReadRefused> {
        if self.shared.diverged.get().is_some() {
            return Err(ReadRefused);
        }
        if options.consistency != Consistency::Stale {
            self.catch_up().await?;
        }
        let Some(wait) = options.wait else {
            if is_seeded(SeededBug::StaleRead) {
                return Ok(evaluate(&held(&self.shared.state.load_full())));
            }
            return Ok(evaluate(&self.shared.state.load()));
        };
        let deadline = Instant::now() + self.wait_time(wait.at_most);
        let mut watches: Vec<Watch<'_>> = Vec::new();
        let mut after = wait.after;
        let mut missing_before = false;
        let restored = self.shared.state.load().restored;
        loop {
            let changed: Vec<_> = watches.iter().map(|watch| Box::pin(watch.changed())).collect();
            let state = self.shared.state.load_full();
            let awaited: Vec<_> = topics.iter().map(|topic| state.awaited(topic)).collect();
            if !awaited.iter().eq(watches.iter().map(Watch::topic)) {
                drop(changed);
                watches = awaited.into_iter().map(|topic| self.shared.watches.watch(topic)).collect();
                continue;
            }
            let evaluated = evaluate(&state);
            let answer: &Answer<T> = evaluated.borrow();
            if !answer.found && missing_before {
                after = after.max(answer.index);
            }
            missing_before = !answer.found;
            // An index from another history: its holder must begin anew, so do not let it hang.
            let other_history = wait.after > state.index().max(muster_model::Index(1)) || state.restored != restored;
            if answer.index > after || other_history || changed.is_empty() {
                return Ok(evaluated);
            }
            drop((state, evaluated));
            tokio::select! {
                _ = select_all(changed) => {}
                () = tokio::time::sleep_until(deadline) => return Ok(evaluate(&self.shared.state.load())),
            }
        }
    }

    /// How long a client waits that asks for so long (none: zero): within bounds, and up to a sixteenth more.
    pub fn wait_time(&self, asked: Duration) -> Duration {
        self.shared.config.waits.of(asked)
    }

    /// Waits until everything is applied that any server had stored when this was called.
    async fn catch_up(&self) -> Result<(), ReadRefused> {
        let tail = self.shared.journal.tail().await.map_err(|_| ReadRefused)?;
        if *self.shared.applied.borrow() >= tail {
            return Ok(());
        }
        let mut applied = self.shared.applied.subscribe();
        applied.wait_for(|applied| *applied >= tail).await.map(drop).map_err(|_| ReadRefused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_within_its_bounds_and_a_sixteenth_more() {
        let seconds = Duration::from_secs;
        let times = WaitTimes { default: seconds(16), most: seconds(32) };
        for (asked, wait) in [(0, 16), (8, 8), (32, 32), (600, 32)] {
            let wait = seconds(wait);
            assert!((wait..=wait + wait / 16).contains(&times.of(seconds(asked))), "{asked}");
        }
        let short = WaitTimes { default: seconds(600), most: seconds(32) };
        assert!(short.of(Duration::ZERO) <= seconds(34), "the default is no way around the most");
    }
}

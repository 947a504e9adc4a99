//! One task per question, for all templates.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use muster_catalog::{CatalogError, Data, Discovery, Fetched, Query, Wait};
use muster_model::Index;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use crate::Retry;
use crate::backoff::Backoff;
use crate::error::with_causes;
use crate::query::dependency_name;

/// How long the registry is asked to wait for a change.
const WAIT: Duration = Duration::from_secs(60);

/// The shortest time between two requests for one question; the first answer is not held back by it.
const PACE: Duration = Duration::from_millis(100);

/// How many changes may lie about before the tasks wait for the loop.
const PENDING_CHANGES: usize = 256;

/// News about one question.
pub(crate) struct Change {
    pub(crate) query: Query,
    /// Which watch it comes from: one that was ended may still have news on the way.
    watch: u64,
    pub(crate) news: News,
}

pub(crate) enum News {
    Answer(Data),
    /// All attempts failed; only where they are counted.
    GaveUp {
        attempts: u32,
        error: CatalogError,
    },
}

/// All questions that are watched.
pub(crate) struct Watches {
    discovery: Arc<dyn Discovery>,
    retry: Retry,
    /// Whether attempts are counted.
    gives_up: bool,
    running: HashMap<Query, (u64, AbortHandle)>,
    started: u64,
    tasks: JoinSet<()>,
    sender: mpsc::Sender<Change>,
    receiver: mpsc::Receiver<Change>,
}

impl Watches {
    pub(crate) fn new(discovery: Arc<dyn Discovery>, retry: Retry, gives_up: bool) -> Self {
        let (sender, receiver) = mpsc::channel(PENDING_CHANGES);
        let (running, tasks) = (HashMap::new(), JoinSet::new());
        Self { discovery, retry, gives_up, running, started: 0, tasks, sender, receiver }
    }

    /// Watches exactly `wanted` from now on; gives what is no longer watched.
    pub(crate) fn watch_only(&mut self, wanted: &BTreeSet<Query>) -> Vec<Query> {
        while self.tasks.try_join_next().is_some() {}
        let dropped: Vec<Query> = self.running.keys().filter(|query| !wanted.contains(query)).cloned().collect();
        for query in &dropped {
            if let Some((_, task)) = self.running.remove(query) {
                tracing::debug!(dependency = %dependency_name(query), "no longer watched");
                task.abort();
            }
        }
        for query in wanted {
            if !self.running.contains_key(query) {
                self.start(query);
            }
        }
        dropped
    }

    fn start(&mut self, query: &Query) {
        self.started += 1;
        tracing::debug!(dependency = %dependency_name(query), "watched");
        let watch = Watch {
            id: self.started,
            query: query.clone(),
            discovery: Arc::clone(&self.discovery),
            backoff: Backoff::new(self.retry),
            attempts: self.gives_up.then_some(self.retry.attempts),
            changes: self.sender.clone(),
        };
        let task = self.tasks.spawn(watch.run());
        self.running.insert(query.clone(), (self.started, task));
    }

    /// The next change, and all others that are there already.
    pub(crate) async fn changes(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        self.receiver.recv_many(&mut changes, PENDING_CHANGES).await;
        changes.retain(|change| self.running.get(&change.query).is_some_and(|(id, _)| *id == change.watch));
        changes
    }

    pub(crate) async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

struct Watch {
    id: u64,
    query: Query,
    discovery: Arc<dyn Discovery>,
    backoff: Backoff,
    attempts: Option<u32>,
    changes: mpsc::Sender<Change>,
}

impl Watch {
    /// Ends when nobody listens, or when it gave up.
    async fn run(mut self) {
        let mut known: Option<Data> = None;
        let mut after: Option<Index> = None;
        loop {
            let started = Instant::now();
            let wait = after.map(|after| Wait { after, at_most: WAIT });
            match self.discovery.fetch(&self.query, wait).await {
                Ok(Fetched { index, data }) => {
                    self.report_recovery();
                    // A lower index means that the registry started anew: ask without waiting.
                    after = if after.is_some_and(|after| index < after) { None } else { Some(index) };
                    if known.as_ref() != Some(&data) {
                        known = Some(data.clone());
                        if self.send(News::Answer(data)).await.is_err() {
                            return;
                        }
                    }
                    tokio::time::sleep_until(started + PACE).await;
                }
                Err(error) => {
                    let pause = self.backoff.failed();
                    let attempts = self.backoff.failures();
                    tracing::warn!(
                        dependency = %dependency_name(&self.query),
                        error = %with_causes(&error),
                        again_in = ?pause,
                        "no answer from the registry"
                    );
                    if self.attempts.is_some_and(|most| attempts >= most) {
                        let _ = self.send(News::GaveUp { attempts, error }).await;
                        return;
                    }
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    fn report_recovery(&mut self) {
        if self.backoff.failures() > 0 {
            tracing::info!(dependency = %dependency_name(&self.query), "the registry answers again");
            self.backoff.succeeded();
        }
    }

    async fn send(&self, news: News) -> Result<(), mpsc::error::SendError<Change>> {
        self.changes.send(Change { query: self.query.clone(), watch: self.id, news }).await
    }
}

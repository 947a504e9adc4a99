//! Running commands apart from the loop, until they succeed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Command;
use crate::Retry;
use crate::backoff::Backoff;
use crate::error::with_causes;

/// How long a command that runs when everything stops may still take.
const GRACE: Duration = Duration::from_secs(5);

/// One task per command line, so that a slow command holds up nothing but itself.
pub(crate) struct Keepers {
    environment: Arc<BTreeMap<String, String>>,
    retry: Retry,
    stop: CancellationToken,
    wanted: HashMap<Command, watch::Sender<u64>>,
    tasks: JoinSet<()>,
}

impl Keepers {
    pub(crate) fn new(environment: Arc<BTreeMap<String, String>>, retry: Retry) -> Self {
        let stop = CancellationToken::new();
        Self { environment, retry, stop, wanted: HashMap::new(), tasks: JoinSet::new() }
    }

    /// Has `command` run once more from now on. If it runs already, it runs again after that.
    pub(crate) fn want(&mut self, command: &Command) {
        let sender = self.wanted.entry(command.clone()).or_insert_with(|| {
            let (sender, wanted) = watch::channel(0);
            let keeper = Keeper {
                command: command.clone(),
                environment: Arc::clone(&self.environment),
                backoff: Backoff::new(self.retry),
                stop: self.stop.clone(),
            };
            self.tasks.spawn(keeper.keep(wanted));
            sender
        });
        sender.send_modify(|times| *times += 1);
    }

    /// Ends all tasks; a command that runs gets a short while to end by itself.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

struct Keeper {
    command: Command,
    environment: Arc<BTreeMap<String, String>>,
    backoff: Backoff,
    stop: CancellationToken,
}

impl Keeper {
    async fn keep(mut self, mut wanted: watch::Receiver<u64>) {
        let stop = self.stop.clone();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                changed = wanted.changed() => if changed.is_err() { return },
            }
            while let Some(wait) = self.attempt(&mut wanted).await {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(wait) => {}
                    // The file has changed again: no reason to wait any longer.
                    changed = wanted.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        self.backoff.succeeded();
                    }
                }
            }
        }
    }

    /// Runs the command; if it fails, says how long to wait before the next attempt.
    async fn attempt(&mut self, wanted: &mut watch::Receiver<u64>) -> Option<Duration> {
        wanted.borrow_and_update();
        let stop = self.stop.clone();
        let result = tokio::select! {
            result = self.command.run(&self.environment) => result,
            () = async { stop.cancelled().await; tokio::time::sleep(GRACE).await } => return None,
        };
        match result {
            Ok(()) => {
                tracing::info!(command = self.command.as_str(), "command succeeded");
                self.backoff.succeeded();
                None
            }
            Err(error) => {
                let wait = self.backoff.failed();
                tracing::error!(error = %with_causes(&error), again_in = ?wait, "command failed");
                Some(wait)
            }
        }
    }
}

//! The loop: what changed is rendered, what was written has its command run.

mod entry;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use muster_catalog::{Discovery, Query};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::answer::Answer;
use crate::command::Keepers;
use crate::error::with_causes;
use crate::pass::Pass;
use crate::query::dependency_name;
use crate::source::Source;
use crate::watch::{Change, News, Watches};
use crate::{BuildError, Command, Config, Retry, RunError, WriteError, file, function};
use entry::Entry;

/// Renders templates until it is told to stop, or once.
pub struct Runner {
    discovery: Arc<dyn Discovery>,
    once: bool,
    retry: Retry,
    environment: Arc<BTreeMap<String, String>>,
    pass: Pass,
    entries: Vec<Entry>,
}

impl Config {
    /// Reads and parses the templates. Under `once`, each must be good; otherwise a bad one is reported
    /// and left out, for it must not stop the others, unless there are no others.
    pub fn build(self, discovery: Arc<dyn Discovery>) -> Result<Runner, BuildError> {
        let pass = Pass::default();
        let environment = Arc::new(self.environment);
        let functions = function::all(&pass, &environment);
        let mut entries = Vec::with_capacity(self.templates.len());
        let mut bad = Vec::new();
        for template in self.templates {
            match Source::read(&template.source, &functions) {
                Ok(source) => entries.push(Entry::new(template, source, self.retry)),
                Err(error) if self.once => return Err(error.into()),
                Err(error) => bad.push((template.destination, error)),
            }
        }
        // The one that the error itself tells is not told twice.
        let told = if entries.is_empty() { 1 } else { 0 };
        for (destination, error) in bad.iter().skip(told) {
            tracing::error!(error = %with_causes(error), destination = %destination.display(), "template left out");
        }
        if entries.is_empty() {
            return Err(bad.into_iter().next().map_or(BuildError::NoTemplate, |(_, error)| error.into()));
        }
        Ok(Runner { discovery, once: self.once, retry: self.retry, environment, pass, entries })
    }
}

impl Runner {
    /// Renders until `shutdown`, or under `once` until every template is rendered and every command has
    /// run. Only `once` ends with an error.
    pub async fn run(mut self, shutdown: CancellationToken) -> Result<(), RunError> {
        let mut watches = Watches::new(Arc::clone(&self.discovery), self.retry, self.once);
        let result = if self.once {
            self.run_once(&mut watches, &shutdown).await
        } else {
            let mut keepers = Keepers::new(Arc::clone(&self.environment), self.retry);
            self.run_on(&mut watches, &mut keepers, &shutdown).await;
            keepers.stop().await;
            Ok(())
        };
        watches.stop().await;
        result
    }

    async fn run_on(&mut self, watches: &mut Watches, keepers: &mut Keepers, shutdown: &CancellationToken) {
        loop {
            let commands = tokio::select! {
                () = shutdown.cancelled() => return,
                commands = self.render_due(watches) => commands,
            };
            for command in &commands {
                keepers.want(command);
            }
            let next_due = self.entries.iter().filter_map(Entry::due_at).min();
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = until(next_due) => {}
                changes = watches.changes() => {
                    // Without counted attempts nobody gives up.
                    let _ = self.learn(changes);
                }
            }
        }
    }

    /// Renders what is due; a failure stays with the template that has it. Gives the commands to run,
    /// each once.
    async fn render_due(&mut self, watches: &mut Watches) -> Vec<Command> {
        let mut commands = Vec::new();
        let now = Instant::now();
        for at in 0..self.entries.len() {
            if !self.entries[at].take_due(now) {
                continue;
            }
            match self.render(at).await {
                Ok(Some(command)) if !commands.contains(&command) => commands.push(command),
                Ok(_) => {}
                Err(error) => {
                    let entry = &mut self.entries[at];
                    tracing::error!(
                        error = %with_causes(&error),
                        destination = %entry.config.destination.display(),
                        "not rendered, the file stays as it is"
                    );
                    if matches!(error, RunError::Write(_)) {
                        entry.try_again();
                    }
                }
            }
        }
        self.watch_what_is_used(watches);
        commands
    }

    async fn run_once(&mut self, watches: &mut Watches, shutdown: &CancellationToken) -> Result<(), RunError> {
        let mut commands = Vec::new();
        loop {
            for at in 0..self.entries.len() {
                if self.entries[at].take_due(Instant::now())
                    && let Some(command) = self.render(at).await?
                    && !commands.contains(&command)
                {
                    commands.push(command);
                }
            }
            if self.entries.iter().all(|entry| entry.rendered) {
                break;
            }
            self.watch_what_is_used(watches);
            tokio::select! {
                () = shutdown.cancelled() => return Err(self.stopped()),
                changes = watches.changes() => self.learn(changes)?,
            }
        }
        self.run_all(&commands, shutdown).await
    }

    /// Runs every command in order, whatever becomes of the others; the first failure is the result.
    async fn run_all(&self, commands: &[Command], shutdown: &CancellationToken) -> Result<(), RunError> {
        let mut result = Ok(());
        for command in commands {
            let ended = tokio::select! {
                () = shutdown.cancelled() => return Err(self.stopped()),
                ended = command.run(&self.environment) => ended,
            };
            match ended {
                Err(error) if result.is_ok() => result = Err(error.into()),
                // The first is told by the result.
                Err(error) => tracing::error!(error = %with_causes(&error), "command failed"),
                Ok(()) => {}
            }
        }
        result
    }

    fn stopped(&self) -> RunError {
        let waiting = self.entries.iter().filter(|entry| !entry.rendered);
        RunError::Stopped { waiting: waiting.map(|entry| entry.config.destination.clone()).collect() }
    }

    /// Executes one template and replaces its file. Gives its command if the file has changed.
    async fn render(&mut self, at: usize) -> Result<Option<Command>, RunError> {
        let entry = &mut self.entries[at];
        let rendered = entry.source.execute();
        let needs = self.pass.take_needs();
        entry.needs = needs;
        if !entry.needs.missing.is_empty() {
            // Even a failure means nothing yet: `index` of a list that is still empty, say.
            let missing: Vec<String> = entry.needs.missing.iter().map(dependency_name).collect();
            tracing::info!(
                template = %entry.config.source.display(),
                destination = %entry.config.destination.display(),
                missing = missing.join(" "),
                "waiting for answers"
            );
            return Ok(None);
        }
        let contents = rendered?;
        let destination = entry.config.destination.clone();
        let written = tokio::task::spawn_blocking(move || file::replace(&destination, &contents)).await;
        let changed = written.unwrap_or_else(|error| {
            let (path, source) = (entry.config.destination.clone(), std::io::Error::other(error));
            Err(WriteError { path, step: "writing was broken off", source })
        })?;
        entry.succeeded();
        if !changed {
            return Ok(None);
        }
        tracing::info!(
            template = %entry.config.source.display(),
            destination = %entry.config.destination.display(),
            "rendered"
        );
        Ok(entry.config.command.clone())
    }

    /// Takes in what is new, and marks the templates that use it.
    fn learn(&mut self, changes: Vec<Change>) -> Result<(), RunError> {
        for Change { query, news, .. } in changes {
            match news {
                News::Answer(data) => {
                    self.pass.learn(query.clone(), Answer::new(&query, data));
                    self.entries.iter_mut().for_each(|entry| entry.changed(&query));
                }
                News::GaveUp { attempts, error } => {
                    let dependency = dependency_name(&query);
                    return Err(RunError::NoAnswer { dependency, attempts, source: error });
                }
            }
        }
        Ok(())
    }

    fn watch_what_is_used(&mut self, watches: &mut Watches) {
        let used: BTreeSet<Query> = self.entries.iter().flat_map(|entry| &entry.needs.used).cloned().collect();
        for query in watches.watch_only(&used) {
            self.pass.forget(&query);
        }
    }
}

/// Waits for a time that may never come.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

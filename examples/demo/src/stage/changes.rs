//! What each step does to the stage.

use std::time::Instant;

use anyhow::{Context, ensure};
use muster_testbed::registry::{Instance, Instances};
use muster_testbed::wait::until;

use super::{PATIENCE, Stage, written};
use crate::chain::Chain;
use crate::comparison::{Times, milliseconds};
use crate::load::Tally;
use crate::step::{Action, Form};

/// How often the step for the times stops and starts its container.
const ROUNDS: usize = 10;
/// Docker's seconds between SIGTERM and SIGKILL, should a container need them.
const GRACE: &str = "10";

/// What an action brought, before it is settled and proved.
pub(super) struct Outcome {
    /// From when its time is counted.
    pub began: Instant,
    /// What the load met that was not left for the settling to take.
    pub tally: Tally,
    /// What else there is to say.
    pub notes: Vec<String>,
}

impl Stage<'_> {
    /// Does it; gives what is to be said besides the proof.
    pub(super) async fn act(&mut self, action: Action, form: Form) -> anyhow::Result<Outcome> {
        let mut outcome = Outcome { began: Instant::now(), tally: Tally::default(), notes: Vec::new() };
        match action {
            Action::FirstStart => {
                self.application.choose_lb(form);
                let peers = self.peers.clone().map(|peers| (peers, self.application.gateway()));
                self.chain = Some(Chain::start(form, &self.muster, self.registry, peers, self.processes).await?);
                self.application.scale(1).await?;
            }
            Action::Scale(count) => self.application.scale(count).await?,
            Action::KillOne => {
                let victim = self.one_running().await?;
                self.docker.run(&["kill", &victim]).await?;
            }
            Action::LastGone => {
                let last = self.one_running().await?;
                self.docker.run(&["stop", "--time", GRACE, &last]).await?;
            }
            Action::OneAgain => {
                let stopped = self.application.stopped().await?;
                self.docker.run(&["start", &stopped]).await?;
            }
            Action::StopAndStart => {
                let (stopped_and_started, times) = self.stop_and_start().await?;
                return Ok(Outcome { notes: times.notes(), ..stopped_and_started });
            }
            Action::RegistryKilled => outcome.notes.push(self.kill_registry().await?),
            Action::RegistryEmpty => outcome.notes.push(self.empty_registry().await?),
        }
        Ok(outcome)
    }

    async fn one_running(&self) -> anyhow::Result<String> {
        self.application.running().await?.into_iter().next().context("no web container runs")
    }

    /// Stops one and starts it again, for the medians of what a client sees.
    pub(super) async fn stop_and_start(&mut self) -> anyhow::Result<(Outcome, Times)> {
        let id = self.one_running().await?;
        let mut times = Times::default();
        let mut outcome = Outcome { began: Instant::now(), tally: Tally::default(), notes: Vec::new() };
        for _ in 0..ROUNDS {
            let stopped = Instant::now();
            self.docker.run(&["stop", "--time", GRACE, &id]).await?;
            let tally = self.settle().await?.1;
            times.stops.extend(tally.last.get(&id).map(|last| last.saturating_duration_since(stopped)));
            outcome.tally.add_counts(&tally);
            outcome.began = Instant::now();
            let running = self.application.running().await?.len();
            let written = written::watch(self.application.configuration().await?, running + 1);
            self.docker.run(&["start", &id]).await?;
            let started = Instant::now();
            let tally = self.settle().await?.1;
            let first = tally.first.get(&id).context("nobody reached the container that was started")?;
            times.starts.push(first.saturating_duration_since(started));
            outcome.tally.add_counts(&tally);
            if let Some(written) = written.await? {
                let began = self.docker.inspect(&id).await?.started_at;
                times.writes.extend(written::since(&began, written));
            }
        }
        times.failed = outcome.tally.failures();
        Ok((outcome, times))
    }

    /// Nothing may have changed for those who read the registry.
    async fn kill_registry(&mut self) -> anyhow::Result<String> {
        let before = self.registered().await?;
        let chain = self.chain.as_mut().context("no registry runs")?;
        chain.stop_registrator().await?;
        chain.kill_registry().await?;
        let killed = Instant::now();
        chain.start_registry(self.processes).await?;
        let back = killed.elapsed();
        let after = chain.registry().instances("web").await?;
        ensure!(after.list == before.list, "before {:?}, after {:?}", before.list, after.list);
        ensure!(after.index >= before.index, "index {} before, {} after", before.index, after.index);
        chain.start_registrator(self.processes).await?;
        let again = chain.registry().instances("web").await?;
        ensure!(again.list == before.list, "the registrator changed {:?} to {:?}", before.list, again.list);
        self.unbroken("while the registry was away")?;
        let count = after.list.len();
        Ok(format!("the registry was back after {}: {count} instances, indexes as before", milliseconds(back)))
    }

    /// The load balancer serves on meanwhile.
    async fn empty_registry(&mut self) -> anyhow::Result<String> {
        let before = self.registered().await?;
        let chain = self.chain.as_mut().context("no registry runs")?;
        chain.kill_registry().await?;
        chain.empty()?;
        chain.start_registry(self.processes).await?;
        let started = Instant::now();
        let registry = chain.registry();
        let wanted = places(&before);
        until("the registry is filled again", PATIENCE, async || match registry.instances("web").await {
            Ok(now) if places(&now) == wanted => Ok(()),
            Ok(now) => Err(format!("{} of {} instances", now.list.len(), wanted.len())),
            Err(error) => Err(error.to_string()),
        })
        .await?;
        let filled = started.elapsed();
        self.unbroken("while the registry was empty")?;
        Ok(format!("{} instances were registered again after {}", wanted.len(), milliseconds(filled)))
    }

    /// The instances in the registry, once they are those that run.
    async fn registered(&self) -> anyhow::Result<Instances> {
        let registry = self.chain.as_ref().context("no registry runs")?.registry();
        let running = self.application.running().await?.len();
        Ok(until("every web is registered", PATIENCE, async || match registry.instances("web").await {
            Ok(instances) if instances.list.len() == running => Ok(instances),
            Ok(instances) => Err(format!("{} of {running} instances", instances.list.len())),
            Err(error) => Err(error.to_string()),
        })
        .await?)
    }

    /// Here, unlike elsewhere, the load is judged: nothing that serves has changed.
    fn unbroken(&self, when: &str) -> anyhow::Result<()> {
        let failed = self.load.as_ref().map(|load| load.failures()).unwrap_or_default();
        ensure!(failed == 0, "{failed} requests failed {when}");
        Ok(())
    }
}

/// Who is where, whatever the index.
fn places(instances: &Instances) -> Vec<(String, String, u16)> {
    let place = |instance: &Instance| (instance.id.clone(), instance.address.clone(), instance.port);
    instances.list.iter().map(place).collect()
}

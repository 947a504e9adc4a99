//! The stage: the engine with the application, muster's programs and the load, and each step played on it.

mod application;
mod changes;
mod written;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context;
use muster_testbed::docker::Docker;
use muster_testbed::muster::Muster;

use crate::arguments::Arguments;
use crate::chain::Chain;
use crate::clean;
use crate::comparison::{FORMS, TURNS, Times};
use crate::load::{Load, Reply, Tally};
use crate::peers::Peers;
use crate::processes::Processes;
use crate::proof::{self, Proof};
use crate::report::{Report, Row};
use crate::step::{Action, Form, Step};
use application::Application;
use changes::Outcome;

/// A step has to hold within this time.
const PATIENCE: Duration = Duration::from_secs(120);

/// Everything that a step needs.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    docker: Docker,
    muster: Muster,
    peers: Option<Peers>,
    processes: &'a mut Processes,
    application: Application,
    registry: SocketAddr,
    lb: SocketAddr,
    chain: Option<Chain>,
    load: Option<Load>,
}

impl<'a> Stage<'a> {
    /// An empty stage; images are there already.
    pub(crate) async fn new(
        arguments: &Arguments,
        docker: &Docker,
        processes: &'a mut Processes,
    ) -> anyhow::Result<Self> {
        for (port, option) in [(arguments.lb(), "--lb-port"), (arguments.registry(), "--registry-port")] {
            std::net::TcpListener::bind(port).with_context(|| format!("cannot use {port} ({option} changes it)"))?;
        }
        let _ = std::fs::remove_file(processes.directory().join("muster.log"));
        Ok(Self {
            muster: Muster::new(&arguments.binary("muster")?, docker),
            application: Application::new(arguments, docker, processes.directory()).await?,
            docker: docker.clone(),
            peers: None,
            processes,
            registry: arguments.registry(),
            lb: arguments.lb(),
            chain: None,
            load: None,
        })
    }

    /// Stops and starts a container again and again behind each chain in turn, and gives what clients saw.
    pub(crate) async fn compare(&mut self, peers: Peers) -> anyhow::Result<Vec<(Form, Times)>> {
        self.peers = Some(peers);
        let mut results: Vec<(Form, Times)> = FORMS.iter().map(|form| (*form, Times::default())).collect();
        for turn in 1..=TURNS {
            for (form, times) in &mut results {
                println!("turn {turn} of {TURNS}: {}", form.name());
                self.clear().await?;
                self.act(Action::FirstStart, *form).await?;
                self.settle().await?;
                self.application.scale(2).await?;
                self.settle().await?;
                let (_, turn) = self.stop_and_start().await?;
                turn.notes().iter().for_each(|note| println!("        {note}"));
                times.add(turn);
            }
        }
        Ok(results)
    }

    /// Plays one step and proves it.
    pub(crate) async fn play(&mut self, step: Step, report: &mut Report) -> anyhow::Result<Row> {
        self.prepare(step).await?;
        report.begin(step);
        self.take_tally();
        let Outcome { began, mut tally, notes } = self.act(step.action(), step.form()).await?;
        let (settled, rest) = self.settle().await?;
        tally.add_counts(&rest);
        let proof = self.prove().await?;
        Ok(Row { step, held: settled.saturating_duration_since(began), proof, tally, notes })
    }

    /// Brings about what a step starts from, for steps played out of their row.
    async fn prepare(&mut self, step: Step) -> anyhow::Result<()> {
        let first_start = step.action() == Action::FirstStart;
        if first_start || self.chain.as_ref().is_none_or(|chain| chain.form() != step.form()) {
            self.clear().await?;
        }
        if first_start {
            return Ok(());
        }
        if self.chain.is_none() {
            self.act(Action::FirstStart, step.form()).await?;
            self.settle().await?;
        }
        if self.application.running().await?.len() != step.before() {
            self.application.scale(step.before()).await?;
            self.settle().await?;
        }
        Ok(())
    }

    /// Waits until those who run are those who answer.
    async fn settle(&mut self) -> anyhow::Result<(Instant, Tally)> {
        let expected = self.application.running().await?;
        let see = |reply: &Reply| {
            if let Some(load) = &self.load {
                load.see(reply);
            }
        };
        let settled = proof::settle(self.lb, &expected, PATIENCE, see).await?;
        let tally = self.take_tally();
        // From the first answer on, there are clients.
        self.load.get_or_insert_with(|| Load::start(self.lb));
        Ok((settled, tally))
    }

    /// The proof, with the load held back.
    async fn prove(&mut self) -> anyhow::Result<Proof> {
        let quiet = match &self.load {
            Some(load) => Some(load.pause().await),
            None => None,
        };
        let expected = self.application.running().await?;
        let application = &self.application;
        let proof = proof::prove(self.lb, &expected, async || application.hits().await).await?;
        application.same_lb_as_ever().await?;
        let now: BTreeSet<String> = application.running().await?;
        anyhow::ensure!(now == expected, "the web containers changed during the proof");
        drop(quiet);
        Ok(proof)
    }

    fn take_tally(&self) -> Tally {
        self.load.as_ref().map(Load::take).unwrap_or_default()
    }

    /// Stops everything and removes the application, so that the other form starts from nothing.
    async fn clear(&mut self) -> anyhow::Result<()> {
        self.load = None;
        if let Some(chain) = self.chain.take() {
            chain.stop().await?;
        }
        self.application.forget_lb();
        clean::clear_engine(&self.docker).await
    }

    /// What to show of the programs' own words when a step did not hold.
    pub(crate) async fn show_logs(&self) {
        let Some(chain) = &self.chain else { return };
        let log = std::fs::read_to_string(chain.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        eprintln!("-- the end of {}:", chain.log().display());
        lines[lines.len().saturating_sub(20)..].iter().for_each(|line| eprintln!("{line}"));
        eprintln!("-- the end of lb's log:\n{}", self.application.lb_log().await);
    }

    /// What a user is told when everything stays up.
    pub(crate) async fn addresses(&self) -> anyhow::Result<String> {
        let form = match self.chain.as_ref().map(Chain::form) {
            Some(Form::OneProcess) => "muster up",
            _ => "muster agent and muster registrator",
        };
        Ok(format!(
            "\nIt stays up, with {} web behind the load balancer:\n\
             \x20 the application   http://{}/\n\
             \x20 the registry      http://{}/v1/health/service/web?pretty ({form})\n\
             \x20 more of them      docker run -d -P --label muster.demo=1 --network muster-demo_back muster-demo/web\n\
             Ctrl-C stops and removes all of it.",
            self.application.running().await?.len(),
            self.lb,
            self.registry,
        ))
    }
}

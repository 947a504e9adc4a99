//! How long a history is, and running one.

use std::path::Path;
use std::time::Duration;

use muster_testbed::program::ProgramError;
use tokio::task::JoinSet;

use crate::client::{Client, Recorder};
use crate::event::Event;
use crate::subject::Subject;
use crate::workload::{self, Kind};

/// What a history consists of.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Decides all chances but the interleaving.
    pub seed: u64,
    /// Clients for each kind of workload.
    pub clients: usize,
    /// How many rounds each of them does; a round is a few requests.
    pub rounds: usize,
    /// The registry is killed each time that so many requests more were made; 0: never.
    pub kill_every: usize,
}

/// A history, and what it went through.
#[derive(Debug)]
pub struct History {
    /// All requests, in the order of their ends.
    pub events: Vec<Event>,
    /// How often the registry was killed.
    pub kills: u32,
    /// Bytes that were dropped with kills that were power cuts.
    pub dropped: u64,
}

/// Runs a workload against a registry of its own.
pub async fn run(binary: &Path, bug: Option<&str>, plan: Plan) -> Result<History, ProgramError> {
    run_on(Subject::start(binary, bug).await?, plan).await
}

/// Runs a workload against a registry that was just started.
pub async fn run_on(mut subject: Subject, plan: Plan) -> Result<History, ProgramError> {
    let recorder = Recorder::begin();
    let mut clients = JoinSet::new();
    for kind in Kind::ALL {
        for number in 0..plan.clients {
            let id = clients.len();
            let client = Client::new(id, plan.seed, subject.address(), subject.up(), recorder.clone());
            clients.spawn(workload::run(kind, number, client, plan));
        }
    }
    let mut next_kill = plan.kill_every;
    while !clients.is_empty() {
        tokio::select! {
            ended = clients.join_next() => {
                ended.expect("there is one").expect("clients do not panic");
            }
            () = tokio::time::sleep(Duration::from_millis(5)), if plan.kill_every > 0 => {
                if recorder.count() >= next_kill {
                    next_kill += plan.kill_every;
                    subject.kill().await?;
                }
            }
        }
    }
    let mut last = Client::new(usize::MAX, plan.seed, subject.address(), subject.up(), recorder.clone());
    last.last = true;
    workload::look_at_all(&mut last).await;
    Ok(History { events: recorder.events(), kills: subject.kills, dropped: subject.dropped() })
}

//! Probes against real servers and processes.

mod command;
mod http;
mod http2;
mod network;
mod server;

use std::sync::Arc;
use std::time::Duration;

use muster_docker::{Engine, EngineAddress};
use muster_model::{CheckDefinition, CheckStatus, Probe};

use crate::Outcome;
use crate::probe::Tools;

/// Runs a probe once.
async fn run(definition: CheckDefinition) -> Outcome {
    let engine = Engine::at(EngineAddress::parse("unix:///nonexistent/docker.sock").unwrap());
    Tools { engine: Arc::new(engine), output_max_bytes: 4096 }.run(&definition).await
}

/// The same with a time for it.
async fn run_within(probe: Probe, timeout: Duration) -> Outcome {
    run(CheckDefinition { timeout, ..CheckDefinition::new(probe) }).await
}

async fn look(probe: Probe) -> (CheckStatus, String) {
    let outcome = run(CheckDefinition::new(probe)).await;
    (outcome.status, outcome.output)
}

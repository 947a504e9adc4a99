//! One test of a client's own test runner, run against a registry of its own.

use std::process::Stdio;

use tokio::process::Command;

use crate::PATIENCE;
use crate::agent::Agent;

/// Runs it and expects that it passes and that `passed` is among its words, so that it ran at all.
pub async fn expect_pass(mut runner: Command, passed: &str) {
    let agent = Agent::start().await;
    // Settings for a real Consul in the caller's shell are not for this one.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CONSUL_") {
            runner.env_remove(name);
        }
    }
    runner.env("CONSUL_HTTP_ADDR", agent.address().to_string()).stdin(Stdio::null()).kill_on_drop(true);
    // The runner's own waits end after PATIENCE and say what did not come.
    let output = tokio::time::timeout(2 * PATIENCE, runner.output()).await;
    let output = output.unwrap_or_else(|_| panic!("{runner:?} did not end"));
    let output = output.unwrap_or_else(|error| panic!("{runner:?}: {error}"));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains(passed), "{runner:?} ended with {}\n{said}", output.status);
}

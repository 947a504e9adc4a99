//! A command in a container says how it is by its exit code.

use std::sync::Arc;
use std::time::Duration;

use muster_docker::Engine;

use super::script::{meaning, timed_out};
use crate::Outcome;
use crate::tail::Tail;

pub(super) async fn run(
    engine: &Engine,
    container: &str,
    args: &[Arc<str>],
    timeout: Duration,
    limit: usize,
) -> Outcome {
    let mut tail = Tail::new(limit);
    let args = args.iter().map(|arg| arg.to_string()).collect();
    let ran = engine.exec(container, args, |bytes| tail.write(bytes));
    match tokio::time::timeout(timeout, ran).await {
        Ok(Ok(Some(code))) => Outcome { status: meaning(i32::try_from(code).ok()), output: tail.remarked() },
        Ok(Ok(None)) => Outcome::critical(format!("no such container: {container}")),
        Ok(Err(error)) => Outcome::critical(error.to_string()),
        // The engine has no way to end what it started.
        Err(_) => Outcome::critical(timed_out(timeout, &tail)),
    }
}

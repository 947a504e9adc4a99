//! Templates that are rendered until the end, and read anew on SIGHUP.

use std::sync::Arc;

use anyhow::{Context, Result};
use muster_catalog::Discovery;
use muster_template::{Config, Runner};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::{exit, shutdown};

/// Renders until `shutdown`, or once if that is what is asked for. Each SIGHUP has the templates read anew; if that
/// fails, those from before stay.
pub async fn run(config: Config, discovery: Arc<dyn Discovery>, shutdown: CancellationToken) -> Result<()> {
    let mut hangups = shutdown::hangups().context("cannot listen for signals")?;
    let mut runner = config.clone().build(Arc::clone(&discovery))?;
    loop {
        let stop = shutdown.child_token();
        let running = runner.run(stop.clone());
        tokio::pin!(running);
        let next = loop {
            tokio::select! {
                ended = &mut running => return Ok(ended?),
                Some(()) = hangups.recv() => {
                    if let Some(next) = read_anew(&config, &discovery) {
                        break next;
                    }
                }
            }
        };
        stop.cancel();
        // Under `once` this is its being broken off, which is no failure: it begins again.
        let _ = running.await;
        runner = next;
    }
}

fn read_anew(config: &Config, discovery: &Arc<dyn Discovery>) -> Option<Runner> {
    match config.clone().build(Arc::clone(discovery)) {
        Ok(runner) => {
            info!("templates read anew");
            Some(runner)
        }
        Err(error) => {
            error!("templates not read anew, those from before stay: {}", exit::one_line(&error.into()));
            None
        }
    }
}

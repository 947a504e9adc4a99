//! Clearing up: what carries the demo's label on the engine, and the processes that it wrote down. Nothing else.

use std::fmt;
use std::path::Path;

use anyhow::Context;
use muster_testbed::docker::Docker;

use crate::processes::Processes;

/// Finds the demo's things on an engine.
pub(crate) const LABEL_FILTER: &str = "label=muster.demo=1";
/// A create that was under way when its client went ends soon after.
const PASSES: usize = 5;

/// What a run has left behind.
#[derive(Debug, Default)]
pub(crate) struct Leftovers {
    containers: Vec<String>,
    networks: Vec<String>,
    volumes: Vec<String>,
    processes: usize,
}

impl Leftovers {
    /// All that is there now.
    pub(crate) async fn find(docker: &Docker, processes: &Processes) -> anyhow::Result<Self> {
        Ok(Self {
            containers: docker.find(&["ps", "--all"], &[LABEL_FILTER]).await?,
            networks: docker.find(&["network", "ls"], &[LABEL_FILTER]).await?,
            volumes: docker.find(&["volume", "ls"], &[LABEL_FILTER]).await?,
            processes: processes.running().len(),
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.processes == 0 && self.containers.is_empty() && self.networks.is_empty() && self.volumes.is_empty()
    }
}

impl fmt::Display for Leftovers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { containers, networks, volumes, processes } = self;
        let (containers, networks, volumes) = (containers.len(), networks.len(), volumes.len());
        write!(formatter, "{containers} containers, {networks} networks, {volumes} volumes and {processes} processes")
    }
}

/// Removes it all.
pub(crate) async fn clear(docker: &Docker, processes: &mut Processes) -> anyhow::Result<()> {
    processes.end_all().await.context("cannot end the demo's processes")?;
    clear_engine(docker).await
}

/// Removes the demo's containers, networks and volumes.
pub(crate) async fn clear_engine(docker: &Docker) -> anyhow::Result<()> {
    let mut outcome = Ok(());
    for _ in 0..PASSES {
        outcome = remove(docker, &["ps", "--all"], &["rm", "--force", "--volumes"]).await;
        outcome = outcome.and(remove(docker, &["network", "ls"], &["network", "rm"]).await);
        outcome = outcome.and(remove(docker, &["volume", "ls"], &["volume", "rm"]).await);
        if outcome.is_ok() {
            break;
        }
    }
    outcome.context("cannot remove all that carries the label muster.demo=1")
}

async fn remove(docker: &Docker, list: &[&str], removal: &[&str]) -> anyhow::Result<()> {
    let found = docker.find(list, &[LABEL_FILTER]).await?;
    if found.is_empty() {
        return Ok(());
    }
    let mut arguments = removal.to_vec();
    arguments.extend(found.iter().map(String::as_str));
    docker.run(&arguments).await?;
    Ok(())
}

/// What is kept on purpose, for the next run.
pub(crate) fn what_stays(cache: &Path) -> String {
    format!(
        "No container, network, volume or process of the demo is left. What stays, for the next run: the images \
         muster-demo/base, lb, redis and web; {} (the base's archive, the last run's logs).",
        cache.display()
    )
}

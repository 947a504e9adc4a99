//! The application on the engine: Compose's project, seen by Docker's own lists.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, ensure};
use muster_testbed::compose::Compose;
use muster_testbed::docker::Docker;

use crate::arguments::Arguments;
use crate::chain::EXPOSED_NETWORK;
use crate::step::Form;

const PROJECT: &str = "muster-demo";
/// Docker shows a container's ID in this length, and so does the container's host name.
const SHORT_ID: usize = 12;

/// The Compose project.
#[derive(Debug)]
pub(super) struct Application {
    docker: Docker,
    compose: Compose,
    /// At which the registry listens for containers.
    gateway: IpAddr,
    /// The load balancer's container and when it was started: it has to stay the same all along.
    lb: Mutex<Option<(String, String)>>,
}

impl Application {
    /// Nothing is started yet.
    pub(super) async fn new(arguments: &Arguments, docker: &Docker, directory: &Path) -> anyhow::Result<Self> {
        let file = directory.join("compose.yaml");
        std::fs::write(&file, include_str!("../../compose.yaml"))
            .with_context(|| format!("cannot write {}", file.display()))?;
        let gateway = gateway(docker, EXPOSED_NETWORK).await?;
        let environment = vec![
            ("MUSTER_DEMO_LB_PORT".to_owned(), arguments.lb_port.to_string()),
            ("MUSTER_DEMO_CONSUL_URL".to_owned(), format!("{gateway}:{}", arguments.registry_port)),
        ];
        let compose = Compose::new(docker, &file, PROJECT, environment).await?;
        Ok(Self { docker: docker.clone(), compose, gateway, lb: Mutex::new(None) })
    }

    /// The gateway at which containers reach the registry.
    pub(super) fn gateway(&self) -> IpAddr {
        self.gateway
    }

    /// The load balancers to come have muster in them, or the real consul-template.
    pub(super) fn choose_lb(&mut self, form: Form) {
        let image = if form == Form::Peers { "muster-demo/lb-peers" } else { "muster-demo/lb" };
        self.compose.set("MUSTER_DEMO_LB_IMAGE", image);
    }

    /// Brings up everything, with so many web containers.
    pub(super) async fn scale(&self, web: usize) -> anyhow::Result<()> {
        Ok(self.compose.up("web", web).await?)
    }

    /// The short IDs of the web containers that run, by Docker's own list.
    pub(super) async fn running(&self) -> anyhow::Result<BTreeSet<String>> {
        let ids = self.containers("web", &[]).await?;
        Ok(ids.iter().map(|id| id[..SHORT_ID].to_owned()).collect())
    }

    /// One web container that was stopped.
    pub(super) async fn stopped(&self) -> anyhow::Result<String> {
        let ids = self.containers("web", &["status=exited"]).await?;
        ids.into_iter().next().context("no web container is stopped")
    }

    async fn containers(&self, service: &str, more: &[&str]) -> anyhow::Result<Vec<String>> {
        let labels = self.compose.filter(service);
        let mut filters: Vec<&str> = labels.iter().map(String::as_str).collect();
        filters.extend(more);
        Ok(self.docker.find(&["ps"], &filters).await?)
    }

    async fn only(&self, service: &str) -> anyhow::Result<String> {
        let ids = self.containers(service, &[]).await?;
        ensure!(ids.len() == 1, "{} containers of {service} run, not one", ids.len());
        Ok(ids.into_iter().next().unwrap_or_default())
    }

    /// Where the configuration that the load balancer's container renders is seen from outside.
    pub(super) async fn configuration(&self) -> anyhow::Result<PathBuf> {
        let lb = self.only("lb").await?;
        let pid = self.docker.run(&["inspect", "--format", "{{.State.Pid}}", &lb]).await?;
        Ok(format!("/proc/{pid}/root/etc/nginx/conf.d/default.conf").into())
    }

    /// The counter, asked of Redis itself.
    pub(super) async fn hits(&self) -> anyhow::Result<u64> {
        let redis = self.only("redis").await?;
        let text = self.docker.run(&["exec", &redis, "redis-cli", "--raw", "GET", "hits"]).await?;
        // No key yet: an empty line.
        if text.is_empty() { Ok(0) } else { text.parse().with_context(|| format!("redis-cli printed {text:?}")) }
    }

    /// Fails if the load balancer's container is not the one of the first time, running since.
    pub(super) async fn same_lb_as_ever(&self) -> anyhow::Result<()> {
        let lb = self.docker.inspect(&self.only("lb").await?).await?;
        let now = (lb.id, lb.started_at);
        let mut first = self.lb.lock().unwrap_or_else(PoisonError::into_inner);
        let first = first.get_or_insert_with(|| now.clone());
        ensure!(*first == now, "lb was started again: {first:?} before, {now:?} now");
        Ok(())
    }

    /// The next load balancer is another one.
    pub(super) fn forget_lb(&self) {
        *self.lb.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The last lines that the load balancer's container wrote.
    pub(super) async fn lb_log(&self) -> String {
        let Ok(ids) = self.containers("lb", &["status=exited", "status=running"]).await else { return String::new() };
        let Some(lb) = ids.first() else { return "there is no lb container".to_owned() };
        let mut command = self.docker.command(self.docker.program());
        command.args(["logs", "--tail", "20", lb]);
        match command.output().await {
            Ok(output) => {
                String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
            }
            Err(error) => error.to_string(),
        }
    }
}

/// The host's address on a bridge network.
async fn gateway(docker: &Docker, network: &str) -> anyhow::Result<IpAddr> {
    let format = "{{with index .IPAM.Config 0}}{{.Gateway}} {{.Subnet}}{{end}}";
    let text = docker.run(&["network", "inspect", "--format", format, network]).await?;
    let (gateway, subnet) = text.split_once(' ').unwrap_or((&text, ""));
    if let Ok(gateway) = gateway.parse() {
        return Ok(gateway);
    }
    // Until its second start an engine of 20.10 does not say docker0's; it is the subnet's first address.
    let address: Option<Ipv4Addr> = subnet.split('/').next().and_then(|address| address.parse().ok());
    let address = address.with_context(|| format!("the network {network} has no gateway ({text:?})"))?;
    Ok(Ipv4Addr::from(u32::from(address) + 1).into())
}

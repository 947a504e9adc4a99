//! The real programs that muster stands in for, run as their users run them, for a comparison on the same engine.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use muster_testbed::docker::Docker;
use tokio::process::Command;

/// Consul, Registrator and consul-template, and the gateway at which containers are to reach Consul.
#[derive(Debug, Clone)]
pub(crate) struct Peers {
    consul: PathBuf,
    registrator: PathBuf,
    consul_template: PathBuf,
    docker: Docker,
}

impl Peers {
    /// Those that the environment names.
    pub(crate) fn from_environment(docker: &Docker) -> anyhow::Result<Self> {
        Ok(Self {
            consul: program("MUSTER_PEER_CONSUL")?,
            registrator: program("MUSTER_PEER_REGISTRATOR")?,
            consul_template: program("MUSTER_PEER_CONSUL_TEMPLATE")?,
            docker: docker.clone(),
        })
    }

    /// What goes into the load balancer's image.
    pub(crate) fn consul_template(&self) -> &Path {
        &self.consul_template
    }

    /// One durable Consul server that listens on 127.0.0.1 and on `gateway`.
    pub(crate) fn consul(&self, data: &Path, port: u16, gateway: IpAddr) -> Command {
        let mut command = self.docker.command(&self.consul);
        command.args(["agent", "-server", "-bootstrap-expect=1", "-node=demo", "-bind=127.0.0.1", "-log-level=warn"]);
        command.arg("-data-dir").arg(data).arg(format!("-client=127.0.0.1 {gateway}"));
        command.arg(format!("-http-port={port}"));
        for (number, name) in ["server", "serf-lan", "serf-wan"].into_iter().enumerate() {
            command.arg(format!("-{name}-port={}", usize::from(port) + number + 1));
        }
        command.args(["-dns-port=-1", "-grpc-port=-1", "-grpc-tls-port=-1"]);
        command
    }

    /// Registrator for the containers of this engine.
    pub(crate) fn registrator(&self, arguments: &[&str], registry: SocketAddr) -> Command {
        let mut command = self.docker.command(&self.registrator);
        command.args(arguments).arg(format!("consul://{registry}"));
        command
    }

    /// What the programs say of their versions.
    pub(crate) async fn versions(&self) -> anyhow::Result<Vec<String>> {
        let consul = first_line(&self.consul, "version").await?;
        let registrator = format!("Registrator {}", first_line(&self.registrator, "--version").await?);
        let template = first_line(&self.consul_template, "-version").await?;
        Ok(vec![consul, registrator, template])
    }
}

fn program(variable: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    let path = path.with_context(|| format!("{variable} is not set: it names the real program to compare with"))?;
    ensure!(path.is_file(), "{variable}={} is not there", path.display());
    Ok(path)
}

async fn first_line(program: &Path, argument: &str) -> anyhow::Result<String> {
    let output = Command::new(program).arg(argument).output().await;
    let output = output.with_context(|| format!("cannot run {}", program.display()))?;
    // consul-template tells it on standard error.
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    Ok(String::from_utf8_lossy(&text).lines().next().unwrap_or_default().to_owned())
}

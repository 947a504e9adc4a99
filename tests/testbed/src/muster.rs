//! The command lines of muster's programs.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::docker::Docker;

/// The muster program, and the engine that it is to look at.
#[derive(Debug, Clone)]
pub struct Muster {
    binary: PathBuf,
    docker: Docker,
}

/// Where a registry keeps its state and where it listens.
#[derive(Debug, Clone)]
pub struct RegistryPlace {
    /// Its data directory.
    pub data: PathBuf,
    /// Its port on 127.0.0.1 and on the gateways of the networks below.
    pub port: u16,
    /// Docker networks whose containers are to reach it.
    pub expose_to: Vec<String>,
}

impl Muster {
    /// The program at `binary`.
    pub fn new(binary: &Path, docker: &Docker) -> Self {
        Self { binary: binary.to_owned(), docker: docker.clone() }
    }

    /// `muster agent`: the registry.
    pub fn agent(&self, place: &RegistryPlace, node: &str) -> Command {
        let mut command = self.command("agent");
        command.args(["-bootstrap", "-node", node]).arg("-data-dir").arg(&place.data);
        command.arg("-http-port").arg(place.port.to_string()).args(["-dns-port", "0"]);
        for network in &place.expose_to {
            command.args(["--expose-to", network]);
        }
        command
    }

    /// `muster registrator` with more arguments, for a registry at an address.
    pub fn registrator(&self, arguments: &[&str], registry: SocketAddr) -> Command {
        let mut command = self.command("registrator");
        command.args(arguments).arg(format!("consul://{registry}"));
        command
    }

    /// `muster up`: registry and registrator in one process.
    pub fn up(&self, place: &RegistryPlace) -> Command {
        let mut command = self.command("up");
        command.arg("--data-dir").arg(&place.data).arg("--http-port").arg(place.port.to_string());
        command.args(["--dns-port", "0"]);
        for network in &place.expose_to {
            command.args(["--expose-to", network]);
        }
        command
    }

    /// The same program under consul-template's name.
    pub fn consul_template(&self, registry: SocketAddr, template: &str) -> Command {
        let mut command = self.docker.command(&self.binary);
        command.arg0("consul-template").arg(format!("-consul={registry}")).arg(format!("-template={template}"));
        command
    }

    fn command(&self, subcommand: &str) -> Command {
        let mut command = self.docker.command(&self.binary);
        command.arg(subcommand);
        command
    }
}

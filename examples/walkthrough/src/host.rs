//! The hosts: Docker's own client against each machine's engine.

use std::process::Stdio;

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// The application's image; all its containers on all hosts are of one service.
pub(crate) const WEB: &str = "hanzel/tutum-nodejs-redis";
/// The application's port inside its containers.
const WEB_PORT: &str = "4000/tcp";

/// A machine.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    pub name: String,
    pub address: String,
    /// DOCKER_HOST and the like, as `docker-machine env` gives them.
    variables: Vec<(String, String)>,
}

/// A container of the application.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Web {
    /// Its host's address, where its port is published.
    pub address: String,
    pub port: u16,
    /// The short ID, which is what it answers with.
    pub id: String,
}

impl Host {
    /// From what `docker-machine env` prints for a Bourne shell.
    pub(crate) fn new(name: &str, address: &str, environment: &str) -> anyhow::Result<Self> {
        let exports = environment.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
        let variables: Vec<(String, String)> =
            exports.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect();
        let expected = ("DOCKER_HOST".to_owned(), format!("tcp://{address}:2376"));
        ensure!(variables.contains(&expected), "docker-machine env {name} does not give {expected:?}: {environment}");
        ensure!(variables.iter().any(|(name, _)| name == "DOCKER_TLS_VERIFY"), "{name} is not reached by TLS");
        Ok(Self { name: name.to_owned(), address: address.to_owned(), variables })
    }

    /// Runs `docker ARGUMENTS…` against it.
    pub(crate) async fn docker(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.command(arguments).output().await.context("cannot run docker")?;
        let text = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        if output.status.success() {
            return Ok(text);
        }
        bail!("docker {} on {}: {}", arguments.join(" "), self.name, String::from_utf8_lossy(&output.stderr).trim())
    }

    /// The application's containers that run.
    pub(crate) async fn webs(&self) -> anyhow::Result<Vec<Web>> {
        let filter = format!("ancestor={WEB}");
        let list = self.docker(&["ps", "--filter", &filter, "--format", "{{.ID}} {{.Ports}}"]).await?;
        let web = |line: &str| {
            let (id, ports) = line.split_once(' ')?;
            Some(Web { address: self.address.clone(), port: published(ports)?, id: id.to_owned() })
        };
        list.lines()
            .map(|line| {
                web(line).with_context(|| format!("no container with port {WEB_PORT} on {}: {line}", self.name))
            })
            .collect()
    }

    /// What became of its containers, for who has to find out why something is not there: an engine starts a container
    /// once after its own start, and not again where that failed, as it does when its network's manager is slow to answer.
    pub(crate) async fn containers(&self) -> String {
        let format =
            "{{.Name}} {{.State.Status}} since {{.State.StartedAt}}, exit code {{.State.ExitCode}} {{.State.Error}}";
        let told = async {
            let ids = self.docker(&["ps", "--all", "--quiet"]).await?;
            let mut arguments = vec!["inspect", "--format", format];
            arguments.extend(ids.lines());
            self.docker(&arguments).await
        };
        told.await.unwrap_or_else(|error| format!("{error:#}"))
    }

    /// Its engine's events from now on.
    pub(crate) fn events(&self, filter: &str) -> anyhow::Result<Events> {
        let mut child = self.command(&["events", "--filter", filter, "--format", "{{.Action}}"]);
        let mut child = child.stdout(Stdio::piped()).spawn().context("cannot run docker events")?;
        let output = child.stdout.take().context("docker events has no output")?;
        Ok(Events { _child: child, lines: BufReader::new(output).lines() })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.args(arguments).envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}

/// Where the application's port is published, from the ports as `docker ps` lists them.
fn published(ports: &str) -> Option<u16> {
    let place = ports.split(", ").find_map(|port| port.strip_suffix(WEB_PORT)?.strip_suffix("->"))?;
    place.rsplit_once(':')?.1.parse().ok()
}

/// An engine's events.
#[derive(Debug)]
pub(crate) struct Events {
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Events {
    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> anyhow::Result<String> {
        self.lines.next_line().await.context("cannot read events")?.context("the events ended")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_port_is_found_among_others() {
        assert_eq!(published("80/tcp, 0.0.0.0:32769->4000/tcp, [::]:32770->4000/tcp"), Some(32769));
        assert_eq!(published("4000/tcp, 0.0.0.0:1->14000/tcp"), None);
    }

    #[test]
    fn a_host_without_tls_or_at_another_address_is_none() {
        let environment = "export DOCKER_TLS_VERIFY=\"1\"\nexport DOCKER_HOST=\"tcp://10.0.0.2:2376\"\n# Run this\n";
        assert!(Host::new("m", "10.0.0.2", environment).is_ok());
        assert!(Host::new("m", "10.0.0.3", environment).is_err());
        assert!(Host::new("m", "10.0.0.2", "export DOCKER_HOST=\"tcp://10.0.0.2:2376\"").is_err());
    }
}

//! What has to hold: the script's checks by name, on the hosts, the registry and the load balancer.

mod failure;
mod registration;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail, ensure};

use crate::host::Host;
use crate::registry::Registry;
use crate::shell::Shell;
use crate::traffic::Load;
use failure::Death;

/// Nothing is waited for longer, but for what has a time of its own.
const PATIENCE: Duration = Duration::from_secs(180);

/// All that checks need to know.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    /// By name; those that are up.
    hosts: BTreeMap<String, Host>,
    /// Hosts that died, and when.
    dead: BTreeMap<String, Death>,
    load: Option<Load>,
}

impl Stage {
    /// Checks one; gives what held, in a line.
    pub(crate) async fn check(&mut self, words: &[String], shell: &mut Shell) -> anyhow::Result<String> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["host", name, variable] => self.host(name, variable, shell).await,
            ["nodes", count] => self.nodes(count.parse()?).await,
            ["registry"] => {
                self.registry()?.serves(PATIENCE).await?;
                self.registry()?.remember().await?;
                Ok(format!("http://{} answers Consul's API", self.registry()?.0))
            }
            ["registry-anew"] => {
                self.registry()?.serves(PATIENCE).await?;
                let remembers = self.registry()?.remembers().await?;
                ensure!(!remembers, "the registry still has what was written before");
                Ok(format!("http://{} answers Consul's API, and has nothing of before", self.registry()?.0))
            }
            ["registered-within-a-second", name] => self.registered_within_a_second(name).await,
            ["registered-on", name] => self.registered_on(name).await,
            ["answers", count] => self.answers(count.parse()?).await,
            ["load"] => {
                self.load = Some(Load::start(self.lb()?));
                Ok("from here on a request every 50 ms".to_owned())
            }
            ["end-load"] => self.end_load(),
            ["host-dies", name] => self.host_dies(name).await,
            ["node-down", name] => self.node_down(name).await,
            ["host-returns", name] => self.host_returns(name).await,
            ["host-forgotten", name] => self.host_forgotten(name).await,
            other => bail!("there is no check {other:?}"),
        }
    }

    /// A machine is a Docker host with its own address, reached over TLS; and the variable has that address.
    async fn host(&mut self, name: &str, variable: &str, shell: &mut Shell) -> anyhow::Result<String> {
        let address = printed(shell, &format!("docker-machine ip {name}")).await?;
        let value = shell.variable(variable).await?;
        ensure!(value == address, "{variable} is {value:?}, and `docker-machine ip {name}` says {address:?}");
        if !self.hosts.contains_key(name) {
            let environment = printed(shell, &format!("docker-machine env {name} 2>/dev/null")).await?;
            let host = Host::new(name, &address, &environment)?;
            let own = self.hosts.values().all(|other| other.address != host.address);
            ensure!(own, "{name} has another's address, {address}");
            host.docker(&["version", "--format", "{{.Server.Version}}"]).await?;
            self.hosts.insert(name.to_owned(), host);
        }
        Ok(format!("{name} is a Docker host at {address}, reached over TLS; {variable} is its address"))
    }

    /// The swarm has so many nodes, all Ready and Active, and manager1 leads it.
    async fn nodes(&self, count: usize) -> anyhow::Result<String> {
        let manager = self.host_named("manager1")?;
        let mut events = manager.events("type=node")?;
        let wait = async {
            loop {
                let format = "{{.Hostname}} {{.Status}} {{.Availability}} {{.ManagerStatus}}";
                let list = manager.docker(&["node", "ls", "--format", format]).await?;
                let ready = |line: &str| line.split(' ').skip(1).take(2).eq(["Ready", "Active"]);
                let leads = list.lines().any(|line| line == "manager1 Ready Active Leader");
                if list.lines().count() == count && leads && list.lines().all(ready) {
                    return anyhow::Ok(());
                }
                events.next().await?;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.with_context(|| format!("not {count} nodes in {PATIENCE:?}"))??;
        Ok(format!("{count} nodes, all Ready and Active, manager1 is the Leader"))
    }

    fn host_named(&self, name: &str) -> anyhow::Result<&Host> {
        self.hosts.get(name).with_context(|| format!("{name} is not up"))
    }

    fn lb(&self) -> anyhow::Result<SocketAddr> {
        let address = self.host_named("manager1")?.address.parse().context("manager1's address")?;
        Ok(SocketAddr::new(address, 80))
    }

    fn registry(&self) -> anyhow::Result<Registry> {
        let address = self.host_named("manager1")?.address.parse().context("manager1's address")?;
        Ok(Registry(SocketAddr::new(address, 8500)))
    }

    fn end_load(&mut self) -> anyhow::Result<String> {
        let load = self.load.take().context("there is no load")?;
        Ok(format!("while all this went on: {}", load.tally()))
    }
}

/// What a line prints, if it ends well.
async fn printed(shell: &mut Shell, line: &str) -> anyhow::Result<String> {
    let printed = shell.run(line, |_| {}).await?;
    ensure!(printed.code == 0, "{line} ended with {}: {}", printed.code, printed.text.trim());
    Ok(printed.text.trim().to_owned())
}

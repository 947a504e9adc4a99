//! muster's part: the registry and the registrator as processes on this machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use muster_testbed::muster::{Muster, RegistryPlace};
use muster_testbed::program::{Line, Program, Stream};
use muster_testbed::registry::Registry;
use muster_testbed::wait::until;
use tokio::process::Command;

use crate::peers::Peers;
use crate::processes::Processes;
use crate::step::Form;

const PATIENCE: Duration = Duration::from_secs(60);
/// A real Consul elects itself first.
const ELECTION: Duration = Duration::from_secs(60);
/// Docker's own bridge: every engine has it, before any network of ours.
pub(crate) const EXPOSED_NETWORK: &str = "bridge";

/// The running programs of one form.
#[derive(Debug)]
pub(crate) struct Chain {
    form: Form,
    muster: Muster,
    registry: Registry,
    /// The real programs, and the gateway at which containers reach their Consul.
    peers: Option<(Peers, IpAddr)>,
    directory: PathBuf,
    /// One more for each registry that starts empty.
    generation: u32,
    /// The agent, or `muster up`.
    serving: Option<Program>,
    registrator: Option<Program>,
}

impl Chain {
    /// Starts all of it, knowing nothing.
    pub(crate) async fn start(
        form: Form,
        muster: &Muster,
        registry: SocketAddr,
        peers: Option<(Peers, IpAddr)>,
        processes: &mut Processes,
    ) -> anyhow::Result<Self> {
        let mut chain = Self {
            form,
            muster: muster.clone(),
            registry: Registry::at(registry),
            peers,
            directory: processes.directory().to_owned(),
            generation: 0,
            serving: None,
            registrator: None,
        };
        chain.empty()?;
        chain.start_registry(processes).await?;
        chain.start_registrator(processes).await?;
        Ok(chain)
    }

    pub(crate) fn form(&self) -> Form {
        self.form
    }

    pub(crate) fn registry(&self) -> Registry {
        self.registry
    }

    /// Starts the registry, with the registrator in it if both are one, and waits until it serves.
    pub(crate) async fn start_registry(&mut self, processes: &mut Processes) -> anyhow::Result<()> {
        let place = RegistryPlace {
            data: self.data(),
            port: self.registry.address().port(),
            expose_to: vec![EXPOSED_NETWORK.to_owned()],
        };
        let (name, command) = match self.form {
            Form::Separate => ("muster agent", self.muster.agent(&place, "demo")),
            Form::OneProcess => ("muster up", self.muster.up(&place)),
            Form::Peers => {
                let (peers, gateway) = self.peers()?;
                ("consul", peers.consul(&place.data, place.port, *gateway))
            }
        };
        let mut program = self.launch(name, command, processes)?;
        program.wait_for_line("that it is ready", PATIENCE, |line| line.stream == Stream::Out).await?;
        until("the registry serves", ELECTION, async || self.registry.leader().await).await?;
        self.serving = Some(program);
        Ok(())
    }

    /// SIGKILL, as when the power fails.
    pub(crate) async fn kill_registry(&mut self) -> anyhow::Result<()> {
        self.serving.take().context("no registry runs")?.kill().await?;
        Ok(())
    }

    /// From now on the registry knows nothing: its data directory is a new one.
    pub(crate) fn empty(&mut self) -> anyhow::Result<()> {
        self.generation += 1;
        let data = self.data();
        if data.exists() {
            std::fs::remove_dir_all(&data).with_context(|| format!("cannot remove {}", data.display()))?;
        }
        Ok(())
    }

    /// Starts the registrator, if it is a process of its own.
    pub(crate) async fn start_registrator(&mut self, processes: &mut Processes) -> anyhow::Result<()> {
        if self.form != Form::OneProcess {
            // Left to itself it takes what the host's name resolves to, as Registrator does: on Debian a loopback.
            let address = host_address().map(|address| address.to_string());
            let arguments: Vec<&str> = address.iter().flat_map(|address| ["-ip", address]).collect();
            let registry = self.registry.address();
            let (name, command) = match self.form {
                Form::Peers => ("registrator", self.peers()?.0.registrator(&arguments, registry)),
                _ => ("muster registrator", self.muster.registrator(&arguments, registry)),
            };
            let mut registrator = self.launch(name, command, processes)?;
            // Registrator says nothing when it is ready, but when it begins.
            let ready = |line: &Line| line.stream == Stream::Out || line.text.contains("Syncing services");
            registrator.wait_for_line("that it is ready", PATIENCE, ready).await?;
            self.registrator = Some(registrator);
        }
        Ok(())
    }

    /// Stops the registrator, if it is a process of its own.
    pub(crate) async fn stop_registrator(&mut self) -> anyhow::Result<()> {
        if let Some(mut registrator) = self.registrator.take() {
            match self.form {
                // The real one knows no signal and ends as any program that has none for it.
                Form::Peers => registrator.kill().await?,
                _ => registrator.terminate(PATIENCE).await?,
            };
        }
        Ok(())
    }

    /// Stops everything, as a user does.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.stop_registrator().await?;
        if let Some(mut serving) = self.serving.take() {
            serving.terminate(PATIENCE).await?;
        }
        Ok(())
    }

    /// Where the programs' lines go.
    pub(crate) fn log(&self) -> PathBuf {
        self.directory.join("muster.log")
    }

    fn data(&self) -> PathBuf {
        let form = match self.form {
            Form::Separate => "agent",
            Form::OneProcess => "up",
            Form::Peers => "consul",
        };
        self.directory.join(format!("registry-{form}-{}", self.generation))
    }

    fn peers(&self) -> anyhow::Result<&(Peers, IpAddr)> {
        self.peers.as_ref().context("the real programs are not named")
    }

    fn launch(&self, name: &str, command: Command, processes: &mut Processes) -> anyhow::Result<Program> {
        let program = Program::start(name, command, Some(&self.log()))?;
        processes.add(program.pid(), name)?;
        Ok(program)
    }
}

/// This host's address on its default route. Asks the kernel, sends nothing.
fn host_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // An address of no network (TEST-NET-1), so only the default route leads there.
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

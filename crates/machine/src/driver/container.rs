//! A Docker host as a container of an engine: a dockerd and an sshd of its own, an address of its own.
//!
//! Such a machine is root on its engine's host: the container has every capability that the engine can give.

mod capability;
mod image;
mod network;
mod options;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use futures_util::StreamExt;
use muster_docker::hosting::{Attachment, NewContainer, NewFile, NewNetwork, Privileges};
use muster_docker::{Container, DEFAULT_ADDRESS, Engine, EngineAddress, EngineError};
use network::Subnet;
pub use options::{ContainerOptions, InvalidOption};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Driver, DriverError, Keys, Pending, State};
use crate::{MachineName, Progress, Store};

/// On every container, volume and network that is made here; on containers its value is the machine's name.
pub const LABEL: &str = "muster.machine";
const ID_LABEL: &str = "muster.machine.id";
const ADDRESS_LABEL: &str = "muster.machine.address";
/// What machine-init says once sshd listens.
const SSH_IS_READY: &str = "machine-init: ssh is ready";
const INIT_ERROR: &str = "machine-init: error: ";
const SSH_PATIENCE: Duration = Duration::from_secs(60);
/// dockerd inside stops its own containers first.
const STOP_PATIENCE: Duration = Duration::from_secs(60);
/// Two stores on one engine can choose the same address.
const ADDRESS_ATTEMPTS: usize = 5;
const LOG_LINES: usize = 20;
/// More than a log can have.
const ALL_LINES: usize = 10_000_000;

/// A container that is a machine.
pub struct ContainerDriver {
    name: MachineName,
    store: Store,
    options: ContainerOptions,
    engine: Engine,
}

impl ContainerDriver {
    /// The machine `name` of a store; nothing is made or asked yet.
    pub fn new(name: MachineName, store: Store, options: ContainerOptions) -> Result<Self, DriverError> {
        let address = if options.engine.is_empty() { DEFAULT_ADDRESS } else { &options.engine };
        let address = EngineAddress::parse(address).map_err(EngineError::from)?;
        Ok(Self { name, store, options, engine: Engine::at(address) })
    }

    /// Its container's name.
    pub fn container_name(name: &MachineName) -> String {
        format!("muster-{name}")
    }

    fn volume(&self) -> String {
        format!("muster-{}-{}", self.name, self.options.machine_id.get(..8).unwrap_or_default())
    }

    fn id_label(&self) -> String {
        format!("{ID_LABEL}={}", self.options.machine_id)
    }

    fn engine_text(&self) -> String {
        self.engine.address().to_string()
    }

    fn is_local(&self) -> bool {
        matches!(self.engine.address(), EngineAddress::Unix(_))
    }

    /// This machine's container; none: it is gone.
    async fn container(&self) -> Result<Option<Container>, DriverError> {
        for found in self.engine.labelled(&self.id_label()).await? {
            if let Some(container) = self.engine.inspect(&found.id).await? {
                return Ok(Some(container));
            }
        }
        Ok(None)
    }

    async fn required(&self) -> Result<Container, DriverError> {
        let gone = || DriverError::Gone { container: Self::container_name(&self.name), engine: self.engine_text() };
        self.container().await?.ok_or_else(gone)
    }

    async fn check_engine(&self, progress: &Progress, interrupt: &CancellationToken) -> Result<(), DriverError> {
        self.engine.info().await?;
        self.check_name().await?;
        self.ensure_image(progress, interrupt).await
    }

    /// Another container may have the name that this machine's is to have.
    async fn check_name(&self) -> Result<(), DriverError> {
        let container = Self::container_name(&self.name);
        match self.engine.inspect(&container).await? {
            Some(found) if found.labels.get(ID_LABEL) != Some(&self.options.machine_id) => {
                Err(DriverError::ContainerTaken { engine: self.engine_text(), container })
            }
            _ => Ok(()),
        }
    }

    async fn make(&self, keys: &Keys, interrupt: &CancellationToken) -> Result<IpAddr, DriverError> {
        let on_host = |path: &str| self.is_local().then(|| std::fs::read_to_string(path).ok()).flatten();
        let (status, last) = (on_host("/proc/self/status"), on_host("/proc/sys/kernel/cap_last_cap"));
        let mut forms = capability::forms(status.as_deref(), last.as_deref()).into_iter().peekable();
        let mut refused = BTreeSet::new();
        while let Some(form) = forms.next() {
            for _ in 0..ADDRESS_ATTEMPTS {
                let (id, address) = self.make_container(&form, &refused).await?;
                self.engine.put_files(&id, &files(keys)).await?;
                match self.engine.start_container(&id).await {
                    Ok(()) => {
                        tokio::select! {
                            answers = self.wait_for_ssh(&id, 0) => answers?,
                            () = interrupt.cancelled() => return Err(DriverError::Interrupted),
                        }
                        return Ok(IpAddr::V4(address));
                    }
                    Err(EngineError::Refused { message, .. }) if message.contains("Address already in use") => {
                        refused.insert(address);
                        self.engine.remove_container(&id).await?;
                    }
                    Err(EngineError::Refused { message, .. })
                        if is_about_privileges(&message) && forms.peek().is_some() =>
                    {
                        tracing::debug!(%message, ?form, "this form is refused, trying the next");
                        self.engine.remove_container(&id).await?;
                        break;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Err(DriverError::NoAddress { network: network::MACHINES.to_owned() })
    }

    /// Makes networks, volume and container, under the store's lock: addresses are chosen by what is there.
    async fn make_container(
        &self,
        privileges: &Privileges,
        refused: &BTreeSet<Ipv4Addr>,
    ) -> Result<(String, Ipv4Addr), DriverError> {
        let _lock = self.store.lock().await?;
        let subnet = self.ensure_network(network::MACHINES).await?;
        self.ensure_network(network::OUTSIDE).await?;
        let mut taken = refused.clone();
        for machine in self.engine.labelled(LABEL).await? {
            taken.extend(machine.labels.get(ADDRESS_LABEL).and_then(|text| text.parse::<Ipv4Addr>().ok()));
        }
        let none_left = || DriverError::NoAddress { network: network::MACHINES.to_owned() };
        let address = subnet.free_address(&taken).ok_or_else(none_left)?;
        let labels =
            [(LABEL.to_owned(), self.name.to_string()), (ID_LABEL.to_owned(), self.options.machine_id.clone())];
        self.engine.create_volume(&self.volume(), &labels).await?;
        let mut labels = BTreeMap::from(labels);
        labels.insert(ADDRESS_LABEL.to_owned(), address.to_string());
        let id = self.engine.create_container(self.blueprint(privileges.clone(), address, labels)).await?;
        let attachment = Attachment { network: network::MACHINES.to_owned(), address };
        self.engine.attach(&id, attachment).await?;
        Ok((id, address))
    }

    fn blueprint(&self, privileges: Privileges, address: Ipv4Addr, labels: BTreeMap<String, String>) -> NewContainer {
        let mut environment = vec![format!("MACHINE_ADDRESS={address}")];
        let mut data = "/var/lib/docker";
        if self.options.disk_size > 0 {
            environment.push(format!("MACHINE_DISK_MB={}", self.options.disk_size));
            data = "/var/lib/machine-disk";
        }
        let servers = if self.is_local() { name_servers() } else { Vec::new() };
        if !servers.is_empty() {
            environment.push(format!("MACHINE_DNS={}", servers.join(" ")));
        }
        NewContainer {
            name: Self::container_name(&self.name),
            image: self.options.image.clone(),
            hostname: self.name.to_string(),
            labels,
            environment,
            privileges,
            network: Some(network::OUTSIDE.to_owned()),
            volumes: vec![(self.volume(), data.to_owned())],
            memory_directories: vec![("/run".to_owned(), String::new()), ("/tmp".to_owned(), "exec".to_owned())],
            memory_bytes: self.options.memory << 20,
            nano_cpus: self.options.cpu_count.max(0) * 1_000_000_000,
            name_servers: Vec::new(),
        }
    }

    /// Makes a network where it is not there; gives its subnet.
    async fn ensure_network(&self, name: &str) -> Result<Subnet, DriverError> {
        let networks = self.engine.networks().await?;
        if let Some(found) = networks.iter().find(|network| network.name == name) {
            let subnet = found.subnets.iter().find_map(|text| Subnet::parse(text));
            return subnet.ok_or_else(|| DriverError::NoAddress { network: name.to_owned() });
        }
        let mut used: Vec<_> =
            networks.iter().flat_map(|network| &network.subnets).filter_map(|text| Subnet::parse(text)).collect();
        if self.is_local() {
            used.extend(network::routed(&std::fs::read_to_string("/proc/net/route").unwrap_or_default()));
        }
        let candidates = network::candidates(name);
        for subnet in network::free(&candidates, &used) {
            let labels = BTreeMap::from([(LABEL.to_owned(), String::new())]);
            let parsed = Subnet::parse(&subnet);
            match self.engine.create_network(NewNetwork { name: name.to_owned(), subnet, labels }).await {
                Ok(()) => return parsed.ok_or_else(|| DriverError::NoAddress { network: name.to_owned() }),
                Err(EngineError::Refused { message, .. }) if message.contains("overlap") => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(DriverError::NoSubnet { network: name.to_owned(), tried: candidates.join(", ") })
    }

    /// Waits until the container has said once more than `earlier` times that it answers over ssh.
    async fn wait_for_ssh(&self, id: &str, mut earlier: usize) -> Result<(), DriverError> {
        let mut lines = self.engine.follow_log(id).await?;
        let mut last = String::new();
        let wait = async {
            while let Some(line) = lines.next().await {
                let line = line?;
                if line.contains(SSH_IS_READY) {
                    if earlier == 0 {
                        return Ok(());
                    }
                    earlier -= 1;
                }
                last = line;
            }
            let reason = last.strip_prefix(INIT_ERROR).unwrap_or(&last);
            Err(DriverError::Ended { log: reason.to_owned() })
        };
        match timeout(SSH_PATIENCE, wait).await {
            Ok(outcome) => outcome,
            Err(_) => Err(DriverError::Ended { log: format!("no sshd within {} s", SSH_PATIENCE.as_secs()) }),
        }
    }

    /// Removes container and volume, and the networks with the engine's last machine.
    async fn clear(&self) -> Result<(), DriverError> {
        for found in self.engine.labelled(&self.id_label()).await? {
            self.engine.remove_container(&found.id).await?;
        }
        self.engine.remove_volume(&self.volume()).await?;
        let _lock = self.store.lock().await?;
        if self.engine.labelled(LABEL).await?.is_empty() {
            for network in [network::MACHINES, network::OUTSIDE] {
                match self.engine.remove_network(network).await {
                    // Another store's machine, or a container of the user's, came in meanwhile.
                    Err(EngineError::Refused { status: 403 | 409, .. }) | Ok(_) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    async fn last_lines(&self) -> Result<Vec<String>, DriverError> {
        let container = self.required().await?;
        let lines = self.engine.last_lines(&container.id, LOG_LINES).await?;
        Ok(lines)
    }
}

impl Driver for ContainerDriver {
    fn check<'a>(
        &'a self,
        progress: &'a Progress,
        interrupt: &'a CancellationToken,
    ) -> Pending<'a, Result<(), DriverError>> {
        Box::pin(self.check_engine(progress, interrupt))
    }

    fn create<'a>(
        &'a self,
        keys: &'a Keys,
        progress: &'a Progress,
        interrupt: &'a CancellationToken,
    ) -> Pending<'a, Result<IpAddr, DriverError>> {
        progress.line(&format!("({}) Creating a container from {}...", self.name, self.options.image));
        Box::pin(self.make(keys, interrupt))
    }

    fn status(&self) -> Pending<'_, Result<State, DriverError>> {
        Box::pin(async {
            let state = self.required().await?.state;
            Ok(match state {
                _ if state.restarting => State::Starting,
                _ if state.paused => State::Paused,
                _ if state.running => State::Running,
                _ => State::Stopped,
            })
        })
    }

    fn start(&self) -> Pending<'_, Result<(), DriverError>> {
        Box::pin(async {
            let container = self.required().await?;
            if container.state.running {
                return Ok(());
            }
            // Of its log, what it said in its earlier lives. By the time they could not be told apart: the engine counts
            // seconds, and has a clock of its own.
            let earlier = self.engine.last_lines(&container.id, ALL_LINES).await?;
            let earlier = earlier.iter().filter(|line| line.contains(SSH_IS_READY)).count();
            self.engine.start_container(&container.id).await?;
            self.wait_for_ssh(&container.id, earlier).await
        })
    }

    fn stop(&self) -> Pending<'_, Result<(), DriverError>> {
        Box::pin(async { Ok(self.engine.stop_container(&self.required().await?.id, STOP_PATIENCE).await?) })
    }

    fn kill(&self) -> Pending<'_, Result<(), DriverError>> {
        Box::pin(async {
            let container = self.required().await?;
            if container.state.running {
                self.engine.stop_container(&container.id, Duration::ZERO).await?;
            }
            Ok(())
        })
    }

    fn remove(&self) -> Pending<'_, Result<(), DriverError>> {
        Box::pin(self.clear())
    }

    fn log(&self) -> Pending<'_, Result<Vec<String>, DriverError>> {
        Box::pin(self.last_lines())
    }
}

/// What is put into the container before its first start.
fn files(keys: &Keys) -> Vec<NewFile> {
    let file = |path: &str, mode, content: &str| NewFile { path: path.to_owned(), mode, content: content.into() };
    vec![
        file("root/.ssh/authorized_keys", 0o600, &keys.authorized),
        file("etc/ssh/ssh_host_ed25519_key", 0o600, &keys.host_private),
        file("etc/ssh/ssh_host_ed25519_key.pub", 0o644, &keys.host_public),
    ]
}

/// The host's name servers that a container of a machine can reach, for the engine inside: its own resolver listens on
/// a loopback address, which leads nowhere from a container.
fn name_servers() -> Vec<String> {
    let servers = |path: &str| -> Vec<String> {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let words = text.lines().filter_map(|line| line.strip_prefix("nameserver")?.split_whitespace().next());
        let usable = |word: &&str| word.parse::<Ipv4Addr>().is_ok_and(|address| !address.is_loopback());
        words.filter(usable).map(str::to_owned).collect()
    };
    let own = servers("/etc/resolv.conf");
    if own.is_empty() { servers("/run/systemd/resolve/resolv.conf") } else { own }
}

fn is_about_privileges(message: &str) -> bool {
    message.contains("operation not permitted") || message.contains("apply caps")
}

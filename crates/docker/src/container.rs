//! Containers, as the engine describes them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use bollard::models::{ContainerInspectResponse, HealthStatusEnum, PortBinding, PortMap, PortSummary};

/// A container, as inspecting it tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Container {
    /// The 64-digit ID.
    pub id: String,
    /// Without the slash that the engine puts before it.
    pub name: String,
    /// The image as it was asked for, such as `registry:5000/team/app:1.2`.
    pub image: String,
    /// The host name inside the container.
    pub hostname: String,
    /// `KEY=value`, in the engine's order.
    pub env: Vec<String>,
    /// The labels of image and container.
    pub labels: BTreeMap<String, String>,
    /// What image and container say is listened on.
    pub exposed_ports: BTreeSet<Port>,
    /// The engine's port table with the first host binding of each port; none: not published. Empty
    /// while the container does not run, and with host networking.
    pub ports: BTreeMap<Port, Option<Binding>>,
    /// `default`, `bridge`, `host`, `none`, `container:<id>` or a network's name.
    pub network_mode: String,
    /// By network name.
    pub networks: BTreeMap<String, Endpoint>,
    /// What it is doing.
    pub state: ContainerState,
}

/// A container as it is listed: enough to see whether something about it changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContainerSummary {
    /// The 64-digit ID.
    pub id: String,
    /// Without the slash that the engine puts before it.
    pub name: String,
    /// The engine's word, such as `running`.
    pub state: String,
    /// Its ports, published or not, in the engine's words.
    pub ports: BTreeSet<String>,
    /// Its address on each network, by the network's name.
    pub addresses: BTreeMap<String, String>,
}

/// A container's place on one network.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Endpoint {
    /// The network's ID.
    pub network_id: String,
    /// The IPv4 address there; empty if it has none (now).
    pub ip_address: String,
}

/// What a container is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContainerState {
    /// The engine says so of paused containers too, and of those that wait for their next restart.
    pub running: bool,
    /// Frozen.
    pub paused: bool,
    /// Waits for its next restart.
    pub restarting: bool,
    /// Of the last run; 0 while the first one lasts.
    pub exit_code: i64,
    /// None: there is no health check.
    pub health: Option<Health>,
}

/// What a container's own health check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// No result that counts yet.
    Starting,
    /// The last check succeeded.
    Healthy,
    /// Too many checks failed in a row.
    Unhealthy,
}

/// A port of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// Its protocol.
    pub protocol: Protocol,
}

/// The protocols that ports can be published for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

/// Where on the host a port is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The host's address; empty or `0.0.0.0` for all.
    pub host_ip: String,
    /// The host's port.
    pub host_port: u16,
}

/// A port's text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("port {text:?} does not have the form NUMBER/tcp, NUMBER/udp or NUMBER/sctp")]
pub struct InvalidPort {
    /// What was given.
    pub text: String,
}

impl FromStr for Port {
    type Err = InvalidPort;

    /// Reads `80/tcp`; without a protocol it is TCP.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidPort { text: text.to_owned() };
        let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let protocol = match protocol {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            "sctp" => Protocol::Sctp,
            _ => return Err(invalid()),
        };
        Ok(Self { number: number.parse().map_err(|_| invalid())?, protocol })
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = match self.protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        };
        write!(f, "{}/{protocol}", self.number)
    }
}

impl From<ContainerInspectResponse> for Container {
    fn from(answer: ContainerInspectResponse) -> Self {
        let config = answer.config.unwrap_or_default();
        let settings = answer.network_settings.unwrap_or_default();
        let state = answer.state.unwrap_or_default();
        let name = answer.name.unwrap_or_default();
        Self {
            id: answer.id.unwrap_or_default(),
            name: name.strip_prefix('/').unwrap_or(&name).to_owned(),
            image: config.image.unwrap_or_default(),
            hostname: config.hostname.unwrap_or_default(),
            env: config.env.unwrap_or_default(),
            labels: config.labels.unwrap_or_default().into_iter().collect(),
            exposed_ports: config.exposed_ports.iter().flatten().filter_map(|port| port.parse().ok()).collect(),
            ports: port_table(settings.ports.unwrap_or_default()),
            network_mode: answer.host_config.and_then(|host| host.network_mode).unwrap_or_default(),
            networks: settings
                .networks
                .unwrap_or_default()
                .into_iter()
                .map(|(name, endpoint)| {
                    let network_id = endpoint.network_id.unwrap_or_default();
                    (name, Endpoint { network_id, ip_address: endpoint.ip_address.unwrap_or_default() })
                })
                .collect(),
            state: ContainerState {
                running: state.running.unwrap_or_default(),
                paused: state.paused.unwrap_or_default(),
                restarting: state.restarting.unwrap_or_default(),
                exit_code: state.exit_code.unwrap_or_default(),
                health: state.health.and_then(|health| match health.status? {
                    HealthStatusEnum::STARTING => Some(Health::Starting),
                    HealthStatusEnum::HEALTHY => Some(Health::Healthy),
                    HealthStatusEnum::UNHEALTHY => Some(Health::Unhealthy),
                    HealthStatusEnum::EMPTY | HealthStatusEnum::NONE => None,
                }),
            },
        }
    }
}

impl From<bollard::models::ContainerSummary> for ContainerSummary {
    fn from(answer: bollard::models::ContainerSummary) -> Self {
        let name = answer.names.unwrap_or_default().into_iter().next().unwrap_or_default();
        let networks = answer.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
        let port = |port: PortSummary| {
            let public = port.public_port.map(|number| number.to_string()).unwrap_or_default();
            let protocol = port.typ.map(|protocol| protocol.to_string()).unwrap_or_default();
            format!("{}:{public}->{}/{protocol}", port.ip.unwrap_or_default(), port.private_port)
        };
        Self {
            id: answer.id.unwrap_or_default(),
            name: name.strip_prefix('/').unwrap_or(&name).to_owned(),
            state: answer.state.map(|state| state.to_string()).unwrap_or_default(),
            ports: answer.ports.unwrap_or_default().into_iter().map(port).collect(),
            addresses: networks
                .into_iter()
                .map(|(network, endpoint)| (network, endpoint.ip_address.unwrap_or_default()))
                .collect(),
        }
    }
}

/// Ports that are no ports (a range in an old image) are left out: nothing can be published there.
fn port_table(ports: PortMap) -> BTreeMap<Port, Option<Binding>> {
    let first = |bindings: Option<Vec<PortBinding>>| {
        let binding = bindings?.into_iter().next()?;
        let host_port = binding.host_port?.parse().ok()?;
        Some(Binding { host_ip: binding.host_ip.unwrap_or_default(), host_port })
    };
    ports.into_iter().filter_map(|(port, bindings)| Some((port.parse().ok()?, first(bindings)))).collect()
}

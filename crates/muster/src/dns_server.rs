//! DNS ports: binding them, and serving a registry on them.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Result, bail};
use muster_dns::{Config, Dns};
use muster_registry::Registry;
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::registry_server::not_bound;

/// Consul's port.
pub const DNS_PORT: u16 = 8600;
/// How often a port that is free for TCP may turn out to be taken for UDP.
const TRIES: usize = 16;

/// How DNS is to be served.
#[derive(Debug, Clone)]
pub struct DnsConfig {
    /// Where.
    pub listen: Vec<IpAddr>,
    /// On which port; 0: any.
    pub port: u16,
    /// How it is answered.
    pub answers: Config,
}

/// Both sockets of one address.
pub struct Port {
    udp: UdpSocket,
    tcp: TcpListener,
    /// Where they are.
    pub address: SocketAddr,
}

/// DNS ports that are bound, with what answers on them.
pub struct DnsServer {
    pub dns: Dns,
    ports: Vec<Port>,
}

impl DnsServer {
    /// On ports that [`bind`] gave.
    pub fn new(config: Config, ports: Vec<Port>, registry: Registry) -> Self {
        Self { dns: config.build(registry), ports }
    }

    /// Where it is served.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.ports.iter().map(|port| port.address).collect()
    }

    /// What changes how it is answered while it is served.
    pub fn handle(&self) -> DnsHandle {
        DnsHandle { dns: self.dns.clone(), addresses: self.addresses() }
    }

    /// Serves until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut tasks = JoinSet::new();
        for port in self.ports {
            tasks.spawn(port.serve(self.dns.clone(), shutdown.clone()));
        }
        while tasks.join_next().await.is_some() {}
    }
}

/// Changes how DNS is answered.
pub struct DnsHandle {
    dns: Dns,
    addresses: Vec<SocketAddr>,
}

impl DnsHandle {
    /// Whether it could be answered so.
    pub fn check(&self, config: &Config) -> Result<()> {
        refuse_own(config, &self.addresses)
    }

    /// Answers so from now on, but for the domains.
    pub fn change(&self, config: Config) {
        self.dns.change(config);
    }
}

impl Port {
    /// Binds UDP and TCP on one port.
    pub async fn bind(address: SocketAddr) -> std::io::Result<Self> {
        let mut taken = None;
        for _ in 0..if address.port() == 0 { TRIES } else { 1 } {
            let tcp = TcpListener::bind(address).await?;
            let address = tcp.local_addr()?;
            match UdpSocket::bind(address).await {
                Ok(udp) => return Ok(Self { udp, tcp, address }),
                Err(error) => taken = Some(error),
            }
        }
        Err(taken.unwrap_or_else(|| std::io::ErrorKind::AddrInUse.into()))
    }

    /// Answers with `dns` until `shutdown`.
    pub async fn serve(self, dns: Dns, shutdown: CancellationToken) {
        dns.serve(self.udp, self.tcp, shutdown).await;
    }
}

/// Binds all that `config` names.
pub async fn bind(config: &DnsConfig) -> Result<Vec<Port>> {
    let mut ports: Vec<Port> = Vec::new();
    for address in &config.listen {
        let wanted = SocketAddr::new(*address, config.port);
        let port = Port::bind(wanted).await.map_err(|error| not_bound(wanted, "DNS", "-dns-port", error))?;
        ports.push(port);
    }
    let addresses: Vec<_> = ports.iter().map(|port| port.address).collect();
    refuse_own(&config.answers, &addresses)?;
    Ok(ports)
}

/// Refuses recursors that are `addresses`, where DNS is served here.
fn refuse_own(config: &Config, addresses: &[SocketAddr]) -> Result<()> {
    match config.recursors.iter().find(|recursor| addresses.contains(recursor)) {
        Some(own) => bail!("recursor {own} is the address that DNS is served on here: it would ask itself"),
        None => Ok(()),
    }
}

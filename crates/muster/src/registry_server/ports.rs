//! The ports and sockets of a registry.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result, anyhow};
use tokio::net::TcpListener;

use super::ServerConfig;
use crate::dns_server::{self, Port};
use crate::port_holder::{self, Holder};
use crate::unix_socket::Socket;

/// The ports and sockets, before anything is served on them.
pub struct Ports {
    pub listeners: Vec<TcpListener>,
    pub addresses: Vec<SocketAddr>,
    pub dns: Vec<Port>,
    pub sockets: Vec<Socket>,
}

impl Ports {
    /// All of them, or none.
    pub async fn bind(config: &ServerConfig) -> Result<Self> {
        let listeners = bind(&config.listen, config.http_port).await?;
        let dns = match &config.dns {
            Some(dns) => dns_server::bind(dns).await?,
            None => Vec::new(),
        };
        let sockets =
            config.sockets.iter().map(|path| Socket::bind(path, config.socket_access)).collect::<Result<_>>()?;
        let addresses =
            listeners.iter().map(TcpListener::local_addr).collect::<Result<_, _>>().context("cannot read own port")?;
        Ok(Self { listeners, addresses, dns, sockets })
    }
}

async fn bind(addresses: &[IpAddr], port: u16) -> Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    for address in addresses {
        let wanted = SocketAddr::new(*address, port);
        listeners
            .push(TcpListener::bind(wanted).await.map_err(|error| not_bound(wanted, "HTTP", "-http-port", error))?);
    }
    Ok(listeners)
}

/// Says who holds a port that is taken.
pub fn not_bound(wanted: SocketAddr, port: &str, flag: &str, error: std::io::Error) -> anyhow::Error {
    let what = format!("cannot listen on {wanted} (the {port} port)");
    match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            let end = match port_holder::find(wanted) {
                Some(Holder::Own) => {
                    return anyhow!("{what}: it is given to another part of this agent; choose another with {flag}");
                }
                Some(Holder::Other(process)) => process,
                None => "another process".to_owned(),
            };
            anyhow!("{what}: {end} has it; end that one, or choose another port with {flag}")
        }
        _ => anyhow::Error::new(error).context(what),
    }
}

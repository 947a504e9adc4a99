//! Reaching the registry from containers: HTTP and DNS on the gateway address of a named Docker network.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use muster_dns::Dns;
use muster_docker::Engine;
use muster_http::Api;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::dns_server::Port;
use crate::registry_server::RegistryServer;

/// How long until a network that is not there, or an engine that does not answer, is looked for again.
const AGAIN: Duration = Duration::from_millis(500);
/// How often a network that is served is looked at: it may have been made anew with another gateway.
const LOOK: Duration = Duration::from_secs(5);

/// What is served there, on which ports.
#[derive(Clone)]
pub struct Served {
    api: Arc<Api>,
    http_port: u16,
    dns: Option<(Dns, u16)>,
}

impl Served {
    /// What `server` serves, on the ports that it has; `http_port` if it has none for HTTP.
    pub fn by(server: &RegistryServer, http_port: u16) -> Self {
        let dns = server.dns.as_ref().and_then(|dns| Some((dns.dns.clone(), dns.addresses().first()?.port())));
        let http_port = server.addresses.first().map_or(http_port, SocketAddr::port);
        Self { api: Arc::clone(&server.api), http_port, dns }
    }

    /// Binds its ports on `address`. The error names the one that could not be had.
    async fn bind(&self, address: IpAddr) -> Result<(TcpListener, Option<Port>), (SocketAddr, std::io::Error)> {
        let http = SocketAddr::new(address, self.http_port);
        let listener = TcpListener::bind(http).await.map_err(|error| (http, error))?;
        let Some((_, port)) = &self.dns else { return Ok((listener, None)) };
        let dns = SocketAddr::new(address, *port);
        Port::bind(dns).await.map(|port| (listener, Some(port))).map_err(|error| (dns, error))
    }

    async fn run(self, listener: TcpListener, port: Option<Port>, shutdown: CancellationToken) {
        let http = muster_http::serve(self.api, listener, shutdown.clone());
        match (self.dns, port) {
            (Some((dns, _)), Some(port)) => drop(tokio::join!(http, port.serve(dns, shutdown))),
            _ => http.await,
        }
    }
}

/// Serves `served` on the gateways of `networks` until `shutdown`; a network that is not there yet is waited for,
/// one that goes is let go.
pub async fn serve(engine: Arc<Engine>, networks: Vec<String>, served: Served, shutdown: CancellationToken) {
    let mut tasks = JoinSet::new();
    for network in networks {
        let exposed = Exposed { engine: Arc::clone(&engine), network, served: served.clone() };
        tasks.spawn(exposed.run(shutdown.clone()));
    }
    while tasks.join_next().await.is_some() {}
}

struct Exposed {
    engine: Arc<Engine>,
    network: String,
    served: Served,
}

impl Exposed {
    async fn run(self, shutdown: CancellationToken) {
        let mut serving: BTreeMap<IpAddr, (CancellationToken, tokio::task::JoinHandle<()>)> = BTreeMap::new();
        let mut told = String::new();
        loop {
            let (wanted, problem) = self.gateways().await;
            if !problem.is_empty() && problem != told {
                warn!(network = self.network, "{problem}; waiting for it");
            }
            told = problem;
            if told.is_empty() {
                serving.retain(|address, (stop, _)| {
                    let stays = wanted.contains(address);
                    if !stays {
                        stop.cancel();
                    }
                    stays
                });
            }
            for address in wanted {
                if serving.get(&address).is_some_and(|(_, task)| !task.is_finished()) {
                    continue;
                }
                match self.served.bind(address).await {
                    Ok((listener, dns)) => {
                        let port = self.served.http_port;
                        info!(network = self.network, %address, port, "containers reach the registry here");
                        let stop = shutdown.child_token();
                        let serve = self.served.clone().run(listener, dns, stop.clone());
                        serving.insert(address, (stop, tokio::spawn(serve)));
                    }
                    Err((place, error)) => {
                        let problem = format!("cannot listen on {place} for it: {error}");
                        if problem != told {
                            warn!(network = self.network, "{problem}; trying again");
                        }
                        told = problem;
                    }
                }
            }
            let wait = if told.is_empty() { LOOK } else { AGAIN };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = shutdown.cancelled() => break,
            }
        }
        for (_, task) in serving.into_values() {
            let _ = task.await;
        }
    }

    /// The network's gateways, and what is wrong if there are none.
    async fn gateways(&self) -> (Vec<IpAddr>, String) {
        match self.engine.inspect_network(&self.network).await {
            Ok(Some(network)) if !network.gateways.is_empty() => {
                let parsed = network.gateways.iter().filter_map(|gateway| gateway.parse().ok());
                (parsed.collect(), String::new())
            }
            Ok(Some(_)) => (Vec::new(), format!("network {:?} has no gateway", self.network)),
            Ok(None) => (Vec::new(), format!("there is no Docker network {:?}", self.network)),
            Err(error) => (Vec::new(), error.to_string()),
        }
    }
}

//! Reaching the registry from containers: HTTP on the gateway address of a named Docker network.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use muster_docker::Engine;
use muster_http::Api;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// How long until a network that is not there, or an engine that does not answer, is looked for again.
const AGAIN: Duration = Duration::from_millis(500);
/// How often a network that is served is looked at: it may have been made anew with another gateway.
const LOOK: Duration = Duration::from_secs(5);

/// Serves `api` on the gateways of `networks` until `shutdown`; a network that is not there yet is waited for,
/// one that goes is let go.
pub async fn serve(engine: Arc<Engine>, networks: Vec<String>, port: u16, api: Arc<Api>, shutdown: CancellationToken) {
    let mut tasks = JoinSet::new();
    for network in networks {
        let exposed = Exposed { engine: Arc::clone(&engine), network, port, api: Arc::clone(&api) };
        tasks.spawn(exposed.run(shutdown.clone()));
    }
    while tasks.join_next().await.is_some() {}
}

struct Exposed {
    engine: Arc<Engine>,
    network: String,
    port: u16,
    api: Arc<Api>,
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
                match TcpListener::bind(SocketAddr::new(address, self.port)).await {
                    Ok(listener) => {
                        info!(network = self.network, %address, port = self.port, "containers reach the registry here");
                        let stop = shutdown.child_token();
                        let serve = muster_http::serve(Arc::clone(&self.api), listener, stop.clone());
                        serving.insert(address, (stop, tokio::spawn(serve)));
                    }
                    Err(error) => {
                        let problem = format!("cannot listen on {address}:{} for it: {error}", self.port);
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

//! The kinds of probes, one file each.

pub(crate) mod alias;
mod docker;
mod grpc;
mod h2ping;
mod http;
mod script;
mod tcp;
mod udp;

use std::sync::Arc;
use std::time::Duration;

use muster_docker::Engine;
use muster_model::{CheckDefinition, Probe};

use crate::Outcome;

/// How long a look over the network may take if nothing is said, and how long a command may run.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(10);
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// What probes need besides their definition.
#[derive(Debug)]
pub(crate) struct Tools {
    /// Where containers are looked for.
    pub engine: Arc<Engine>,
    /// How much output is kept where a check does not say.
    pub output_max_bytes: usize,
}

impl Tools {
    /// Runs a probe once. Never takes much longer than its timeout.
    pub async fn run(&self, definition: &CheckDefinition) -> Outcome {
        let within = |default| if definition.timeout.is_zero() { default } else { definition.timeout };
        let (timeout, patience) = (within(NETWORK_TIMEOUT), within(COMMAND_TIMEOUT));
        let limit = match definition.output_max_bytes {
            0 => self.output_max_bytes,
            bytes => usize::try_from(bytes).unwrap_or(usize::MAX),
        };
        match &definition.probe {
            Probe::Http(probe) => http::run(probe, timeout, limit).await,
            Probe::Tcp { address, tls } => tcp::run(address, tls.as_ref(), timeout).await,
            Probe::Udp { address } => udp::run(address, timeout).await,
            Probe::Grpc { target, tls } => grpc::run(target, tls.as_ref(), timeout).await,
            Probe::H2Ping { address, tls } => h2ping::run(address, tls.as_ref(), timeout).await,
            Probe::Script { args } => script::run(args, patience, limit).await,
            Probe::Docker { container, args, .. } => docker::run(&self.engine, container, args, patience, limit).await,
            Probe::Ttl { .. } | Probe::Alias { .. } | Probe::Described(_) => {
                unreachable!("the scheduler takes no checks that nobody runs by the clock")
            }
        }
    }
}

/// The host in `host:port`.
fn host(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(host, _)| host)
}

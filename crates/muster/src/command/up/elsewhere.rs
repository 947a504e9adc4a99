//! `up --registry`: registrar and templates at a registry that runs already, such as a real Consul.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use muster_catalog::LocalAgent;
use muster_consul_client::{ClientConfig, ConsulClient};

use super::super::registrator;
use crate::flags::Parsed;

/// Flags about a registry of our own.
const OWN: [&str; 5] = ["data-dir", "dns-port", "expose-to", "http-port", "node"];
/// How long whoever holds a port may take to say what it is.
const ASKING: Duration = Duration::from_secs(2);

/// A registry somewhere.
pub struct Elsewhere {
    pub client: Arc<ConsulClient>,
    pub uri: String,
}

impl Elsewhere {
    /// What `-registry` names, if it is there.
    pub fn read(parsed: &Parsed) -> Result<Option<Self>> {
        let Some(uri) = parsed.text("registry") else { return Ok(None) };
        if let Some(flag) = OWN.into_iter().find(|flag| parsed.has(flag)) {
            bail!("-{flag} is about a registry of muster's own, and -registry names another: leave one of them out");
        }
        Ok(Some(Self { client: Arc::new(registrator::client(uri)?), uri: uri.to_owned() }))
    }
}

/// The error of a start, with the way out if a registry answers where ours was to.
pub async fn with_way_out(error: anyhow::Error, address: SocketAddr) -> anyhow::Error {
    if !is_registry(address).await {
        return error;
    }
    anyhow!("{error}; a registry with Consul's API answers there: muster up --registry consul://{address} works at it")
}

async fn is_registry(address: SocketAddr) -> bool {
    let config =
        ClientConfig { connect_timeout: ASKING, answer_timeout: ASKING, ..ClientConfig::new(address.to_string()) };
    match ConsulClient::new(config) {
        Ok(client) => client.ping().await.is_ok(),
        Err(_) => false,
    }
}

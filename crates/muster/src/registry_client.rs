//! The client of a registry somewhere, as flags and the environment name it.

use anyhow::{Result, bail};
use muster_consul_client::{ClientConfig, ConsulClient};

use crate::flags::go_bool;

/// Where a registry is looked for that nobody named.
const DEFAULT_ADDRESS: &str = "127.0.0.1:8500";

/// `given`, else `CONSUL_HTTP_ADDR`, else Consul's own address.
pub fn address(given: Option<&str>) -> String {
    let given = given.map(str::to_owned).or_else(|| set("CONSUL_HTTP_ADDR"));
    given.filter(|address| !address.is_empty()).unwrap_or_else(|| DEFAULT_ADDRESS.to_owned())
}

/// A client with the token of `CONSUL_HTTP_TOKEN`. Variables of Consul's client whose effect is not there are
/// refused: to go on without TLS or credentials would be a silent downgrade.
pub fn connect(address: &str) -> Result<ConsulClient> {
    refuse_unused_environment(&[])?;
    Ok(ConsulClient::new(ClientConfig { token: set("CONSUL_HTTP_TOKEN"), ..ClientConfig::new(address) })?)
}

/// Refuses variables of Consul's client whose effect is not there, but for those that the caller uses.
pub fn refuse_unused_environment(used: &[&str]) -> Result<()> {
    if let Some(text) = set("CONSUL_HTTP_SSL")
        && go_bool(&text) != Some(false)
    {
        bail!("environment variable CONSUL_HTTP_SSL is {text:?}, but TLS to the registry is not there yet: unset it");
    }
    for name in ["CONSUL_HTTP_AUTH", "CONSUL_HTTP_TOKEN_FILE", "CONSUL_NAMESPACE", "CONSUL_PARTITION"] {
        if set(name).is_some() && !used.contains(&name) {
            bail!("environment variable {name} is set, but this version of muster does not use it: unset it");
        }
    }
    Ok(())
}

fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

//! `consul://HOST:PORT`.

use super::{Backend, InvalidBackend};

/// A Consul agent, muster's own or a real one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsulBackend {
    /// `HOST:PORT`; none: the client's default (CONSUL_HTTP_ADDR, else 127.0.0.1:8500).
    pub address: Option<String>,
}

pub(super) fn read(uri: &str, rest: &str) -> Result<Backend, InvalidBackend> {
    let host = rest.split('/').next().unwrap_or_default();
    if host.is_empty() {
        return Ok(Backend::Consul(ConsulBackend { address: None }));
    }
    let refused = || InvalidBackend::Address { uri: uri.to_owned() };
    if host.contains(['@', '?', '#', ' ']) {
        return Err(refused());
    }
    let after_brackets = host.rsplit_once(']').map_or(host, |(_, after)| after);
    let address = match after_brackets.rsplit_once(':') {
        None => format!("{host}:8500"),
        Some((_, port)) if port.parse::<u16>().is_ok() => host.to_owned(),
        Some(_) => return Err(refused()),
    };
    Ok(Backend::Consul(ConsulBackend { address: Some(address) }))
}

//! Where the agent is reached: what it listens on, and which addresses its node stands with.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use anyhow::Result;

use super::config::HTTP_PORT;
use crate::address;
use crate::config::{self, Settings};
use crate::registry_server::{LOOPBACK, SERVER_PORT};

/// Addresses and ports.
#[derive(Debug)]
pub struct Network {
    pub advertise: IpAddr,
    pub tagged_addresses: BTreeMap<Arc<str>, Arc<str>>,
    pub listen: Vec<IpAddr>,
    pub http_port: u16,
    pub server_port: u16,
}

impl Network {
    /// With Consul's defaults, but for the bind address: that is the one of the default route.
    pub fn of(settings: &Settings, dev: bool) -> Result<Self> {
        let given = |path| given(settings, path);
        let (ipv4, ipv6) = (given("advertise_addr_ipv4")?, given("advertise_addr_ipv6")?);
        if ipv4.is_some_and(|address| !address.is_ipv4()) {
            return Err(settings.wrong("advertise_addr_ipv4", "is not of IPv4"));
        }
        if ipv6.is_some_and(|address| !address.is_ipv6()) {
            return Err(settings.wrong("advertise_addr_ipv6", "is not of IPv6"));
        }
        let bind = match given("bind_addr")? {
            None if dev => LOOPBACK,
            None => address::advertised().address,
            Some(any) if any.is_unspecified() => address::advertised().address,
            Some(address) => address,
        };
        let advertise = match given("advertise_addr")? {
            Some(any) if any.is_unspecified() => {
                return Err(settings.wrong("advertise_addr", format!("is {any}: others cannot reach that")));
            }
            Some(address) => address,
            None => ipv4.or(ipv6).unwrap_or(bind),
        };
        let wan = given("advertise_addr_wan")?.unwrap_or(advertise);
        let mut tagged = BTreeMap::new();
        let mut tag = |name: &str, address: IpAddr| tagged.insert(Arc::from(name), Arc::from(address.to_string()));
        let family = |address: IpAddr| if address.is_ipv4() { "ipv4" } else { "ipv6" };
        tag("lan", advertise);
        tag(&format!("lan_{}", family(advertise)), advertise);
        tag("wan", wan);
        tag(&format!("wan_{}", family(wan)), wan);
        let more = [
            ("lan_ipv4", ipv4),
            ("lan_ipv6", ipv6),
            ("wan_ipv4", given("advertise_addr_wan_ipv4")?),
            ("wan_ipv6", given("advertise_addr_wan_ipv6")?),
        ];
        for (name, address) in more {
            address.map(|address| tag(name, address));
        }
        Ok(Self {
            advertise,
            tagged_addresses: tagged,
            listen: listen(settings, "addresses.http", "ports.http")?,
            http_port: port(settings, "ports.http", HTTP_PORT)?,
            server_port: port(settings, "ports.server", SERVER_PORT)?,
        })
    }
}

fn given(settings: &Settings, path: &str) -> Result<Option<IpAddr>> {
    match settings.text(path) {
        None | Some("") => Ok(None),
        Some(text) => address_of(settings, path, &resolved(settings, path, text)?).map(Some),
    }
}

/// The text with its templates resolved on this host.
fn resolved(settings: &Settings, path: &str, text: &str) -> Result<String> {
    let resolved = config::resolve(text, &config::interfaces())
        .map_err(|error| settings.wrong(path, format!("is {text:?}, which {error}")))?;
    if resolved.trim().is_empty() && text.contains("{{") {
        return Err(settings.wrong(path, format!("is {text:?}, which gives no address on this host")));
    }
    Ok(resolved)
}

fn address_of(settings: &Settings, path: &str, text: &str) -> Result<IpAddr> {
    if text.starts_with("unix://") {
        let what = format!("is {text:?}: sockets are not there yet, an IP address would be right");
        return Err(settings.wrong(path, what));
    }
    text.parse()
        .map_err(|_| settings.wrong(path, format!("is {text:?}: an IP address such as 192.168.1.10 would be right")))
}

/// Where HTTP or DNS listens, by the keys of its addresses and port: nowhere if its port is off.
pub fn listen(settings: &Settings, addresses: &str, port: &str) -> Result<Vec<IpAddr>> {
    if settings.int(port) == Some(-1) {
        return Ok(Vec::new());
    }
    let own = settings.text(addresses).filter(|text| !text.is_empty());
    let (path, text) = match (own, settings.text("client_addr")) {
        (Some(text), _) => (addresses, text),
        (None, Some(text)) => ("client_addr", text),
        (None, None) => return Ok(vec![LOOPBACK]),
    };
    let text = resolved(settings, path, text)?;
    let list: Vec<IpAddr> =
        text.split_whitespace().map(|word| address_of(settings, path, word)).collect::<Result<_>>()?;
    if list.is_empty() {
        return Err(settings.wrong(path, "names no address: 127.0.0.1 would be right"));
    }
    Ok(list)
}

fn port(settings: &Settings, path: &str, default: u16) -> Result<u16> {
    match settings.int(path) {
        None | Some(-1) => Ok(default),
        Some(number) => match u16::try_from(number) {
            Ok(port) => Ok(port),
            Err(_) => Err(settings.wrong(path, format!("is {number}: 1 to 65535 would be right, or -1 for none"))),
        },
    }
}

//! Where the agent is reached: what it listens on, and which addresses its node stands with.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;

use super::config::HTTP_PORT;
use crate::address;
use crate::config::{self, Settings};
use crate::registry_server::{LOOPBACK, SERVER_PORT};
use crate::unix_socket::{self, SocketAccess};

/// The key of HTTP's addresses, which may be sockets, and how those begin.
const HTTP: &str = "addresses.http";
const SOCKET: &str = "unix://";

/// Addresses and ports.
#[derive(Debug)]
pub struct Network {
    pub advertise: IpAddr,
    pub tagged_addresses: BTreeMap<Arc<str>, Arc<str>>,
    pub listen: Vec<IpAddr>,
    pub sockets: Vec<PathBuf>,
    pub socket_access: SocketAccess,
    pub http_port: u16,
    pub server_port: u16,
}

impl Network {
    /// With Consul's defaults, but for the bind address: that is the one of the default route.
    pub fn of(settings: &Settings, dev: bool) -> Result<Self> {
        let of_family = |path| of_family(settings, path);
        let (ipv4, ipv6) = (of_family("advertise_addr_ipv4")?, of_family("advertise_addr_ipv6")?);
        let bind = bind(settings, dev)?;
        let advertise = reachable(settings, "advertise_addr")?.or(ipv4).or(ipv6).unwrap_or(bind);
        let wan = reachable(settings, "advertise_addr_wan")?.unwrap_or(advertise);
        let mut tagged = more_tagged(settings)?;
        let mut tag = |name: &str, address: IpAddr| tagged.insert(Arc::from(name), Arc::from(address.to_string()));
        let family = |address: IpAddr| if address.is_ipv4() { "ipv4" } else { "ipv6" };
        tag("lan", advertise);
        tag(&format!("lan_{}", family(advertise)), advertise);
        tag("wan", wan);
        tag(&format!("wan_{}", family(wan)), wan);
        let more = [
            ("lan_ipv4", ipv4),
            ("lan_ipv6", ipv6),
            ("wan_ipv4", of_family("advertise_addr_wan_ipv4")?),
            ("wan_ipv6", of_family("advertise_addr_wan_ipv6")?),
        ];
        for (name, address) in more {
            address.map(|address| tag(name, address));
        }
        Ok(Self {
            advertise,
            tagged_addresses: tagged,
            listen: listen(settings, HTTP, "ports.http")?,
            sockets: sockets(settings)?,
            socket_access: socket_access(settings)?,
            http_port: port(settings, "ports.http", HTTP_PORT)?,
            server_port: named_port(settings, "ports.server", SERVER_PORT)?,
        })
    }
}

/// What the configuration tags besides. Names that the agent has itself are its own, as in Consul.
fn more_tagged(settings: &Settings) -> Result<BTreeMap<Arc<str>, Arc<str>>> {
    let path = "tagged_addresses";
    let more = settings.map(path).into_iter().map(|(name, address)| {
        if name.is_empty() || [&name, &address].iter().any(|text| text.chars().any(char::is_control)) {
            let what = format!("has {name:?} = {address:?}: a name with an address would be right");
            return Err(settings.wrong(path, what));
        }
        Ok((Arc::from(name), Arc::from(address)))
    });
    more.collect()
}

/// The address that the node has if no other is advertised.
fn bind(settings: &Settings, dev: bool) -> Result<IpAddr> {
    let path = "bind_addr";
    if settings.text(path) == Some("") {
        return Err(settings.wrong(path, "is empty: an IP address would be right, or leave it out"));
    }
    Ok(match given(settings, path)? {
        None if dev => LOOPBACK,
        Some(address) if !address.is_unspecified() => address,
        _ => address::advertised().address,
    })
}

/// An address that others are told.
fn reachable(settings: &Settings, path: &str) -> Result<Option<IpAddr>> {
    match given(settings, path)? {
        Some(any) if any.is_unspecified() => Err(settings.wrong(path, format!("is {any}: others cannot reach that"))),
        address => Ok(address),
    }
}

/// An address of the family that the key is about.
fn of_family(settings: &Settings, path: &str) -> Result<Option<IpAddr>> {
    let is_ipv4 = path.ends_with("_ipv4");
    match given(settings, path)? {
        Some(address) if address.is_ipv4() != is_ipv4 => {
            let family = if is_ipv4 { "IPv4" } else { "IPv6" };
            Err(settings.wrong(path, format!("is {address}, which is not of {family}")))
        }
        address => Ok(address),
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
    if text.starts_with(SOCKET) {
        let what = format!("is {text:?}: only {HTTP} may be a socket, an IP address would be right");
        return Err(settings.wrong(path, what));
    }
    text.parse()
        .map_err(|_| settings.wrong(path, format!("is {text:?}: an IP address such as 192.168.1.10 would be right")))
}

/// Where HTTP or DNS listens, by the keys of its addresses and port: nowhere if its port is off.
pub fn listen(settings: &Settings, addresses: &str, port: &str) -> Result<Vec<IpAddr>> {
    if is_off(settings, port) {
        return Ok(Vec::new());
    }
    let own = settings.text(addresses).filter(|text| !text.is_empty());
    let (path, text) = match (own, settings.text("client_addr")) {
        (Some(text), _) => (addresses, text),
        (None, Some(text)) => ("client_addr", text),
        (None, None) => return Ok(vec![LOOPBACK]),
    };
    let text = resolved(settings, path, text)?;
    let (sockets, words): (Vec<&str>, Vec<&str>) =
        text.split_whitespace().partition(|word| path == HTTP && word.starts_with(SOCKET));
    let list: Vec<IpAddr> = words.into_iter().map(|word| address_of(settings, path, word)).collect::<Result<_>>()?;
    if list.is_empty() && sockets.is_empty() {
        return Err(settings.wrong(path, "names no address: 127.0.0.1 would be right"));
    }
    Ok(list)
}

/// Any number below zero is none, as in Consul.
fn is_off(settings: &Settings, port: &str) -> bool {
    settings.int(port).is_some_and(|number| number < 0)
}

/// The sockets among HTTP's addresses.
fn sockets(settings: &Settings) -> Result<Vec<PathBuf>> {
    if is_off(settings, "ports.http") {
        return Ok(Vec::new());
    }
    let words = settings.text(HTTP).unwrap_or_default().split_whitespace();
    let sockets = words.filter_map(|word| word.strip_prefix(SOCKET)).map(|path| match path {
        "" => Err(settings.wrong(HTTP, "has a socket without a path: unix:///run/muster.sock would be right")),
        path => Ok(PathBuf::from(path)),
    });
    sockets.collect()
}

fn socket_access(settings: &Settings) -> Result<SocketAccess> {
    let given = |path| settings.text(path).filter(|text| !text.is_empty());
    let number = |path, file: &str| {
        let wrong = |text| settings.wrong(path, format!("is {text:?}: a number, or a name of {file}, would be right"));
        given(path).map(|text| unix_socket::number(text, file).ok_or_else(|| wrong(text))).transpose()
    };
    let path = "unix_sockets.mode";
    let mode = given(path).map(|text| match u32::from_str_radix(text, 8) {
        Ok(mode) if mode <= 0o777 => Ok(mode),
        _ => Err(settings.wrong(path, format!("is {text:?}: octal digits such as \"0770\" would be right"))),
    });
    Ok(SocketAccess {
        user: number("unix_sockets.user", "/etc/passwd")?,
        group: number("unix_sockets.group", "/etc/group")?,
        mode: mode.transpose()?,
    })
}

/// A port that nobody listens on, but that the agent names.
pub fn named_port(settings: &Settings, path: &str, default: u16) -> Result<u16> {
    match settings.int(path) {
        None => Ok(default),
        Some(number) => match u16::try_from(number) {
            Ok(port) if port > 0 => Ok(port),
            _ => Err(settings.wrong(path, format!("is {number}: 1 to 65535 would be right"))),
        },
    }
}

fn port(settings: &Settings, path: &str, default: u16) -> Result<u16> {
    match settings.int(path) {
        None | Some(..0) => Ok(default),
        Some(number) => match u16::try_from(number) {
            Ok(port) => Ok(port),
            Err(_) => Err(settings.wrong(path, format!("is {number}: 1 to 65535 would be right, or -1 for none"))),
        },
    }
}

//! This host's own address and name.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use anyhow::{Context, Result};

/// The address that others on the network reach this host by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostAddress {
    /// The address.
    pub address: IpAddr,
    /// Where it comes from, for people.
    pub origin: String,
}

/// The address of the default route; without one the first of an interface that is not Docker's; else loopback.
pub fn advertised() -> HostAddress {
    let interfaces: Vec<(String, IpAddr)> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .into_iter()
        .map(|interface| (interface.name.clone(), interface.ip()))
        .collect();
    choose(default_route_source(), &interfaces)
}

/// The kernel's choice of a source address for an address beyond every local network. Sends nothing.
fn default_route_source() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // TEST-NET-1: nobody is there, so only the default route leads to it.
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

fn choose(route: Option<IpAddr>, interfaces: &[(String, IpAddr)]) -> HostAddress {
    let name_of = |address: IpAddr| interfaces.iter().find(|(_, own)| *own == address).map(|(name, _)| name.as_str());
    if let Some(address) = route
        && !name_of(address).is_some_and(is_dockers)
    {
        let interface = name_of(address).unwrap_or("an interface without a name");
        return HostAddress { address, origin: format!("default route, {interface}") };
    }
    let usable = |(name, address): &&(String, IpAddr)| !is_dockers(name) && address.is_ipv4() && !address.is_loopback();
    match interfaces.iter().find(usable) {
        Some((name, address)) => HostAddress { address: *address, origin: format!("no default route, {name}") },
        None => HostAddress { address: IpAddr::V4(Ipv4Addr::LOCALHOST), origin: "no network but loopback".to_owned() },
    }
}

/// Bridges and pairs that Docker makes: an address there is no address of this host.
fn is_dockers(interface: &str) -> bool {
    ["docker", "br-", "veth", "cni", "virbr"].iter().any(|prefix| interface.starts_with(prefix))
}

/// This host's name.
pub fn host_name() -> Result<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").context("cannot read this host's name")?;
    Ok(name.trim().to_owned())
}

/// What this host's name resolves to, if it does.
pub fn resolved(name: &str) -> Option<IpAddr> {
    use std::net::ToSocketAddrs;
    let found: Vec<IpAddr> = (name, 0).to_socket_addrs().ok()?.map(|address| address.ip()).collect();
    found.iter().find(|address| address.is_ipv4()).or(found.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interfaces() -> Vec<(String, IpAddr)> {
        let list = [("lo", "127.0.0.1"), ("docker0", "172.17.0.1"), ("br-1f2e", "172.18.0.1"), ("eth1", "10.0.0.7")];
        list.map(|(name, address)| (name.to_owned(), address.parse().unwrap())).to_vec()
    }

    #[test]
    fn the_default_route_wins() {
        let chosen = choose(Some("10.0.0.7".parse().unwrap()), &interfaces());
        assert_eq!((chosen.address.to_string().as_str(), chosen.origin.as_str()), ("10.0.0.7", "default route, eth1"));
    }

    #[test]
    fn dockers_bridges_are_never_chosen() {
        assert_eq!(choose(None, &interfaces()).address.to_string(), "10.0.0.7");
        assert_eq!(choose(Some("172.17.0.1".parse().unwrap()), &interfaces()).address.to_string(), "10.0.0.7");
        assert_eq!(choose(None, &interfaces()[..3]).address.to_string(), "127.0.0.1");
    }
}

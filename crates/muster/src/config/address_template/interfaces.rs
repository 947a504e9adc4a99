//! This host's interfaces, each with one of its addresses.

use std::net::IpAddr;

/// An address of an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    pub name: String,
    pub address: IpAddr,
    /// How many bits of the address are the network's.
    pub prefix: u8,
    pub up: bool,
    /// The default route goes through it.
    pub default: bool,
}

/// All addresses of all interfaces, as the kernel lists them.
pub fn interfaces() -> Vec<Interface> {
    let routed = default_interface();
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    let interface = |found: if_addrs::Interface| {
        let prefix = match &found.addr {
            if_addrs::IfAddr::V4(address) => address.prefixlen,
            if_addrs::IfAddr::V6(address) => address.prefixlen,
        };
        let default = routed.as_deref() == Some(&*found.name);
        Interface { address: found.ip(), prefix, up: found.is_oper_up(), default, name: found.name }
    };
    all.into_iter().map(interface).collect()
}

/// The interface of the default route: the first line of `/proc/net/route` whose destination is 0.
fn default_interface() -> Option<String> {
    let table = std::fs::read_to_string("/proc/net/route").ok()?;
    let line = table.lines().skip(1).find(|line| line.split_whitespace().nth(1) == Some("00000000"))?;
    line.split_whitespace().next().map(str::to_owned)
}

/// RFC 6890's addresses for private use, as go-sockaddr has them: of IPv4 those of RFC 1918 and the carriers'
/// shared ones, of IPv6 the unique local ones.
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private() || (address.octets()[0] == 100 && address.octets()[1] & 0xc0 == 64),
        IpAddr::V6(address) => address.segments()[0] & 0xfe00 == 0xfc00,
    }
}

/// Whether others anywhere can reach it.
pub fn is_public(address: IpAddr) -> bool {
    let forwardable = match address {
        IpAddr::V4(address) => {
            !(address.is_link_local() || address.is_multicast() || address.is_broadcast() || address.is_documentation())
                && address.octets()[0] < 240
        }
        IpAddr::V6(address) => address.segments()[0] & 0xffc0 != 0xfe80 && !address.is_multicast(),
    };
    forwardable && !is_private(address) && !address.is_loopback() && !address.is_unspecified()
}

//! The two networks of a store's machines: where they may stand, and which address comes next.
//!
//! eth0 leads out, as VirtualBox's NAT does; eth1 has the machine's address, as its host-only network does. Subnets are
//! ours to choose because an engine takes fixed addresses only on such. None is in 10.0.0.0/8, where swarms put their
//! overlays, nor in 172.16.0.0/12, where the engine inside puts its bridges.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// The network of eth1.
pub(super) const MACHINES: &str = "muster-machines";
/// The network of eth0. Engine 20.10 attaches networks in the order of their names.
pub(super) const OUTSIDE: &str = "muster-machine-nat";

/// An IPv4 subnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Subnet {
    address: u32,
    length: u32,
}

impl Subnet {
    /// Reads `ADDRESS/LENGTH`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let length: u32 = length.parse().ok().filter(|length| *length <= 32)?;
        Some(Self { address: u32::from(address.parse::<Ipv4Addr>().ok()?) & mask(length), length })
    }

    fn overlaps(self, other: Self) -> bool {
        let mask = mask(self.length.min(other.length));
        self.address & mask == other.address & mask
    }

    /// The next address for a machine: from .100 on as docker-machine's VirtualBox driver, then those below.
    pub(super) fn free_address(self, taken: &BTreeSet<Ipv4Addr>) -> Option<Ipv4Addr> {
        let candidates = (100..=254).chain(2..100).map(|host| Ipv4Addr::from(self.address + host));
        candidates.into_iter().find(|address| !taken.contains(address))
    }
}

fn mask(length: u32) -> u32 {
    u32::MAX.checked_shl(32 - length).unwrap_or(0)
}

/// Subnets for a network, best first.
pub(super) fn candidates(network: &str) -> Vec<String> {
    // docker-machine's first, so that addresses look as they always did.
    let third = if network == MACHINES { 99..=104 } else { 105..=110 };
    third.map(|third: u8| format!("192.168.{third}.0/24")).collect()
}

/// Those of `candidates` that meet none of `used`.
pub(super) fn free(candidates: &[String], used: &[Subnet]) -> Vec<String> {
    let meets = |text: &str| Subnet::parse(text).is_none_or(|one| used.iter().any(|other| one.overlaps(*other)));
    candidates.iter().filter(|candidate| !meets(candidate)).cloned().collect()
}

/// The subnets that this host has routes to, from /proc/net/route. The default route is none.
pub(super) fn routed(table: &str) -> Vec<Subnet> {
    let row = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let number = |index: usize| u32::from_str_radix(fields.get(index)?, 16).ok().map(u32::swap_bytes);
        let (address, mask) = (number(1)?, number(7)?);
        (mask != 0).then_some(Subnet { address, length: mask.leading_ones() })
    };
    table.lines().skip(1).filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subnet_in_use_is_passed_over() {
        let candidates = candidates(MACHINES);
        let used: Vec<_> = ["192.168.99.0/24", "192.168.100.128/25"].iter().filter_map(|s| Subnet::parse(s)).collect();
        assert_eq!(free(&candidates, &used)[0], "192.168.101.0/24");
        assert!(free(&candidates, &[Subnet::parse("192.168.0.0/16").unwrap()]).is_empty());
    }

    #[test]
    fn routes_are_read_and_the_default_one_is_no_subnet() {
        let table = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
            eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
            vboxnet0\t0063A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        assert_eq!(routed(table), [Subnet::parse("192.168.99.0/24").unwrap()]);
    }

    #[test]
    fn addresses_begin_at_100_and_none_is_given_twice() {
        let subnet = Subnet::parse("192.168.99.0/24").unwrap();
        let mut taken = BTreeSet::new();
        let mut given = Vec::new();
        while let Some(address) = subnet.free_address(&taken) {
            assert!(taken.insert(address));
            given.push(address.to_string());
        }
        assert_eq!(
            (given[0].as_str(), given[154].as_str(), given[155].as_str()),
            ("192.168.99.100", "192.168.99.254", "192.168.99.2")
        );
        assert_eq!(given.len(), 253);
    }
}

//! Networks, as the engine describes them.

use std::net::Ipv4Addr;

use bollard::models::{IpamConfig, NetworkInspect};

/// A network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Its ID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `bridge`, `overlay`, `host`, …
    pub driver: String,
    /// The gateways' addresses without prefix length, in the engine's order. A bridge's gateway is the
    /// host as its containers see it.
    pub gateways: Vec<String>,
    /// The subnets as `ADDRESS/LENGTH`, in the engine's order.
    pub subnets: Vec<String>,
}

impl From<bollard::models::Network> for Network {
    fn from(answer: bollard::models::Network) -> Self {
        let (id, name, driver, ipam) = (answer.id, answer.name, answer.driver, answer.ipam);
        Self::from(NetworkInspect { id, name, driver, ipam, ..NetworkInspect::default() })
    }
}

impl From<NetworkInspect> for Network {
    fn from(answer: NetworkInspect) -> Self {
        let subnets = answer.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
        let driver = answer.driver.unwrap_or_default();
        let texts = subnets.iter().filter_map(|subnet| subnet.subnet.clone()).collect();
        let gateway_of = |subnet: IpamConfig| match subnet.gateway.filter(|gateway| !gateway.is_empty()) {
            Some(gateway) => Some(gateway.split('/').next().unwrap_or_default().to_owned()),
            // Until its second start an engine of 20.10 does not say docker0's; it gives it the first address.
            None if driver == "bridge" => first_address(&subnet.subnet?),
            None => None,
        };
        let gateways = subnets.into_iter().filter_map(gateway_of).collect();
        Self {
            id: answer.id.unwrap_or_default(),
            name: answer.name.unwrap_or_default(),
            driver,
            gateways,
            subnets: texts,
        }
    }
}

/// The first address of an IPv4 subnet such as `172.17.0.0/16`.
fn first_address(subnet: &str) -> Option<String> {
    let (address, length) = subnet.split_once('/')?;
    let address: Ipv4Addr = address.parse().ok()?;
    let host_bits = 32_u32.checked_sub(length.parse().ok()?)?;
    let network = u32::from(address).checked_shr(host_bits)?.checked_shl(host_bits)?;
    (host_bits >= 2).then(|| Ipv4Addr::from(network + 1).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateways(driver: &str, configuration: &str) -> Vec<String> {
        let text = format!(r#"{{"Driver":"{driver}","IPAM":{{"Config":{configuration}}}}}"#);
        Network::from(serde_json::from_str::<NetworkInspect>(&text).unwrap()).gateways
    }

    #[test]
    fn a_bridge_whose_gateway_is_not_said_has_the_first_address() {
        assert_eq!(gateways("bridge", r#"[{"Subnet":"172.17.0.0/16"}]"#), ["172.17.0.1"]);
        assert_eq!(gateways("bridge", r#"[{"Subnet":"10.1.2.3/24","Gateway":""}]"#), ["10.1.2.1"]);
        assert!(gateways("overlay", r#"[{"Subnet":"10.0.1.0/24"}]"#).is_empty());
        assert!(gateways("bridge", r#"[{"Subnet":"fd00::/64"},{"Subnet":"10.0.0.0/31"}]"#).is_empty());
    }

    #[test]
    fn a_gateway_that_is_said_is_taken() {
        let configuration = r#"[{"Subnet":"172.18.0.0/16","Gateway":"172.18.0.9"}]"#;
        assert_eq!(gateways("bridge", configuration), ["172.18.0.9"]);
    }
}

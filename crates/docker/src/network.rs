//! Networks, as the engine describes them.

use bollard::models::NetworkInspect;

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
}

impl From<NetworkInspect> for Network {
    fn from(answer: NetworkInspect) -> Self {
        let subnets = answer.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
        let without_prefix = |gateway: String| gateway.split('/').next().unwrap_or_default().to_owned();
        Self {
            id: answer.id.unwrap_or_default(),
            name: answer.name.unwrap_or_default(),
            driver: answer.driver.unwrap_or_default(),
            gateways: subnets
                .into_iter()
                .filter_map(|subnet| subnet.gateway)
                .map(without_prefix)
                .filter(|gateway| !gateway.is_empty())
                .collect(),
        }
    }
}

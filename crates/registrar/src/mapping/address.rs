//! Where each port of a container is reached.
//!
//! On a network of its own, Registrator pairs the container's address there with the port on the host,
//! which nobody can connect to. Under `compat` that stays; else a published port gets the address that it
//! is published on. A port that is not published keeps the container's address (macvlan has no port table).

use std::collections::BTreeMap;

use muster_docker::{Container, Port};

use crate::Settings;

/// A port that counts, with where it is reached.
pub(super) struct Place {
    /// The container's port.
    pub port: Port,
    /// The host's name as it goes into the ID.
    pub host_name: String,
    /// The address to register.
    pub address: String,
    /// The port to register.
    pub number: u16,
}

/// The ports that count.
pub(super) fn places(container: &Container, network_owner: Option<&Container>, settings: &Settings) -> Vec<Place> {
    let mut bindings: BTreeMap<Port, (&str, Option<u16>)> = BTreeMap::new();
    for port in &container.exposed_ports {
        // As if published under its own number: so it is with host networking, which has no port table.
        bindings.insert(*port, ("0.0.0.0", Some(port.number)));
    }
    for (port, binding) in &container.ports {
        let found = binding.as_ref().map(|binding| (binding.host_ip.as_str(), Some(binding.host_port)));
        bindings.insert(*port, found.unwrap_or(("", None)));
    }
    let counts = |(port, (host_ip, host_port)): (Port, (&str, Option<u16>))| {
        let number = if settings.internal { Some(port.number) } else { host_port }?;
        let is_published = container.ports.contains_key(&port) && host_port.is_some();
        let bound = bound_address(container, host_ip, is_published, settings);
        let host_name = if settings.host.name.is_empty() { bound.clone() } else { settings.host.name.clone() };
        let address = address(container, network_owner, bound, settings);
        Some(Place { port, host_name, address, number })
    };
    bindings.into_iter().filter_map(counts).collect()
}

fn bound_address(container: &Container, host_ip: &str, is_published: bool, settings: &Settings) -> String {
    let mode = container.network_mode.as_str();
    let is_own_network = !["bridge", "default", "host"].contains(&mode);
    if is_own_network && (settings.compat || !is_published) {
        return address_on(container, mode).to_owned();
    }
    if host_ip.is_empty() { "0.0.0.0".to_owned() } else { host_ip.to_owned() }
}

fn address(container: &Container, network_owner: Option<&Container>, bound: String, settings: &Settings) -> String {
    if container.network_mode.starts_with("container:") {
        return network_owner.map(|owner| address_on(owner, "bridge")).unwrap_or_default().to_owned();
    }
    let label = settings.use_ip_from_label.as_ref().and_then(|label| container.labels.get(label));
    if let Some(address) = label.filter(|address| !address.chars().any(char::is_control)) {
        return address.rsplit_once('/').map_or(address.as_str(), |(address, _)| address).to_owned();
    }
    if settings.internal {
        return internal_address(container).to_owned();
    }
    let is_any = bound == "0.0.0.0" || !settings.compat && bound == "::";
    match (&settings.ip, &settings.host.address) {
        (Some(ip), _) => ip.clone(),
        (None, Some(own)) if is_any => own.clone(),
        (None, _) => bound,
    }
}

/// The default bridge's, else that of the network that it was started on, else any. (Registrator takes
/// a random one instead of the latter two.)
fn internal_address(container: &Container) -> &str {
    let named = ["bridge", container.network_mode.as_str()];
    let any = container.networks.values().map(|endpoint| endpoint.ip_address.as_str());
    named
        .into_iter()
        .map(|network| address_on(container, network))
        .chain(any)
        .find(|a| !a.is_empty())
        .unwrap_or_default()
}

fn address_on<'a>(container: &'a Container, network: &str) -> &'a str {
    container.networks.get(network).map(|endpoint| endpoint.ip_address.as_str()).unwrap_or_default()
}

//! What a container is registered as: Registrator's rules, as a pure function.
//!
//! The rules and their oddities are Registrator's (master 6bfadbc), checked against what the real
//! program registered (`tests/recorded.rs`). Differences: the mark [`ENGINE_META_KEY`] in Meta, always;
//! without `compat`, an address that fits the port (see [`address`]); what Consul would refuse is left
//! out with a [`Remark`], so that the rest of the container can be registered.

mod address;
mod check;
mod metadata;
mod remark;
mod tags;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use muster_catalog::{CheckRegistration, Registration};
use muster_docker::{Container, Port, Protocol};
use muster_model::{CheckId, ENGINE_META_KEY, InvalidName, Meta, Service, ServiceId, ServiceName, Weights};

use crate::{Settings, lease};
use address::Place;
use metadata::Metadata;
pub use remark::Remark;

/// The longest key and value that Consul takes in a service's Meta, and the most pairs.
const MAX_META_KEY_BYTES: usize = 128;
const MAX_META_VALUE_BYTES: usize = 512;
const MAX_META_PAIRS: usize = 64;

/// What a container is registered as.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mapped {
    /// By ID, each once.
    pub registrations: BTreeMap<ServiceId, Registration>,
    /// What the user should know, each once.
    pub remarks: BTreeSet<Remark>,
}

/// Maps a container that serves. `network_owner` is the container whose network it shares (network mode
/// `container:X`), and `engine` the ID of the engine that both belong to.
pub fn map(container: &Container, network_owner: Option<&Container>, settings: &Settings, engine: &str) -> Mapped {
    let places: Vec<Place> = address::places(container, network_owner, settings);
    let mut mapped = Mapped::default();
    remark_on_foreign_ports(container, &mut mapped.remarks);
    remark_on_address_label(container, settings, &mut mapped.remarks);
    for place in &places {
        let mut metadata = Metadata::read(container, place.port.number);
        if metadata.get("ignore").is_some() {
            continue;
        }
        let Some(name) = service_name(container, &metadata, place.port, places.len() > 1, settings) else {
            continue;
        };
        let id = match metadata.get("id") {
            Some(fixed) => fixed.to_owned(),
            None => default_id(&place.host_name, &container.name, place.port),
        };
        let tags = tags(container, &metadata, place.port, settings, &mut mapped.remarks);
        for used in ["name", "id", "tags"] {
            metadata.remove(used);
        }
        let check = check::read(container, &metadata, place, settings, &mut mapped.remarks);
        let meta = meta(container, metadata, engine, &mut mapped.remarks);
        let named = ServiceName::new(&name).and_then(|name| Ok((name, ServiceId::new(&id)?)));
        match named {
            Ok((name, id)) => match checks(check, settings, engine, &id) {
                Ok(checks) => insert(&mut mapped, container, service(id, name, tags, place, meta), checks),
                Err(error) => refuse(&mut mapped, container, place.port, error),
            },
            Err(error) => refuse(&mut mapped, container, place.port, error),
        }
    }
    mapped
}

/// The container's own check, and with a lease the one on its registrar.
fn checks(
    own: Option<CheckRegistration>,
    settings: &Settings,
    engine: &str,
    id: &ServiceId,
) -> Result<Vec<CheckRegistration>, InvalidName> {
    if !settings.lease {
        return Ok(own.into_iter().collect());
    }
    // Of several checks an agent numbers those without ID, but who reports it knows it by its usual one.
    let named = |own: CheckRegistration| -> Result<_, InvalidName> {
        Ok(CheckRegistration { id: Some(CheckId::new(format!("service:{id}"))?), ..own })
    };
    own.map(named).into_iter().chain([lease::owner_check(engine, id)]).collect()
}

/// The IDs that a container's registrations can have, whatever its ports: how those of a container that
/// ended are known again.
pub fn claims(container: &Container, settings: &Settings) -> Claims {
    let is_id = |key: &str| key == "id" || metadata::port_of(key).is_some() && key.ends_with("_id");
    let fixed = metadata::pairs(container).filter(|pair| is_id(&pair.key)).map(|pair| pair.value.to_owned());
    Claims { prefix: format!("{}:{}:", settings.host.name, container.name), fixed: fixed.collect() }
}

/// The IDs that a container's registrations can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    prefix: String,
    fixed: BTreeSet<String>,
}

impl Claims {
    /// Whether `id` can be one of the container's.
    pub fn cover(&self, id: &ServiceId) -> bool {
        let is_port = |rest: &str| rest.strip_suffix(":udp").unwrap_or(rest).bytes().all(|byte| byte.is_ascii_digit());
        self.fixed.contains(id.as_str()) || id.as_str().strip_prefix(&self.prefix).is_some_and(is_port)
    }
}

fn default_id(host: &str, container: &str, port: Port) -> String {
    let suffix = if port.protocol == Protocol::Udp { ":udp" } else { "" };
    format!("{host}:{container}:{}{suffix}", port.number)
}

/// None: `-explicit`, and there is no name.
fn service_name(
    container: &Container,
    metadata: &Metadata,
    port: Port,
    is_group: bool,
    settings: &Settings,
) -> Option<String> {
    let name = match metadata.get("name") {
        Some(name) => name.to_owned(),
        None if settings.explicit => return None,
        None => image_base_name(&container.image).to_owned(),
    };
    // An empty name for just this port counts as one here.
    if is_group && !metadata.is_for_port("name") { Some(format!("{name}-{}", port.number)) } else { Some(name) }
}

/// What Go's `path.Base` and a cut at the first colon make of it.
fn image_base_name(image: &str) -> &str {
    let trimmed = image.trim_end_matches('/');
    let base = trimmed.rsplit('/').next().unwrap_or(trimmed);
    base.split(':').next().unwrap_or(base)
}

fn service(id: ServiceId, name: ServiceName, tags: Vec<Arc<str>>, place: &Place, meta: Meta) -> Service {
    Service {
        id,
        name,
        tags,
        address: Arc::from(place.address.as_str()),
        tagged_addresses: BTreeMap::new(),
        meta,
        port: i32::from(place.number),
        socket_path: Arc::from(""),
        weights: Weights::default(),
        enable_tag_override: false,
    }
}

fn insert(mapped: &mut Mapped, container: &Container, service: Service, checks: Vec<CheckRegistration>) {
    let id = service.id.clone();
    if mapped.registrations.insert(id.clone(), Registration { service, checks }).is_some() {
        let id = id.as_str().to_owned();
        mapped.remarks.insert(Remark::OneIdForTwoPorts { container: container.name.clone(), id });
    }
}

fn refuse(mapped: &mut Mapped, container: &Container, port: Port, error: InvalidName) {
    mapped.remarks.insert(Remark::Refused {
        container: container.name.clone(),
        port: port.number,
        error: error.to_string(),
    });
}

fn tags(
    container: &Container,
    metadata: &Metadata,
    port: Port,
    settings: &Settings,
    remarks: &mut BTreeSet<Remark>,
) -> Vec<Arc<str>> {
    let own = metadata.entry("tags");
    let mut tags = tags::all(own.map(|entry| entry.value.as_str()).unwrap_or_default(), &settings.tags, port.protocol);
    let all = tags.len();
    tags.retain(|tag| !tag.chars().any(char::is_control));
    if let Some(entry) = own
        && tags.len() < all
    {
        let label = entry.source.clone();
        remarks.insert(Remark::ControlCharacter { container: container.name.clone(), label, what: "a tag" });
    }
    tags
}

fn meta(container: &Container, metadata: Metadata, engine: &str, remarks: &mut BTreeSet<Remark>) -> Meta {
    let mut meta = Meta::new();
    for (key, entry) in metadata.into_entries() {
        let is_word = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        let fits = key.len() <= MAX_META_KEY_BYTES && entry.value.len() <= MAX_META_VALUE_BYTES;
        let is_clean = !entry.value.chars().any(char::is_control) && !key.starts_with("consul-");
        if is_word && fits && is_clean && meta.len() < MAX_META_PAIRS - 1 {
            meta.insert(Arc::from(key), Arc::from(entry.value));
        } else {
            remarks.insert(Remark::NoMeta { container: container.name.clone(), label: entry.source });
        }
    }
    meta.insert(Arc::from(ENGINE_META_KEY), Arc::from(engine));
    meta
}

/// A label for a port that the container does not have is a slip of the pen; it has no effect.
fn remark_on_foreign_ports(container: &Container, remarks: &mut BTreeSet<Remark>) {
    let own: BTreeSet<u16> =
        container.exposed_ports.iter().chain(container.ports.keys()).map(|port| port.number).collect();
    for pair in metadata::pairs(container) {
        if let Some(port) = metadata::port_of(&pair.key)
            && !own.iter().any(|number| number.to_string() == port)
        {
            let (label, port) = (pair.source.to_owned(), port.to_owned());
            remarks.insert(Remark::ForeignPort { container: container.name.clone(), label, port });
        }
    }
}

fn remark_on_address_label(container: &Container, settings: &Settings, remarks: &mut BTreeSet<Remark>) {
    let Some(label) = settings.use_ip_from_label.clone() else { return };
    let (name, text) = (container.name.clone(), container.labels.get(&label));
    match text {
        None => remarks.insert(Remark::NoAddressLabel { container: name, label }),
        Some(text) if text.chars().any(char::is_control) => {
            remarks.insert(Remark::ControlCharacter { container: name, label, what: "an address" })
        }
        Some(_) => return,
    };
}

#[cfg(test)]
mod tests;

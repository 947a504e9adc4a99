//! `/v1/agent`.

use muster_model::{Check, NodeName, Service};

use super::Stored;
use super::entity::{self, Empty};
use crate::json::ObjectWriter;

/// A check as `/v1/agent/checks` lists it.
#[derive(Debug, Clone, Copy)]
pub struct AgentCheckAnswer<'a> {
    /// The check.
    pub check: &'a Check,
    /// The instance that it is about; none for a check on the node.
    pub service: Option<&'a Service>,
}

/// `/v1/agent/services`: the instances of one agent, by ID.
pub fn agent_services<'a>(out: &mut Vec<u8>, datacenter: &str, services: impl IntoIterator<Item = &'a Service>) {
    let mut by_id = ObjectWriter::new(out);
    for service in services {
        write_service(by_id.entry(service.id.as_str()), datacenter, service, None);
    }
    by_id.end();
}

/// `/v1/agent/service/ID`; `hash` is [`content_hash`]'s and also goes into the header.
pub fn agent_service(out: &mut Vec<u8>, datacenter: &str, service: &Service, hash: &str) {
    write_service(out, datacenter, service, Some(hash));
}

/// A hash of all that [`agent_service`] shows, on which its callers block. 16 hex digits.
pub fn content_hash(service: &Service) -> String {
    let mut content = Vec::new();
    write_service(&mut content, "", service, None);
    // FNV-1a: stable over versions of muster and of Rust, which the standard hasher is not.
    let hash = content
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}

pub(super) fn write_service(out: &mut Vec<u8>, datacenter: &str, service: &Service, hash: Option<&str>) {
    let mut object = ObjectWriter::new(out);
    object.string("ID", service.id.as_str());
    object.string("Service", service.name.as_str());
    object.strings("Tags", service.tags.iter().map(|tag| &**tag));
    entity::texts(object.member("Meta"), &service.meta, Empty::Braces);
    object.int("Port", service.port);
    object.string("Address", &service.address);
    if !service.socket_path.is_empty() {
        object.string("SocketPath", &service.socket_path);
    }
    entity::tagged_addresses(&mut object, "TaggedAddresses", &service.tagged_addresses);
    entity::weights(object.member("Weights"), service.weights);
    object.bool("EnableTagOverride", service.enable_tag_override);
    if let Some(hash) = hash {
        object.string("ContentHash", hash);
    }
    object.string("Datacenter", datacenter);
    object.end();
}

/// `/v1/agent/checks`: the checks of one agent, by ID.
pub fn agent_checks<'a>(out: &mut Vec<u8>, node: &NodeName, checks: impl IntoIterator<Item = AgentCheckAnswer<'a>>) {
    let mut by_id = ObjectWriter::new(out);
    for answer in checks {
        let out = by_id.entry(answer.check.id.as_str());
        entity::check(out, node, answer.service, Stored::unindexed(answer.check));
    }
    by_id.end();
}

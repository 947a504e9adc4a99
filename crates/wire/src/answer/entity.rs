//! Nodes, services and checks as they stand in many answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_model::{Check, DescribedValue, Meta, Node, NodeName, Service, ServiceAddress, Weights};

use super::Stored;
use crate::check_times;
use crate::json::{ObjectWriter, push_string};

/// The proxy configuration of a service that is none; muster knows no mesh.
pub(super) const NO_PROXY: &str = r#"{"Mode":"","MeshGateway":{},"Expose":{}}"#;

/// What to write for a map or a list without entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Empty {
    Null,
    /// `{}` or `[]`.
    Braces,
}

/// `Node` of `/v1/health/service`, `/v1/catalog/nodes` and others.
pub(super) fn node(out: &mut Vec<u8>, datacenter: &str, node: Stored<'_, Node>) {
    let mut object = ObjectWriter::new(out);
    object.string("ID", &node.value.id);
    object.string("Node", node.value.name.as_str());
    object.string("Address", &node.value.address);
    object.string("Datacenter", datacenter);
    texts(object.member("TaggedAddresses"), &node.value.tagged_addresses, Empty::Null);
    texts(object.member("Meta"), &node.value.meta, Empty::Null);
    indexes(&mut object, node);
    object.end();
}

/// `Service` of `/v1/health/service`, `/v1/catalog/node` and others.
pub(super) fn service(out: &mut Vec<u8>, service: Stored<'_, Service>) {
    service_with(out, service, Empty::Braces);
}

/// The same with a choice of what stands for no tags.
pub(super) fn service_with(out: &mut Vec<u8>, service: Stored<'_, Service>, no_tags: Empty) {
    let value = service.value;
    let mut object = ObjectWriter::new(out);
    object.string("ID", value.id.as_str());
    object.string("Service", value.name.as_str());
    list(&mut object, "Tags", &value.tags, no_tags);
    object.string("Address", &value.address);
    tagged_addresses(&mut object, "TaggedAddresses", &value.tagged_addresses);
    texts(object.member("Meta"), &value.meta, Empty::Null);
    if value.port != 0 {
        object.int("Port", value.port);
    }
    if !value.socket_path.is_empty() {
        object.string("SocketPath", &value.socket_path);
    }
    weights(object.member("Weights"), value.weights);
    object.bool("EnableTagOverride", value.enable_tag_override);
    object.raw("Proxy", NO_PROXY);
    object.raw("Connect", "{}");
    object.string("PeerName", "");
    indexes(&mut object, service);
    object.end();
}

/// A check with the service that it is about.
pub(super) fn check(out: &mut Vec<u8>, node: &NodeName, service: Option<&Service>, check: Stored<'_, Check>) {
    check_with(out, node, service, check, Empty::Braces);
}

/// The same with a choice of what stands for no tags.
pub(super) fn check_with(
    out: &mut Vec<u8>,
    node: &NodeName,
    service: Option<&Service>,
    check: Stored<'_, Check>,
    no_tags: Empty,
) {
    let value = check.value;
    let mut object = ObjectWriter::new(out);
    check_result(&mut object, node, service, value, no_tags);
    object.string("Type", &value.kind);
    object.string("Interval", &check_times::interval(value));
    object.string("Timeout", &check_times::timeout(value));
    object.uint("ExposedPort", 0);
    definition(object.member("Definition"), value);
    indexes(&mut object, check);
    object.end();
}

/// What the catalog was told; of checks that its agent runs Consul shows none.
fn definition(out: &mut Vec<u8>, check: &Check) {
    let mut object = ObjectWriter::new(out);
    for (name, value) in check_times::described(check).into_iter().flat_map(|described| &described.fields) {
        match value {
            DescribedValue::Flag => object.bool(name, true),
            DescribedValue::Number(number) => object.raw(name, &number.to_string()),
            DescribedValue::Text(text) => object.string(name, text),
            DescribedValue::Texts(texts) => object.strings(name, texts.iter().map(|text| &**text)),
            DescribedValue::Lists(lists) => {
                let mut inner = ObjectWriter::new(object.member(name));
                for (name, texts) in lists {
                    inner.strings(name, texts.iter().map(|text| &**text));
                }
                inner.end();
            }
        }
    }
    object.end();
}

/// What every form of a check begins with: what it is about, and its result.
pub(super) fn check_result(
    object: &mut ObjectWriter<'_>,
    node: &NodeName,
    service: Option<&Service>,
    value: &Check,
    no_tags: Empty,
) {
    object.string("Node", node.as_str());
    object.string("CheckID", value.id.as_str());
    object.string("Name", &value.name);
    object.string("Status", value.status.as_str());
    object.string("Notes", &value.notes);
    object.string("Output", &value.output);
    object.string("ServiceID", value.service_id.as_ref().map_or("", |id| id.as_str()));
    let service = service.filter(|_| value.service_id.is_some());
    object.string("ServiceName", service.map_or("", |service| service.name.as_str()));
    list(object, "ServiceTags", service.map_or(&[], |service| &service.tags), no_tags);
}

fn list(object: &mut ObjectWriter<'_>, name: &str, texts: &[Arc<str>], empty: Empty) {
    match (texts, empty) {
        ([], Empty::Null) => object.raw(name, "null"),
        _ => object.strings(name, texts.iter().map(|text| &**text)),
    }
}

pub(super) fn indexes<T>(object: &mut ObjectWriter<'_>, stored: Stored<'_, T>) {
    object.uint("CreateIndex", stored.created.0);
    object.uint("ModifyIndex", stored.modified.0);
}

pub(super) fn weights(out: &mut Vec<u8>, weights: Weights) {
    let mut object = ObjectWriter::new(out);
    object.int("Passing", weights.passing);
    object.int("Warning", weights.warning);
    object.end();
}

pub(super) fn texts(out: &mut Vec<u8>, map: &Meta, empty: Empty) {
    if map.is_empty() && empty == Empty::Null {
        out.extend_from_slice(b"null");
        return;
    }
    let mut object = ObjectWriter::new(out);
    for (key, value) in map {
        push_string(object.entry(key), value);
    }
    object.end();
}

/// Left out when there are none.
pub(crate) fn tagged_addresses(
    object: &mut ObjectWriter<'_>,
    name: &str,
    addresses: &BTreeMap<Arc<str>, ServiceAddress>,
) {
    if addresses.is_empty() {
        return;
    }
    let mut kinds = ObjectWriter::new(object.member(name));
    for (kind, address) in addresses {
        let mut pair = ObjectWriter::new(kinds.entry(kind));
        pair.string("Address", &address.address);
        pair.int("Port", address.port);
        pair.end();
    }
    kinds.end();
}

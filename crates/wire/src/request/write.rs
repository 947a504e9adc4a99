//! Bodies as the client sends them.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_model::{Check, CheckStatus, Service};

use super::{CatalogDeregister, CatalogRegister, DeregisterTarget, ServiceRegistration, check_write};
use crate::answer::tagged_addresses;
use crate::json::{ArrayWriter, ObjectWriter, push_string};

/// The body of `/v1/agent/service/register`.
pub fn write_service_registration(out: &mut Vec<u8>, registration: &ServiceRegistration) {
    let service = &registration.service;
    let mut object = ObjectWriter::new(out);
    object.string("ID", service.id.as_str());
    object.string("Name", service.name.as_str());
    service_fields(&mut object, service);
    if !registration.checks.is_empty() {
        let mut list = ArrayWriter::new(object.member("Checks"));
        for check in &registration.checks {
            check_write::check_request(list.item(), check);
        }
        list.end();
    }
    object.end();
}

/// The body of `/v1/agent/check/update/ID`.
pub fn write_check_update(out: &mut Vec<u8>, status: &CheckStatus, output: &str) {
    let mut object = ObjectWriter::new(out);
    object.string("Status", status.as_str());
    object.string("Output", output);
    object.end();
}

/// The body of `/v1/catalog/register`.
pub fn write_register(out: &mut Vec<u8>, registration: &CatalogRegister) {
    let node = &registration.node;
    let mut object = ObjectWriter::new(out);
    optional(&mut object, "Datacenter", registration.datacenter.as_deref().unwrap_or_default());
    optional(&mut object, "ID", &node.id);
    object.string("Node", node.name.as_str());
    object.string("Address", &node.address);
    map(&mut object, "TaggedAddresses", &node.tagged_addresses);
    map(&mut object, "NodeMeta", &node.meta);
    if registration.skip_node_update {
        object.bool("SkipNodeUpdate", true);
    }
    if let Some(service) = &registration.service {
        let mut inner = ObjectWriter::new(object.member("Service"));
        inner.string("ID", service.id.as_str());
        inner.string("Service", service.name.as_str());
        service_fields(&mut inner, service);
        inner.end();
    }
    let mut list = ArrayWriter::new(object.member("Checks"));
    for check in &registration.checks {
        catalog_check(list.item(), node.name.as_str(), check);
    }
    list.end();
    object.end();
}

fn catalog_check(out: &mut Vec<u8>, node: &str, check: &Check) {
    let mut object = ObjectWriter::new(out);
    object.string("Node", node);
    object.string("CheckID", check.id.as_str());
    object.string("Name", &check.name);
    object.string("Status", check.status.as_str());
    object.string("Notes", &check.notes);
    object.string("Output", &check.output);
    object.string("ServiceID", check.service_id.as_ref().map_or("", |id| id.as_str()));
    optional(&mut object, "Type", &check.kind);
    object.end();
}

/// The body of `/v1/catalog/deregister`.
pub fn write_deregister(out: &mut Vec<u8>, deregistration: &CatalogDeregister) {
    let mut object = ObjectWriter::new(out);
    optional(&mut object, "Datacenter", deregistration.datacenter.as_deref().unwrap_or_default());
    object.string("Node", deregistration.node.as_str());
    match &deregistration.target {
        DeregisterTarget::Node => {}
        DeregisterTarget::Service(id) => object.string("ServiceID", id.as_str()),
        DeregisterTarget::Check(id) => object.string("CheckID", id.as_str()),
        DeregisterTarget::OfPeer(name) => object.string("PeerName", name),
    }
    object.end();
}

fn service_fields(object: &mut ObjectWriter<'_>, service: &Service) {
    object.strings("Tags", service.tags.iter().map(|tag| &**tag));
    object.string("Address", &service.address);
    tagged_addresses(object, "TaggedAddresses", &service.tagged_addresses);
    map(object, "Meta", &service.meta);
    object.int("Port", service.port);
    optional(object, "SocketPath", &service.socket_path);
    let mut weights = ObjectWriter::new(object.member("Weights"));
    weights.int("Passing", service.weights.passing);
    weights.int("Warning", service.weights.warning);
    weights.end();
    object.bool("EnableTagOverride", service.enable_tag_override);
}

fn map(object: &mut ObjectWriter<'_>, name: &str, map: &BTreeMap<Arc<str>, Arc<str>>) {
    if map.is_empty() {
        return;
    }
    let mut inner = ObjectWriter::new(object.member(name));
    for (key, value) in map {
        push_string(inner.entry(key), value);
    }
    inner.end();
}

pub(super) fn optional(object: &mut ObjectWriter<'_>, name: &str, text: &str) {
    if !text.is_empty() {
        object.string(name, text);
    }
}

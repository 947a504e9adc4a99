//! `/v1/health` and `/v1/catalog`.

use std::sync::Arc;

use muster_model::{Check, Indexed, InvalidName, Node, Service, ServiceName};

use super::entity::{self, Reader};
use super::{BadAnswer, Entries, list, shape};
use crate::json::{self, Value};

/// One instance with its node and the checks of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceEntry {
    /// The node.
    pub node: Indexed<Arc<Node>>,
    /// The instance.
    pub service: Indexed<Arc<Service>>,
    /// The node's checks and the instance's.
    pub checks: Vec<Indexed<Arc<Check>>>,
}

/// A node with its instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeEntry {
    /// The node.
    pub node: Indexed<Arc<Node>>,
    /// Its instances.
    pub services: Entries<Indexed<Arc<Service>>>,
}

/// A service's name with the tags of all its instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedService {
    /// The service.
    pub name: ServiceName,
    /// In byte order.
    pub tags: Vec<Arc<str>>,
}

/// Reads `/v1/health/service/NAME`.
pub fn health_service(body: &[u8]) -> Result<Entries<ServiceEntry>, BadAnswer> {
    list(body, "answer", |value| {
        let reader = Reader::new("instance", value)?;
        let checks = reader.get("Checks").and_then(Value::as_array).unwrap_or_default();
        let checks = super::collect(checks.iter(), check)?;
        // A check that cannot be named still counts against its instance, so the instance goes with it.
        if let Some(refused) = checks.refused.into_iter().next() {
            return Ok(Err(refused));
        }
        let (node_reader, service_reader) = (reader.child("Node")?, reader.child("Service")?);
        let node = match entity::node(&node_reader) {
            Ok(node) => node_reader.indexed(node)?,
            Err(refused) => return Ok(Err(refused)),
        };
        let service = match entity::service(&service_reader)? {
            Ok(service) => service_reader.indexed(service)?,
            Err(refused) => return Ok(Err(refused)),
        };
        Ok(Ok(ServiceEntry { node, service, checks: checks.entries }))
    })
}

/// Reads `/v1/health/node/NAME`, `/v1/health/checks/SERVICE` and `/v1/health/state/STATE`.
pub fn health_checks(body: &[u8]) -> Result<Entries<Indexed<Arc<Check>>>, BadAnswer> {
    list(body, "answer", check)
}

fn check(value: &Value) -> Result<Result<Indexed<Arc<Check>>, InvalidName>, BadAnswer> {
    let reader = Reader::new("check", value)?;
    match entity::check(&reader) {
        Ok(check) => reader.indexed(check).map(Ok),
        Err(refused) => Ok(Err(refused)),
    }
}

/// Reads `/v1/catalog/services`: names with tags, by name and tag.
pub fn catalog_services(body: &[u8]) -> Result<Entries<TaggedService>, BadAnswer> {
    let value = json::parse(body)?;
    let services = value.as_object().ok_or(shape("answer", "object"))?;
    let (mut entries, mut refused) = (Vec::new(), Vec::new());
    for (name, tags) in &services.0 {
        let tags = tags.as_array().unwrap_or_default();
        let mut tags: Vec<Arc<str>> = tags.iter().filter_map(Value::as_str).map(Arc::from).collect();
        tags.sort();
        match ServiceName::new(name) {
            Ok(name) => entries.push(TaggedService { name, tags }),
            Err(name) => refused.push(name),
        }
    }
    entries.sort_by(|a: &TaggedService, b| a.name.cmp(&b.name));
    Ok(Entries { entries, refused })
}

/// Reads `/v1/catalog/node/NAME`; none if the node is not there.
pub fn catalog_node(body: &[u8]) -> Result<Option<NodeEntry>, BadAnswer> {
    let value = json::parse(body)?;
    if value == Value::Null {
        return Ok(None);
    }
    let reader = Reader::new("answer", &value)?;
    let node_reader = reader.child("Node")?;
    let node = entity::node(&node_reader).map_err(|_| shape("Node", "acceptable node"))?;
    let services = reader.get("Services").and_then(Value::as_object).map(|object| object.0.as_slice());
    let services = super::collect(services.unwrap_or_default().iter().map(|(_, service)| service), |value| {
        let reader = Reader::new("service", value)?;
        match entity::service(&reader)? {
            Ok(service) => reader.indexed(service).map(Ok),
            Err(refused) => Ok(Err(refused)),
        }
    })?;
    Ok(Some(NodeEntry { node: node_reader.indexed(node)?, services }))
}

//! The bodies of `/v1/catalog/register` and `/v1/catalog/deregister`.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_model::{Check, CheckId, Meta, Node, NodeName, Service, ServiceId};

use super::CatalogRequestError;
use super::agent::{LocalityFields, ServiceFields};
use super::catalog_check::CatalogCheckFields;
use super::fields::{self, DecodeError, Fields, Fill};
use super::go_list::GoList;
use super::go_types;
use super::meta::{self, MetaProblem};
use crate::json::Value;

/// One step of registration in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogRegister {
    /// Another datacenter than the server's own, if it is named.
    pub datacenter: Option<Arc<str>>,
    /// The node; its address may be empty with `skip_node_update`.
    pub node: Node,
    /// Leave a node that is there as it is.
    pub skip_node_update: bool,
    /// The instance.
    pub service: Option<Service>,
    /// `Checks`, then `Check`.
    pub checks: Vec<Check>,
}

/// What to remove from the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogDeregister {
    /// Another datacenter than the server's own, if it is named.
    pub datacenter: Option<Arc<str>>,
    /// The node.
    pub node: NodeName,
    /// What of it.
    pub target: DeregisterTarget,
}

/// What to remove of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeregisterTarget {
    /// All of it.
    Node,
    /// An instance with its checks.
    Service(ServiceId),
    /// One check.
    Check(CheckId),
    /// Any of these of a peer, which there is none of.
    OfPeer(Arc<str>),
}

/// Reads the body of `/v1/catalog/register`.
pub fn register(body: &[u8]) -> Result<CatalogRegister, CatalogRequestError> {
    register_by(body, None)
}

/// The same at a server of the datacenter `here`: a body for another one goes there before anybody looks into it.
pub fn register_in(here: &str, body: &[u8]) -> Result<CatalogRegister, CatalogRequestError> {
    register_by(body, Some(here))
}

fn register_by(body: &[u8], here: Option<&str>) -> Result<CatalogRegister, CatalogRequestError> {
    let mut fields = RegisterFields::default();
    fields::body(body, "structs.RegisterRequest", "RegisterRequest", &[], &mut fields).map_err(enterprise)?;
    if fields.is_of_peer() {
        return Err(CatalogRequestError::PeerName);
    }
    refuse_elsewhere(&fields.datacenter, here)?;
    if fields.node.is_empty() {
        return Err(CatalogRequestError::MissingNode);
    }
    if fields.address.is_empty() && !fields.skip_node_update {
        return Err(CatalogRequestError::MissingAddress);
    }
    check_node_id(&fields.id)?;
    let tagged = fields.tagged_addresses.values().map(|address| &**address);
    if [&*fields.address].into_iter().chain(tagged).any(|address| address.chars().any(char::is_control)) {
        return Err(CatalogRequestError::NodeAddress);
    }
    let service = fields.service.map(|service| service.validated_on(&fields.node)).transpose()?;
    let checks = fields.checks.into_vec().into_iter().flatten().chain(fields.check);
    let checks = checks.map(|check| check.validated(&fields.node)).collect::<Result<_, _>>();
    let checks = checks.map_err(|error| match error {
        CatalogRequestError::MissingCheckId => CatalogRequestError::RegisteredCheckId { node: fields.node.clone() },
        other => other,
    })?;
    let node = Node {
        name: NodeName::new(&fields.node)?,
        id: Arc::from(fields.id),
        address: Arc::from(fields.address),
        tagged_addresses: fields.tagged_addresses,
        meta: fields.meta,
    };
    let datacenter = named(fields.datacenter);
    Ok(CatalogRegister { datacenter, node, skip_node_update: fields.skip_node_update, service, checks })
}

/// Reads the body of `/v1/catalog/deregister`.
pub fn deregister(body: &[u8]) -> Result<CatalogDeregister, CatalogRequestError> {
    deregister_by(body, None)
}

/// The same at a server of the datacenter `here`.
pub fn deregister_in(here: &str, body: &[u8]) -> Result<CatalogDeregister, CatalogRequestError> {
    deregister_by(body, Some(here))
}

fn deregister_by(body: &[u8], here: Option<&str>) -> Result<CatalogDeregister, CatalogRequestError> {
    let mut fields = DeregisterFields::default();
    fields::body(body, go_types::DEREGISTER, "", &["Alias"], &mut fields).map_err(enterprise)?;
    refuse_elsewhere(&fields.datacenter, here)?;
    if fields.node.is_empty() {
        return Err(CatalogRequestError::MissingNode);
    }
    let target = match (&*fields.service_id, &*fields.check_id) {
        _ if !fields.peer.is_empty() => DeregisterTarget::OfPeer(Arc::from(fields.peer)),
        ("", "") => DeregisterTarget::Node,
        ("", check) => DeregisterTarget::Check(CheckId::new(check)?),
        (service, _) => DeregisterTarget::Service(ServiceId::new(service)?),
    };
    Ok(CatalogDeregister { datacenter: named(fields.datacenter), node: NodeName::new(&fields.node)?, target })
}

/// Consul says of this one field why it is unknown.
fn enterprise(error: DecodeError) -> DecodeError {
    match error {
        DecodeError::UnknownField(name) if name == "Namespace" => DecodeError::Namespace,
        other => other,
    }
}

fn refuse_elsewhere(datacenter: &str, here: Option<&str>) -> Result<(), CatalogRequestError> {
    match here {
        Some(here) if !datacenter.is_empty() && datacenter != here => Err(CatalogRequestError::Datacenter),
        _ => Ok(()),
    }
}

fn named(text: String) -> Option<Arc<str>> {
    Some(text).filter(|text| !text.is_empty()).map(Arc::from)
}

pub(super) fn check_node_id(id: &str) -> Result<(), CatalogRequestError> {
    if id.is_empty() {
        return Ok(());
    }
    if id.len() != 36 {
        return Err(CatalogRequestError::NodeId("uuid string is wrong length"));
    }
    let well_formed = id.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    if well_formed { Ok(()) } else { Err(CatalogRequestError::NodeId("uuid is improperly formatted")) }
}

#[derive(Default)]
struct RegisterFields {
    datacenter: String,
    id: String,
    node: String,
    address: String,
    tagged_addresses: BTreeMap<Arc<str>, Arc<str>>,
    meta: Meta,
    service: Option<CatalogService>,
    check: Option<CatalogCheckFields>,
    checks: GoList<Option<CatalogCheckFields>>,
    skip_node_update: bool,
    locality: LocalityFields,
    peer: String,
    ignored: String,
}

impl RegisterFields {
    /// Whether something in it is a peer's.
    fn is_of_peer(&self) -> bool {
        let service = self.service.as_ref().is_some_and(|service| !service.peer.is_empty());
        service
            || !self.peer.is_empty()
            || self.check.iter().chain(self.checks.as_slice().iter().flatten()).any(CatalogCheckFields::is_of_peer)
    }
}

impl Fill for RegisterFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "datacenter" => fields.string("Datacenter", value, &mut self.datacenter),
            "id" => fields.text("ID", "types.NodeID", value, &mut self.id),
            "node" => fields.string("Node", value, &mut self.node),
            "address" => fields.string("Address", value, &mut self.address),
            "taggedaddresses" => fields.map("TaggedAddresses", value, &mut self.tagged_addresses),
            "nodemeta" => fields.map("NodeMeta", value, &mut self.meta),
            "skipnodeupdate" => fields.bool("SkipNodeUpdate", value, &mut self.skip_node_update),
            "service" => {
                let go_name = ("NodeService", "structs.NodeService");
                keep(value, &mut self.service, |service| fields.nested("Service", go_name, value, service))?;
            }
            "check" => {
                let go_name = ("HealthCheck", "structs.HealthCheck");
                keep(value, &mut self.check, |check| fields.nested("Check", go_name, value, check))?;
            }
            "checks" => {
                let go_name = ("HealthCheck", "structs.HealthCheck");
                fields.nested_list("Checks", "structs.HealthChecks", go_name, value, &mut self.checks)?;
            }
            "token" => fields.string("WriteRequest.Token", value, &mut self.ignored),
            "peername" => fields.string("PeerName", value, &mut self.peer),
            "createindex" | "modifyindex" => fields.index(folded, value),
            "locality" => {
                let go_name = ("Locality", "structs.Locality");
                fields.nested("Locality", go_name, value, &mut self.locality)?;
            }
            _ => fields.unknown(name),
        }
        Ok(())
    }
}

/// Go's pointer to a structure: `null` is none, a second member goes on with what the first one made.
pub(super) fn keep<T: Default>(
    value: &Value,
    slot: &mut Option<T>,
    fill: impl FnOnce(&mut T) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    if *value == Value::Null {
        *slot = None;
        return Ok(());
    }
    fill(slot.get_or_insert_default())
}

#[derive(Default)]
pub(super) struct CatalogService {
    name: String,
    fields: ServiceFields,
    peer: String,
}

impl Fill for CatalogService {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "service" => fields.string("Service", value, &mut self.name),
            "peername" => fields.string("PeerName", value, &mut self.peer),
            "createindex" | "modifyindex" => fields.index(folded, value),
            _ => {
                if !self.fields.take(fields, folded, value)? {
                    fields.unknown(name);
                }
            }
        }
        Ok(())
    }
}

impl CatalogService {
    /// Its ID as it was given.
    pub fn given_id(&self) -> &str {
        &self.fields.id
    }

    /// What is wrong with its Meta.
    pub fn meta_problem(&self) -> Option<MetaProblem> {
        meta::check(&self.fields.meta).err()
    }

    /// As a transaction has it: no socket, and other weights than are allowed are none.
    pub fn in_transaction(mut self) -> Self {
        self.fields.keep_what_a_transaction_takes();
        self
    }

    /// Its ID; its name if it has none.
    pub fn id(&self) -> &str {
        if self.fields.id.is_empty() { &self.name } else { &self.fields.id }
    }

    /// As [`Self::validated`], with what only a registration is refused for.
    fn validated_on(self, node: &str) -> Result<Service, CatalogRequestError> {
        if let Some(problem) = self.meta_problem() {
            let service = self.id().to_owned();
            return Err(CatalogRequestError::ServiceMeta { node: node.to_owned(), service, problem });
        }
        self.validated()
    }

    /// What is looked at before anything is done with it.
    pub fn look(&self) -> Result<(), CatalogRequestError> {
        match (&*self.name, &*self.fields.id) {
            ("", "") => Err(CatalogRequestError::MissingServiceName),
            ("", _) => Err(CatalogRequestError::MissingServiceNameForId),
            _ if !self.fields.addresses_are_acceptable() => Err(CatalogRequestError::ServiceAddress),
            _ => Ok(()),
        }
    }

    pub fn validated(self) -> Result<Service, CatalogRequestError> {
        self.look()?;
        if let Some(feature) = self.fields.mesh_feature() {
            return Err(CatalogRequestError::Mesh(feature));
        }
        Ok(self.fields.into_service(&self.name)?)
    }
}

#[derive(Default)]
struct DeregisterFields {
    datacenter: String,
    node: String,
    service_id: String,
    check_id: String,
    peer: String,
    ignored: String,
}

impl Fill for DeregisterFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "datacenter" => fields.string("Datacenter", value, &mut self.datacenter),
            "node" => fields.string("Node", value, &mut self.node),
            "serviceid" => fields.string("ServiceID", value, &mut self.service_id),
            "checkid" => fields.text("CheckID", "types.CheckID", value, &mut self.check_id),
            // Sent by Go's client, read by nobody.
            "address" => fields.beside(|fields| fields.string("Address", value, &mut self.ignored)),
            "token" => fields.string("WriteRequest.Token", value, &mut self.ignored),
            "peername" => fields.string("PeerName", value, &mut self.peer),
            _ => fields.unknown(name),
        }
        Ok(())
    }
}

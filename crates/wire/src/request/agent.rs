//! The body of `/v1/agent/service/register`.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_model::{Meta, Service, ServiceAddress, ServiceId, ServiceName, Weights};

use super::agent_check::CheckRequest;
use super::catalog::keep;
use super::check_fields::CheckFields;
use super::fields::{self, DecodeError, Fields, Fill};
use super::go_list::GoList;
use super::validation::{acceptable_address, check_weights};
use super::{AgentRequestError, go_types, meta};
use crate::json::Value;

/// An instance with its checks, as it is registered at an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRegistration {
    /// The instance; its ID is its name unless one was given.
    pub service: Service,
    /// `Check`, then `Checks`.
    pub checks: Vec<CheckRequest>,
}

/// Reads the body of `/v1/agent/service/register`.
pub fn register_service(body: &[u8]) -> Result<ServiceRegistration, AgentRequestError> {
    let mut fields = Registration::default();
    fields::body(body, go_types::SERVICE, "", &["Alias"], &mut fields)?;
    if fields.name.is_empty() {
        return Err(AgentRequestError::MissingServiceName);
    }
    if !fields.service.addresses_are_acceptable() {
        return Err(AgentRequestError::ServiceAddress);
    }
    check_weights(fields.service.weights())?;
    meta::check(&fields.service.meta)?;
    if fields.service.is_nowhere() {
        return Err(AgentRequestError::Zone);
    }
    if let Some(feature) = fields.service.mesh_feature() {
        return Err(AgentRequestError::Mesh(feature));
    }
    let checks = fields
        .check
        .into_iter()
        .filter(|check| !check.is_empty())
        .chain(fields.checks.into_vec().into_iter().flatten());
    let checks = checks
        .map(|check| {
            let definition = check.definition()?;
            Ok((check, definition))
        })
        .collect::<Result<Vec<_>, AgentRequestError>>()?;
    let checks = checks
        .into_iter()
        .map(|(check, definition)| check.into_request(definition, || AgentRequestError::ServiceCheckStatus))
        .collect::<Result<_, _>>()?;
    let service = fields.service.into_service(&fields.name)?;
    Ok(ServiceRegistration { service, checks })
}

#[derive(Default)]
struct Registration {
    name: String,
    service: ServiceFields,
    check: Option<CheckFields>,
    checks: GoList<Option<CheckFields>>,
    ignored: String,
}

impl Fill for Registration {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "name" => fields.string("Name", value, &mut self.name),
            "check" => {
                // No pointer in Go: `null` leaves what is there, a second one goes on with it.
                let check = self.check.get_or_insert_default();
                fields.custom("Check", go_types::SERVICE_CHECK, value, check)?;
            }
            "checks" => {
                let types = ("structs.CheckTypes", go_types::SERVICE_CHECK);
                fields.custom_list("Checks", types, value, &mut self.checks)?;
            }
            "token" => fields.string("Token", value, &mut self.ignored),
            "enable_tag_override" => {
                let slot = &mut self.service.enable_tag_override;
                fields.beside(|fields| fields.bool("enable_tag_override", value, slot));
            }
            "tagged_addresses" => {
                fields.beside(|fields| self.service.take_tagged_addresses(fields, "tagged_addresses", value))?;
            }
            _ => {
                if !self.service.take(fields, folded, value)? {
                    fields.unknown(name);
                }
            }
        }
        Ok(())
    }
}

/// The fields that a service has at an agent and in the catalog alike.
#[derive(Default)]
pub(super) struct ServiceFields {
    pub id: String,
    pub address: String,
    pub meta: Meta,
    kind: String,
    tags: GoList<Arc<str>>,
    tagged_addresses: BTreeMap<Arc<str>, ServiceAddress>,
    port: i32,
    socket_path: String,
    weights: Option<WeightFields>,
    enable_tag_override: bool,
    connect: ConnectFields,
    locality: LocalityFields,
}

impl ServiceFields {
    /// Takes a member if it is one of these.
    pub fn take(&mut self, fields: &mut Fields, folded: &str, value: &Value) -> Result<bool, DecodeError> {
        match folded {
            "id" => fields.string("ID", value, &mut self.id),
            "kind" => {
                let go_type = fields.go("structs.ServiceKind", "api.ServiceKind");
                fields.text("Kind", go_type, value, &mut self.kind);
            }
            "tags" => fields.strings("Tags", value, &mut self.tags),
            "address" => fields.string("Address", value, &mut self.address),
            "meta" => fields.map("Meta", value, &mut self.meta),
            "port" => fields.int("Port", value, &mut self.port),
            "socketpath" => fields.string("SocketPath", value, &mut self.socket_path),
            "enabletagoverride" => fields.bool("EnableTagOverride", value, &mut self.enable_tag_override),
            "weights" => {
                let go_name = fields.go(("Weights", "structs.Weights"), ("AgentWeights", "api.AgentWeights"));
                keep(value, &mut self.weights, |weights| fields.nested("Weights", go_name, value, weights))?;
            }
            "taggedaddresses" => self.take_tagged_addresses(fields, "TaggedAddresses", value)?,
            "connect" => {
                let server = ("ServiceConnect", "structs.ServiceConnect");
                let go_name = fields.go(server, ("AgentServiceConnect", "api.AgentServiceConnect"));
                fields.nested("Connect", go_name, value, &mut self.connect)?;
            }
            // Of a proxy, which this is none; and of a place, which nothing here reads.
            "proxy" => {}
            "locality" => {
                let go_name = ("Locality", fields.go("structs.Locality", "api.Locality"));
                fields.nested("Locality", go_name, value, &mut self.locality)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn take_tagged_addresses(
        &mut self,
        fields: &mut Fields,
        field: &'static str,
        value: &Value,
    ) -> Result<(), DecodeError> {
        let mut addresses = TaggedAddresses::default();
        // The names in it are the user's: Go's path ends with the map.
        let go_name = ("", fields.go("map[string]structs.ServiceAddress", "map[string]api.ServiceAddress"));
        fields.nested(field, go_name, value, &mut addresses)?;
        self.tagged_addresses.extend(addresses.0);
        Ok(())
    }

    pub fn addresses_are_acceptable(&self) -> bool {
        let tagged = self.tagged_addresses.values().map(|address| &*address.address);
        acceptable_address(&self.address) && tagged.into_iter().all(|address| !address.chars().any(char::is_control))
    }

    /// Drops what a transaction does not take over.
    pub fn keep_what_a_transaction_takes(&mut self) {
        self.socket_path.clear();
        self.weights = self.weights.take().filter(|weights| check_weights(weights.0).is_ok());
    }

    /// As given; 1 and 1 if not given.
    pub fn weights(&self) -> Weights {
        self.weights.as_ref().map_or_else(Weights::default, |fields| fields.0)
    }

    /// Whether it names a zone of no region.
    pub fn is_nowhere(&self) -> bool {
        !self.locality.zone.is_empty() && self.locality.region.is_empty()
    }

    /// The part of a mesh that it asks for.
    pub fn mesh_feature(&self) -> Option<&'static str> {
        if !self.kind.is_empty() {
            Some("a service with Kind")
        } else if self.connect.used {
            Some("Connect")
        } else {
            None
        }
    }

    pub fn into_service(self, name: &str) -> Result<Service, muster_model::InvalidName> {
        let weights = self.weights();
        let id = if self.id.is_empty() { name } else { &self.id };
        Ok(Service {
            id: ServiceId::new(id)?,
            name: ServiceName::new(name)?,
            tags: self.tags.into_vec(),
            address: Arc::from(self.address),
            tagged_addresses: self.tagged_addresses,
            meta: self.meta,
            port: self.port,
            socket_path: Arc::from(self.socket_path),
            weights,
            enable_tag_override: self.enable_tag_override,
        })
    }
}

struct WeightFields(Weights);

impl Default for WeightFields {
    /// Weights that are given count as given: a missing one is 0, not 1.
    fn default() -> Self {
        Self(Weights { passing: 0, warning: 0 })
    }
}

impl Fill for WeightFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "passing" => fields.int("Passing", value, &mut self.0.passing),
            "warning" => fields.int("Warning", value, &mut self.0.warning),
            _ => fields.unknown(name),
        }
        Ok(())
    }
}

#[derive(Default)]
struct TaggedAddresses(BTreeMap<Arc<str>, ServiceAddress>);

impl Fill for TaggedAddresses {
    fn fill(&mut self, fields: &mut Fields, _: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        let mut address = AddressFields::default();
        let go_type = fields.go("structs.ServiceAddress", "api.ServiceAddress");
        fields.nested("", ("ServiceAddress", go_type), value, &mut address)?;
        let address = ServiceAddress { address: Arc::from(address.address), port: address.port };
        self.0.insert(Arc::from(name), address);
        Ok(())
    }
}

#[derive(Default)]
struct AddressFields {
    address: String,
    port: i32,
}

impl Fill for AddressFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "address" => fields.string("Address", value, &mut self.address),
            "port" => fields.int("Port", value, &mut self.port),
            _ => fields.unknown(name),
        }
        Ok(())
    }
}

/// A place, which nothing here reads.
#[derive(Default)]
pub(super) struct LocalityFields {
    region: String,
    zone: String,
}

impl Fill for LocalityFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "region" => fields.string("Region", value, &mut self.region),
            "zone" => fields.string("Zone", value, &mut self.zone),
            _ => fields.unknown(name),
        }
        Ok(())
    }
}

#[derive(Default)]
struct ConnectFields {
    used: bool,
}

impl Fill for ConnectFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "native" => {
                let mut native = false;
                fields.bool("Native", value, &mut native);
                self.used |= native;
            }
            "sidecarservice" | "sidecar_service" | "peermeta" => self.used |= *value != Value::Null,
            _ => fields.unknown(name),
        }
        Ok(())
    }
}

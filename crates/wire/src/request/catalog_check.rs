//! A check in the body of `/v1/catalog/register`.

use std::sync::Arc;

use muster_model::{Check, CheckId, CheckStatus, ServiceId};

use super::catalog_description::DescriptionFields;
use super::fields::{DecodeError, Fields, Fill};
use super::go_list::GoList;
use super::{CatalogRequestError, go_types};
use crate::json::Value;

#[derive(Default)]
pub(super) struct CatalogCheckFields {
    node: String,
    id: String,
    name: String,
    status: String,
    notes: String,
    output: String,
    service_id: String,
    kind: String,
    peer: String,
    of_client: bool,
    interval: String,
    timeout: String,
    definition: DescriptionFields,
    ignored: String,
    ignored_tags: GoList<Arc<str>>,
    ignored_port: i32,
}

impl Fill for CatalogCheckFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        self.of_client = fields.go(false, true);
        match folded {
            "interval" | "timeout" if self.of_client => fields.unknown(name),
            "node" => fields.string("Node", value, &mut self.node),
            "checkid" => fields.text("CheckID", fields.go("types.CheckID", "string"), value, &mut self.id),
            "name" => fields.string("Name", value, &mut self.name),
            "status" => fields.string("Status", value, &mut self.status),
            "notes" => fields.string("Notes", value, &mut self.notes),
            "output" => fields.string("Output", value, &mut self.output),
            "serviceid" => fields.string("ServiceID", value, &mut self.service_id),
            "type" => fields.string("Type", value, &mut self.kind),
            // The registry takes these from the service.
            "servicename" => fields.string("ServiceName", value, &mut self.ignored),
            "servicetags" => fields.strings("ServiceTags", value, &mut self.ignored_tags),
            "interval" => fields.string("Interval", value, &mut self.interval),
            "timeout" => fields.string("Timeout", value, &mut self.timeout),
            "peername" => fields.string("PeerName", value, &mut self.peer),
            "exposedport" => fields.int("ExposedPort", value, &mut self.ignored_port),
            // Nobody here runs it; it is shown.
            "definition" => {
                let go_type = fields.go(go_types::DEFINITION, go_types::CLIENT_DEFINITION);
                fields.custom("Definition", go_type, value, &mut self.definition)?;
            }
            "createindex" | "modifyindex" => fields.index(folded, value),
            _ => fields.unknown(name),
        }
        Ok(())
    }
}

impl CatalogCheckFields {
    /// The node that it names.
    pub fn node(&self) -> &str {
        &self.node
    }

    /// Whether it says that it is a peer's.
    pub fn is_of_peer(&self) -> bool {
        !self.peer.is_empty()
    }

    /// Its ID as it was given.
    pub fn given_id(&self) -> &str {
        &self.id
    }

    /// Its ID; its name if it has none.
    pub fn id(&self) -> Result<CheckId, CatalogRequestError> {
        match if self.id.is_empty() { &self.name } else { &self.id }.as_str() {
            "" => Err(CatalogRequestError::MissingCheckId),
            id => Ok(CheckId::new(id)?),
        }
    }

    pub fn validated(self, node: &str) -> Result<Check, CatalogRequestError> {
        if !self.node.is_empty() && self.node.to_lowercase() != node.to_lowercase() {
            let check = self.id.clone();
            return Err(CatalogRequestError::CheckNode { check, named: self.node, node: node.to_owned() });
        }
        let id = self.id()?;
        let service_id = Some(&self.service_id).filter(|id| !id.is_empty()).map(ServiceId::new).transpose()?;
        // A transaction's has the kind that it names.
        let derives = self.kind.is_empty() && !self.of_client;
        let kind = if derives { self.definition.kind() } else { &self.kind };
        let kind = Arc::from(kind);
        Ok(Check {
            id,
            name: Arc::from(self.name),
            status: CheckStatus::lenient(&self.status),
            notes: Arc::from(self.notes),
            output: Arc::from(self.output),
            service_id,
            kind,
            definition: self.definition.described(self.interval, self.timeout),
        })
    }
}

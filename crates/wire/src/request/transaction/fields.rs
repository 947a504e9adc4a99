//! The fields of a transaction's operations.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_model::Meta;

use crate::json::Value;
use crate::request::agent::LocalityFields;
use crate::request::catalog::CatalogService;
use crate::request::catalog_check::CatalogCheckFields;
use crate::request::fields::{DecodeError, Fields, Fill};

/// One operation: the first of these that is there.
#[derive(Default)]
pub(super) struct OperationFields {
    pub kv: Option<KvFields>,
    pub node: Option<NodeFields>,
    pub service: Option<ServiceFields>,
    pub check: Option<CheckFields>,
}

impl Fill for OperationFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        if *value == Value::Null && matches!(folded, "kv" | "node" | "service" | "check") {
            return Ok(());
        }
        match folded {
            "kv" => fields.nested("KV", ("KVTxnOp", "api.KVTxnOp"), value, self.kv.get_or_insert_default()),
            "node" => fields.nested("Node", ("NodeTxnOp", "api.NodeTxnOp"), value, self.node.get_or_insert_default()),
            "service" => {
                let go_name = ("ServiceTxnOp", "api.ServiceTxnOp");
                fields.nested("Service", go_name, value, self.service.get_or_insert_default())
            }
            "check" => {
                let go_name = ("CheckTxnOp", "api.CheckTxnOp");
                fields.nested("Check", go_name, value, self.check.get_or_insert_default())
            }
            _ => {
                fields.unknown(name);
                Ok(())
            }
        }
    }
}

#[derive(Default)]
pub(super) struct KvFields {
    pub verb: String,
    pub key: String,
    pub value: Vec<u8>,
    pub flags: u64,
    pub index: u64,
    pub session: String,
    ignored: String,
}

impl Fill for KvFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "verb" => fields.text("Verb", "api.KVOp", value, &mut self.verb),
            "key" => fields.string("Key", value, &mut self.key),
            "value" => fields.bytes("Value", value, &mut self.value),
            "flags" => fields.uint("Flags", value, &mut self.flags),
            "index" => fields.uint("Index", value, &mut self.index),
            "session" => fields.string("Session", value, &mut self.session),
            "namespace" => fields.string("Namespace", value, &mut self.ignored),
            "partition" => fields.string("Partition", value, &mut self.ignored),
            _ => fields.unknown(name),
        }
        Ok(())
    }
}

#[derive(Default)]
pub(super) struct NodeFields {
    pub verb: String,
    pub index: u64,
    pub id: String,
    pub name: String,
    pub address: String,
    pub tagged_addresses: BTreeMap<Arc<str>, Arc<str>>,
    pub meta: Meta,
    locality: LocalityFields,
    ignored: String,
}

impl Fill for NodeFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "verb" => fields.text("Verb", "api.NodeOp", value, &mut self.verb),
            "node" => return fields.nested("Node", ("Node", "api.Node"), value, &mut Inner(self)),
            _ => fields.unknown(name),
        }
        Ok(())
    }
}

/// The node within the operation on it.
struct Inner<'a>(&'a mut NodeFields);

impl Fill for Inner<'_> {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        let node = &mut *self.0;
        match folded {
            "id" => fields.string("ID", value, &mut node.id),
            "node" => fields.string("Node", value, &mut node.name),
            "address" => fields.string("Address", value, &mut node.address),
            "taggedaddresses" => fields.map("TaggedAddresses", value, &mut node.tagged_addresses),
            "meta" => fields.map("Meta", value, &mut node.meta),
            "modifyindex" => fields.uint("ModifyIndex", value, &mut node.index),
            // What an answer carries and a client may send back.
            "datacenter" => fields.string("Datacenter", value, &mut node.ignored),
            "partition" => fields.string("Partition", value, &mut node.ignored),
            "peername" => fields.string("PeerName", value, &mut node.ignored),
            "createindex" => fields.index(folded, value),
            "locality" => fields.nested("Locality", ("Locality", "api.Locality"), value, &mut node.locality)?,
            _ => fields.unknown(name),
        }
        Ok(())
    }
}

#[derive(Default)]
pub(super) struct ServiceFields {
    pub verb: String,
    pub node: String,
    pub index: u64,
    pub service: CatalogService,
    ignored: String,
}

impl Fill for ServiceFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "verb" => fields.text("Verb", "api.ServiceOp", value, &mut self.verb),
            "node" => fields.string("Node", value, &mut self.node),
            "service" => {
                let (service, index, ignored) = (&mut self.service, &mut self.index, &mut self.ignored);
                let mut inner = WithIndex { inner: service, index, ignored };
                return fields.nested("Service", ("AgentService", "api.AgentService"), value, &mut inner);
            }
            _ => fields.unknown(name),
        }
        Ok(())
    }
}

#[derive(Default)]
pub(super) struct CheckFields {
    pub verb: String,
    pub index: u64,
    pub check: CatalogCheckFields,
    ignored: String,
}

impl Fill for CheckFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "verb" => fields.text("Verb", "api.CheckOp", value, &mut self.verb),
            "check" => {
                let (check, index, ignored) = (&mut self.check, &mut self.index, &mut self.ignored);
                let mut inner = WithIndex { inner: check, index, ignored };
                return fields.nested("Check", ("HealthCheck", "api.HealthCheck"), value, &mut inner);
            }
            _ => fields.unknown(name),
        }
        Ok(())
    }
}

/// An entry as the catalog takes it, with the index that `cas` compares and what answers carry besides.
struct WithIndex<'a, T> {
    inner: &'a mut T,
    index: &'a mut u64,
    ignored: &'a mut String,
}

impl<T: Fill> Fill for WithIndex<'_, T> {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "modifyindex" => fields.uint("ModifyIndex", value, self.index),
            "contenthash" => fields.string("ContentHash", value, self.ignored),
            "datacenter" => fields.string("Datacenter", value, self.ignored),
            "namespace" => fields.string("Namespace", value, self.ignored),
            "partition" => fields.string("Partition", value, self.ignored),
            _ => return self.inner.fill(fields, folded, name, value),
        }
        Ok(())
    }
}

//! Nodes, services and checks out of answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_model::{
    Check, CheckId, CheckStatus, Index, Indexed, InvalidName, Node, NodeName, Service, ServiceAddress, ServiceId,
    ServiceName, Weights,
};

use super::{BadAnswer, shape};
use crate::json::{Object, Value};

/// The fields of one object of an answer.
pub(super) struct Reader<'a> {
    what: &'static str,
    object: &'a Object,
}

impl<'a> Reader<'a> {
    pub fn new(what: &'static str, value: &'a Value) -> Result<Self, BadAnswer> {
        let object = value.as_object().ok_or(shape(what, "object"))?;
        Ok(Self { what, object })
    }

    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| **value != Value::Null)
    }

    pub fn text(&self, name: &str) -> &'a str {
        self.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn shared(&self, name: &str) -> Arc<str> {
        Arc::from(self.text(name))
    }

    pub fn number<N: std::str::FromStr>(&self, name: &'static str) -> Result<Option<N>, BadAnswer> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Number(text)) => text.parse().map(Some).map_err(|_| shape(name, "number that fits")),
            Some(_) => Err(shape(name, "number")),
        }
    }

    pub fn flag(&self, name: &str) -> bool {
        self.get(name) == Some(&Value::Bool(true))
    }

    pub fn texts(&self, name: &str) -> Vec<Arc<str>> {
        let items = self.get(name).and_then(Value::as_array).unwrap_or_default();
        items.iter().filter_map(Value::as_str).map(Arc::from).collect()
    }

    pub fn map(&self, name: &str) -> BTreeMap<Arc<str>, Arc<str>> {
        let members = self.get(name).and_then(Value::as_object).map(|object| object.0.as_slice()).unwrap_or_default();
        let pairs = members.iter().filter_map(|(key, value)| Some((Arc::from(&**key), Arc::from(value.as_str()?))));
        pairs.collect()
    }

    pub fn child(&self, name: &'static str) -> Result<Reader<'a>, BadAnswer> {
        Reader::new(name, self.get(name).ok_or(shape(self.what, "object with all its parts"))?)
    }

    pub fn indexed<T>(&self, value: T) -> Result<Indexed<Arc<T>>, BadAnswer> {
        let created = Index(self.number("CreateIndex")?.unwrap_or_default());
        let modified = Index(self.number("ModifyIndex")?.unwrap_or_default());
        Ok(Indexed { value: Arc::new(value), created, modified })
    }
}

pub(super) fn node(reader: &Reader<'_>) -> Result<Node, InvalidName> {
    Ok(Node {
        name: NodeName::new(reader.text("Node"))?,
        id: reader.shared("ID"),
        address: reader.shared("Address"),
        tagged_addresses: reader.map("TaggedAddresses"),
        meta: reader.map("Meta"),
    })
}

pub(super) fn service(reader: &Reader<'_>) -> Result<Result<Service, InvalidName>, BadAnswer> {
    let weights = match reader.get("Weights") {
        None => Weights::default(),
        Some(value) => {
            let weights = Reader::new("Weights", value)?;
            Weights {
                passing: weights.number("Passing")?.unwrap_or_default(),
                warning: weights.number("Warning")?.unwrap_or_default(),
            }
        }
    };
    let port = reader.number("Port")?.unwrap_or_default();
    let tagged_addresses = tagged_addresses(reader)?;
    let names = || Ok((ServiceId::new(reader.text("ID"))?, ServiceName::new(reader.text("Service"))?));
    Ok(names().map(|(id, name)| Service {
        id,
        name,
        tags: reader.texts("Tags"),
        address: reader.shared("Address"),
        tagged_addresses,
        meta: reader.map("Meta"),
        port,
        socket_path: reader.shared("SocketPath"),
        weights,
        enable_tag_override: reader.flag("EnableTagOverride"),
    }))
}

fn tagged_addresses(reader: &Reader<'_>) -> Result<BTreeMap<Arc<str>, ServiceAddress>, BadAnswer> {
    let Some(value) = reader.get("TaggedAddresses") else { return Ok(BTreeMap::new()) };
    let kinds = value.as_object().ok_or(shape("TaggedAddresses", "object"))?;
    let pair = |(kind, value): &(String, Value)| {
        let reader = Reader::new("TaggedAddresses", value)?;
        let port = reader.number("Port")?.unwrap_or_default();
        Ok((Arc::from(&**kind), ServiceAddress { address: reader.shared("Address"), port }))
    };
    kinds.0.iter().map(pair).collect()
}

pub(super) fn check(reader: &Reader<'_>) -> Result<Check, InvalidName> {
    let service_id = Some(reader.text("ServiceID")).filter(|id| !id.is_empty());
    Ok(Check {
        id: CheckId::new(reader.text("CheckID"))?,
        name: reader.shared("Name"),
        status: CheckStatus::lenient(reader.text("Status")),
        notes: reader.shared("Notes"),
        output: reader.shared("Output"),
        service_id: service_id.map(ServiceId::new).transpose()?,
        kind: reader.shared("Type"),
        definition: None,
    })
}

//! Instances with their nodes in one row, as filters see them.

use muster_filter::{Field, Fields, Lookup, Path, Value};
use muster_model::{Node, Service};

use super::service;

pub(super) const FIELDS: &Fields = &[
    ("ID", Field::Text),
    ("Node", Field::Text),
    ("Address", Field::Text),
    ("Datacenter", Field::Text),
    ("TaggedAddresses", Field::TextMap),
    ("NodeMeta", Field::TextMap),
    ("ServiceKind", Field::Text),
    ("ServiceID", Field::Text),
    ("ServiceName", Field::Text),
    ("ServiceTags", Field::Texts),
    ("ServiceAddress", Field::Text),
    ("ServiceTaggedAddresses", service::ADDRESSES),
    ("ServiceWeights", service::WEIGHTS),
    ("ServiceMeta", Field::TextMap),
    ("ServicePort", Field::Int),
    ("ServiceSocketPath", Field::Text),
    ("ServiceEnableTagOverride", Field::Bool),
    ("ServiceProxy", service::PROXY),
    ("ServiceConnect", service::CONNECT),
    ("PeerName", Field::Text),
];

pub(super) struct ServiceRow<'a> {
    pub(super) node: &'a Node,
    pub(super) service: &'a Service,
    pub(super) datacenter: &'a str,
}

impl Lookup for ServiceRow<'_> {
    fn test(&self, path: Path<'_>, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let Some((name, rest)) = path.next() else { return false };
        let (node, service) = (self.node, self.service);
        match name {
            "ID" => test(Value::Text(&node.id)),
            "Node" => test(Value::Text(node.name.as_str())),
            "Address" => test(Value::Text(&node.address)),
            "Datacenter" => test(Value::Text(self.datacenter)),
            "TaggedAddresses" => Value::test_texts(&node.tagged_addresses, rest, test),
            "NodeMeta" => Value::test_texts(&node.meta, rest, test),
            "ServiceID" => test(Value::Text(service.id.as_str())),
            "ServiceName" => test(Value::Text(service.name.as_str())),
            "ServiceTags" => test(Value::Texts(&service.tags)),
            "ServiceAddress" => test(Value::Text(&service.address)),
            "ServiceTaggedAddresses" => service::addresses(&service.tagged_addresses, rest, test),
            "ServiceWeights" => service::weights(service.weights, rest, test),
            "ServiceMeta" => Value::test_texts(&service.meta, rest, test),
            "ServicePort" => test(Value::Int(service.port.into())),
            "ServiceSocketPath" => test(Value::Text(&service.socket_path)),
            "ServiceEnableTagOverride" => test(Value::Bool(service.enable_tag_override)),
            _ => Value::test_unset(Field::Record(FIELDS), path, test),
        }
    }
}

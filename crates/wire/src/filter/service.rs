//! Instances, as filters see them.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_filter::{Field, Fields, Lookup, Path, Value};
use muster_model::{Service, ServiceAddress, Weights};

pub(super) const FIELDS: &Fields = &[
    ("Kind", Field::Text),
    ("ID", Field::Text),
    ("Service", Field::Text),
    ("Tags", Field::Texts),
    ("Address", Field::Text),
    ("TaggedAddresses", ADDRESSES),
    ("Meta", Field::TextMap),
    ("Port", Field::Int),
    ("SocketPath", Field::Text),
    ("Weights", WEIGHTS),
    ("EnableTagOverride", Field::Bool),
    ("Proxy", PROXY),
    ("Connect", CONNECT),
    ("PeerName", Field::Text),
];

pub(super) const ADDRESSES: Field = Field::RecordMap(&[("Address", Field::Text), ("Port", Field::Int)]);
pub(super) const WEIGHTS: Field = Field::Record(&[("Passing", Field::Int), ("Warning", Field::Int)]);

/// The mesh's fields: muster has no mesh, so nothing in them is ever set, but they can be asked for.
pub(super) const CONNECT: Field = Field::Record(&[("Native", Field::Bool)]);
pub(super) const PROXY: Field = Field::Record(&[
    ("DestinationServiceName", Field::Text),
    ("DestinationServiceID", Field::Text),
    ("LocalServiceAddress", Field::Text),
    ("LocalServicePort", Field::Int),
    ("LocalServiceSocketPath", Field::Text),
    ("Mode", Field::Text),
    ("EnvoyExtensions", Field::Records(ENVOY_EXTENSION)),
    ("Upstreams", Field::Records(UPSTREAM)),
    ("MeshGateway", MESH_GATEWAY),
    ("Expose", Field::Record(EXPOSE)),
    ("TransparentProxy", Field::Record(&[("OutboundListenerPort", Field::Int), ("DialedDirectly", Field::Bool)])),
    ("AccessLogs", Field::Record(ACCESS_LOGS)),
]);
const MESH_GATEWAY: Field = Field::Record(&[("Mode", Field::Text)]);
const ENVOY_EXTENSION: &Fields =
    &[("Name", Field::Text), ("Required", Field::Bool), ("ConsulVersion", Field::Text), ("EnvoyVersion", Field::Text)];
const UPSTREAM: &Fields = &[
    ("DestinationType", Field::Text),
    ("DestinationNamespace", Field::Text),
    ("DestinationPartition", Field::Text),
    ("DestinationPeer", Field::Text),
    ("DestinationName", Field::Text),
    ("Datacenter", Field::Text),
    ("LocalBindAddress", Field::Text),
    ("LocalBindPort", Field::Int),
    ("LocalBindSocketPath", Field::Text),
    ("LocalBindSocketMode", Field::Text),
    ("MeshGateway", MESH_GATEWAY),
];
const EXPOSE: &Fields = &[("Checks", Field::Bool), ("Paths", Field::Records(EXPOSED_PATH))];
const EXPOSED_PATH: &Fields = &[
    ("ListenerPort", Field::Int),
    ("Path", Field::Text),
    ("LocalPathPort", Field::Int),
    ("Protocol", Field::Text),
    ("ParsedFromCheck", Field::Bool),
];
const ACCESS_LOGS: &Fields = &[
    ("Enabled", Field::Bool),
    ("DisableListenerLogs", Field::Bool),
    ("Type", Field::Text),
    ("Path", Field::Text),
    ("JSONFormat", Field::Text),
    ("TextFormat", Field::Text),
];

pub(super) struct ServiceRecord<'a>(pub(super) &'a Service);

impl Lookup for ServiceRecord<'_> {
    fn test(&self, path: Path<'_>, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let Some((name, rest)) = path.next() else { return false };
        let service = self.0;
        match name {
            "ID" => test(Value::Text(service.id.as_str())),
            "Service" => test(Value::Text(service.name.as_str())),
            "Tags" => test(Value::Texts(&service.tags)),
            "Address" => test(Value::Text(&service.address)),
            "TaggedAddresses" => addresses(&service.tagged_addresses, rest, test),
            "Meta" => Value::test_texts(&service.meta, rest, test),
            "Port" => test(Value::Int(service.port.into())),
            "SocketPath" => test(Value::Text(&service.socket_path)),
            "Weights" => weights(service.weights, rest, test),
            "EnableTagOverride" => test(Value::Bool(service.enable_tag_override)),
            _ => Value::test_unset(Field::Record(FIELDS), path, test),
        }
    }
}

pub(super) fn addresses(
    map: &BTreeMap<Arc<str>, ServiceAddress>,
    path: Path<'_>,
    test: &mut dyn FnMut(Value<'_>) -> bool,
) -> bool {
    let Some((kind, rest)) = path.next() else { return test(Value::Keys(map)) };
    let Some(address) = map.get(kind) else { return test(Value::Missing) };
    match rest.next() {
        Some(("Port", _)) => test(Value::Int(address.port.into())),
        Some(_) => test(Value::Text(&address.address)),
        None => false,
    }
}

pub(super) fn weights(weights: Weights, path: Path<'_>, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
    match path.next() {
        Some(("Passing", _)) => test(Value::Int(weights.passing.into())),
        Some(_) => test(Value::Int(weights.warning.into())),
        None => false,
    }
}

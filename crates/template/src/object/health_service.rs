//! What `service` gives.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use muster_catalog::Instance;
use muster_gotemplate::{Fields, Map, Record, StructType, Type, Value};
use muster_model::ServiceAddress;

use super::health_check::{HEALTH_CHECKS, aggregated_status, checks};
use super::{SERVICE_TAGS, field, sorted_tags, string_map};

/// Consul's `api.ServiceAddress`.
static SERVICE_ADDRESS: LazyLock<Arc<StructType>> = LazyLock::new(|| {
    let fields = vec![field("Address", Type::String), field("Port", Type::INT)];
    Arc::new(StructType { name: "api.ServiceAddress".into(), fields, methods: Vec::new() })
});

/// Consul's `api.AgentWeights`.
static AGENT_WEIGHTS: LazyLock<Arc<StructType>> = LazyLock::new(|| {
    let fields = vec![field("Passing", Type::INT), field("Warning", Type::INT)];
    Arc::new(StructType { name: "api.AgentWeights".into(), fields, methods: Vec::new() })
});

/// One field: its name, its type, and where it comes from.
type Field = (&'static str, fn() -> Type, fn(&HealthService) -> Value);

const FIELDS: [Field; 15] = [
    ("Node", || Type::String, |s| Value::from(s.instance().node.value.name.shared())),
    ("NodeID", || Type::String, |s| Value::from(Arc::clone(&s.instance().node.value.id))),
    ("NodeAddress", || Type::String, |s| Value::from(Arc::clone(&s.instance().node.value.address))),
    ("NodeTaggedAddresses", string_map_type, |s| string_map(&s.instance().node.value.tagged_addresses)),
    ("NodeMeta", string_map_type, |s| string_map(&s.instance().node.value.meta)),
    ("ServiceMeta", string_map_type, |s| string_map(&s.instance().service.value.meta)),
    ("Address", || Type::String, |s| Value::from(Arc::clone(address(s.instance())))),
    ("ServiceTaggedAddresses", addresses_type, |s| addresses(&s.instance().service.value.tagged_addresses)),
    ("ID", || Type::String, |s| Value::from(s.instance().service.value.id.shared())),
    ("Name", || Type::String, |s| Value::from(s.instance().service.value.name.shared())),
    ("Tags", || Type::Named(Arc::clone(&SERVICE_TAGS)), |s| sorted_tags(&s.instance().service.value.tags)),
    ("Checks", || Type::Named(Arc::clone(&HEALTH_CHECKS)), |s| checks(&s.list, s.at)),
    ("Status", || Type::String, |s| Value::from(aggregated_status(&s.instance().checks))),
    ("Port", || Type::INT, |s| Value::int(s.instance().service.value.port.into())),
    ("Weights", || Type::Struct(Arc::clone(&AGENT_WEIGHTS)), weights),
];

/// consul-template's `dependency.HealthService`.
pub(crate) static HEALTH_SERVICE: LazyLock<Arc<StructType>> = LazyLock::new(|| {
    let fields = FIELDS.iter().map(|(name, of, _)| field(name, of())).collect();
    Arc::new(StructType { name: "dependency.HealthService".into(), fields, methods: Vec::new() })
});

/// The instances that `wanted` picks, as a `[]*dependency.HealthService`: by node, then ID, unless the
/// registry sorted them by nearness.
pub(crate) fn instances(list: &Arc<[Instance]>, by_nearness: bool, wanted: impl Fn(&Instance) -> bool) -> Value {
    let mut order: Vec<usize> = (0..list.len()).filter(|&at| wanted(&list[at])).collect();
    if !by_nearness {
        let name = |at: usize| (&list[at].node.value.name, &list[at].service.value.id);
        order.sort_by(|&a, &b| name(a).cmp(&name(b)));
    }
    let item = |at| Value::Pointer(Arc::new(HealthService { list: Arc::clone(list), at }));
    Value::slice(Type::Pointer(Arc::clone(&HEALTH_SERVICE)), order.into_iter().map(item).collect())
}

struct HealthService {
    list: Arc<[Instance]>,
    at: usize,
}

impl HealthService {
    fn instance(&self) -> &Instance {
        &self.list[self.at]
    }
}

impl Record for HealthService {
    fn struct_type(&self) -> &Arc<StructType> {
        &HEALTH_SERVICE
    }

    fn field(&self, index: usize) -> Value {
        FIELDS[index].2(self)
    }
}

fn string_map_type() -> Type {
    Type::map(Type::String, Type::String)
}

fn addresses_type() -> Type {
    Type::map(Type::String, Type::Struct(Arc::clone(&SERVICE_ADDRESS)))
}

/// The instance's own address, else its node's.
fn address(instance: &Instance) -> &Arc<str> {
    match &instance.service.value.address {
        own if own.is_empty() => &instance.node.value.address,
        own => own,
    }
}

fn addresses(addresses: &BTreeMap<Arc<str>, ServiceAddress>) -> Value {
    let pairs = addresses.iter().map(|(kind, address)| {
        let values = vec![Value::from(Arc::clone(&address.address)), Value::int(address.port.into())];
        let record = Fields::new(Arc::clone(&SERVICE_ADDRESS), values);
        (Value::from(Arc::clone(kind)), Value::Struct(Arc::new(record)))
    });
    let of = Type::Struct(Arc::clone(&SERVICE_ADDRESS));
    Value::Map(Arc::new(Map::new(Type::String, of, pairs.collect())))
}

fn weights(service: &HealthService) -> Value {
    let weights = service.instance().service.value.weights;
    let values = vec![Value::int(weights.passing.into()), Value::int(weights.warning.into())];
    Value::Struct(Arc::new(Fields::new(Arc::clone(&AGENT_WEIGHTS), values)))
}

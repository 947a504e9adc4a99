//! The checks of an instance.

use std::sync::{Arc, LazyLock};

use muster_catalog::Instance;
use muster_gotemplate::{FunctionError, Method, NamedType, Record, Signature, StructType, Type, UintKind, Value};
use muster_model::{Check, CheckStatus, Indexed};

use super::field;

/// Consul's `api.HealthCheck`, without `Definition`: how a check is run is its agent's business.
static HEALTH_CHECK: LazyLock<Arc<StructType>> = LazyLock::new(|| {
    let text = ["Node", "CheckID", "Name", "Status", "Notes", "Output", "ServiceID", "ServiceName"];
    let mut fields: Vec<_> = text.into_iter().map(|name| field(name, Type::String)).collect();
    fields.push(field("ServiceTags", Type::slice(Type::String)));
    fields.extend(["Type", "Namespace", "Partition"].into_iter().map(|name| field(name, Type::String)));
    fields.push(field("ExposedPort", Type::INT));
    fields.push(field("PeerName", Type::String));
    let index = Type::Uint(UintKind::Uint64);
    fields.extend([field("CreateIndex", index.clone()), field("ModifyIndex", index)]);
    Arc::new(StructType { name: "api.HealthCheck".into(), fields, methods: Vec::new() })
});

/// Consul's `api.HealthChecks`, a `[]*HealthCheck`.
pub(super) static HEALTH_CHECKS: LazyLock<Arc<NamedType>> = LazyLock::new(|| {
    let aggregated_status = Method {
        name: "AggregatedStatus".into(),
        signature: Arc::new(Signature::new([], Type::String)),
        body: Arc::new(|values| aggregated_status_of(&values[0])),
    };
    Arc::new(NamedType {
        name: "api.HealthChecks".into(),
        underlying: Type::slice(Type::Pointer(Arc::clone(&HEALTH_CHECK))),
        methods: vec![aggregated_status],
    })
});

/// The checks of the instance at `at`.
pub(super) fn checks(list: &Arc<[Instance]>, at: usize) -> Value {
    let check = |check| Value::Pointer(Arc::new(HealthCheck { list: Arc::clone(list), at, check }) as Arc<dyn Record>);
    let items = (0..list[at].checks.len()).map(check).collect();
    Value::named(Arc::clone(&HEALTH_CHECKS), Value::slice(Type::Pointer(Arc::clone(&HEALTH_CHECK)), items))
}

/// Consul's rule for several checks: maintenance, else the worst; no checks are passing; a status that
/// is none of the three makes the whole empty.
pub(crate) fn aggregated_status(checks: &[Indexed<Arc<Check>>]) -> &'static str {
    aggregate(checks.iter().map(|check| (check.value.id.as_str(), &check.value.status)))
}

fn aggregate<'a>(checks: impl Iterator<Item = (&'a str, &'a CheckStatus)>) -> &'static str {
    let (mut maintenance, mut critical, mut warning) = (false, false, false);
    for (id, status) in checks {
        if id == "_node_maintenance" || id.starts_with("_service_maintenance:") {
            maintenance = true;
            continue;
        }
        match status {
            CheckStatus::Passing => {}
            CheckStatus::Warning => warning = true,
            CheckStatus::Critical => critical = true,
            CheckStatus::Other(_) => return "",
        }
    }
    match (maintenance, critical, warning) {
        (true, ..) => "maintenance",
        (_, true, _) => "critical",
        (_, _, true) => "warning",
        _ => "passing",
    }
}

/// The method, which sees a template's value.
fn aggregated_status_of(checks: &Value) -> Result<Value, FunctionError> {
    let Value::Slice(slice) = checks.underlying() else {
        return Ok(Value::from("passing"));
    };
    let read: Vec<(String, CheckStatus)> = slice
        .items()
        .iter()
        .filter_map(|item| match item {
            Value::Pointer(record) => Some(record),
            _ => None,
        })
        .map(|record| (record.field(1).to_string(), CheckStatus::lenient(&record.field(3).to_string())))
        .collect();
    Ok(Value::from(aggregate(read.iter().map(|(id, status)| (&**id, status)))))
}

struct HealthCheck {
    list: Arc<[Instance]>,
    at: usize,
    check: usize,
}

impl Record for HealthCheck {
    fn struct_type(&self) -> &Arc<StructType> {
        &HEALTH_CHECK
    }

    fn field(&self, index: usize) -> Value {
        let instance = &self.list[self.at];
        let indexed = &instance.checks[self.check];
        let check = &indexed.value;
        let service = check.service_id.as_ref().map(|_| &instance.service.value);
        match &*HEALTH_CHECK.fields[index].name {
            "Node" => Value::from(instance.node.value.name.shared()),
            "CheckID" => Value::from(check.id.shared()),
            "Name" => Value::from(Arc::clone(&check.name)),
            "Status" => Value::from(check.status.as_str()),
            "Notes" => Value::from(Arc::clone(&check.notes)),
            "Output" => Value::from(Arc::clone(&check.output)),
            "ServiceID" => Value::from(check.service_id.as_ref().map_or_else(|| Arc::from(""), |id| id.shared())),
            "ServiceName" => Value::from(service.map_or_else(|| Arc::from(""), |service| service.name.shared())),
            "ServiceTags" => Value::strings(service.iter().flat_map(|service| &service.tags).map(|tag| tag.as_bytes())),
            "Type" => Value::from(Arc::clone(&check.kind)),
            "ExposedPort" => Value::int(0),
            "CreateIndex" => Value::Uint(UintKind::Uint64, indexed.created.0),
            "ModifyIndex" => Value::Uint(UintKind::Uint64, indexed.modified.0),
            _ => Value::from(""),
        }
    }
}

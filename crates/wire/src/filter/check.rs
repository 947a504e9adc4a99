//! Checks, as filters see them.

use muster_filter::{Field, Fields, Lookup, Path, Value};
use muster_model::{Check, NodeName, Service};

use crate::check_times;

pub(super) const FIELDS: &Fields = &[
    ("Node", Field::Text),
    ("CheckID", Field::Text),
    ("Name", Field::Text),
    ("Status", Field::Text),
    ("Notes", Field::Text),
    ("Output", Field::Text),
    ("ServiceID", Field::Text),
    ("ServiceName", Field::Text),
    ("ServiceTags", Field::Texts),
    ("Type", Field::Text),
    ("Interval", Field::Text),
    ("Timeout", Field::Text),
    ("ExposedPort", Field::Int),
    ("PeerName", Field::Text),
];

pub(super) struct CheckRecord<'a> {
    pub(super) node: &'a NodeName,
    pub(super) check: &'a Check,
    pub(super) service: Option<&'a Service>,
}

impl CheckRecord<'_> {
    /// The instance that the check is about; checks on the node have none, whatever they were handed with.
    fn service(&self) -> Option<&Service> {
        self.service.filter(|_| self.check.service_id.is_some())
    }
}

impl Lookup for CheckRecord<'_> {
    fn test(&self, path: Path<'_>, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let Some((name, _)) = path.next() else { return false };
        let check = self.check;
        match name {
            "Node" => test(Value::Text(self.node.as_str())),
            "CheckID" => test(Value::Text(check.id.as_str())),
            "Name" => test(Value::Text(&check.name)),
            "Status" => test(Value::Text(check.status.as_str())),
            "Notes" => test(Value::Text(&check.notes)),
            "Output" => test(Value::Text(&check.output)),
            "ServiceID" => test(Value::Text(check.service_id.as_ref().map_or("", |id| id.as_str()))),
            "ServiceName" => test(Value::Text(self.service().map_or("", |service| service.name.as_str()))),
            "ServiceTags" => test(Value::Texts(self.service().map_or(&[], |service| &service.tags))),
            "Type" => test(Value::Text(&check.kind)),
            "Interval" => test(Value::Text(&check_times::interval(check))),
            "Timeout" => test(Value::Text(&check_times::timeout(check))),
            _ => Value::test_unset(Field::Record(FIELDS), path, test),
        }
    }
}

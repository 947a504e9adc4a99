//! Instances with their nodes and checks, as filters see them.

use std::sync::Arc;

use muster_filter::{Field, Fields, Lookup, Path, Value};
use muster_model::{Check, Indexed, Node, Service};

use super::check::{self, CheckRecord};
use super::node::{self, NodeRow};
use super::service::{self, ServiceRecord};

pub(super) const FIELDS: &Fields = &[
    ("Node", Field::Record(node::FIELDS)),
    ("Service", Field::Record(service::FIELDS)),
    ("Checks", Field::Records(check::FIELDS)),
];

pub(super) struct InstanceRecord<'a> {
    pub(super) node: &'a Node,
    pub(super) service: &'a Service,
    pub(super) checks: &'a [Indexed<Arc<Check>>],
    pub(super) datacenter: &'a str,
}

impl Lookup for InstanceRecord<'_> {
    fn test(&self, path: Path<'_>, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let Some((name, rest)) = path.next() else { return false };
        match name {
            "Node" => NodeRow { node: self.node, datacenter: self.datacenter }.test(rest, test),
            "Service" => ServiceRecord(self.service).test(rest, test),
            _ if rest.is_end() => test(Value::Count(self.checks.len())),
            _ => self.checks.iter().any(|check| self.check(&check.value).test(rest, test)),
        }
    }
}

impl<'a> InstanceRecord<'a> {
    fn check(&self, check: &'a Check) -> CheckRecord<'a> {
        CheckRecord { node: &self.node.name, check, service: Some(self.service) }
    }
}

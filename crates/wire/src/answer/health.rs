//! `/v1/health`.

use muster_model::{Check, Node, NodeName, Service};

use super::{Stored, entity};
use crate::json::{ArrayWriter, ObjectWriter};

/// An instance with its node and the checks of both.
#[derive(Debug, Clone)]
pub struct InstanceRow<'a, C> {
    /// The node.
    pub node: Stored<'a, Node>,
    /// The instance.
    pub service: Stored<'a, Service>,
    /// The node's checks and the instance's.
    pub checks: C,
}

/// A check with the node that it stands on and the instance that it is about.
#[derive(Debug, Clone, Copy)]
pub struct CheckRow<'a> {
    /// The node.
    pub node: &'a NodeName,
    /// The check.
    pub check: Stored<'a, Check>,
    /// The instance; none for a check on the node.
    pub service: Option<&'a Service>,
}

/// `/v1/health/service/NAME`.
pub fn health_service<'a, C>(
    out: &mut Vec<u8>,
    datacenter: &str,
    instances: impl IntoIterator<Item = InstanceRow<'a, C>>,
) where
    C: IntoIterator<Item = Stored<'a, Check>>,
{
    let mut list = ArrayWriter::new(out);
    for instance in instances {
        let mut object = ObjectWriter::new(list.item());
        entity::node(object.member("Node"), datacenter, instance.node);
        entity::service(object.member("Service"), instance.service);
        let mut checks = ArrayWriter::new(object.member("Checks"));
        let node = &instance.node.value.name;
        for check in instance.checks {
            entity::check(checks.item(), node, Some(instance.service.value), check);
        }
        checks.end();
        object.end();
    }
    list.end();
}

/// `/v1/health/node/NAME`, `/v1/health/checks/SERVICE` and `/v1/health/state/STATE`.
pub fn health_checks<'a>(out: &mut Vec<u8>, rows: impl IntoIterator<Item = CheckRow<'a>>) {
    let mut list = ArrayWriter::new(out);
    for row in rows {
        entity::check(list.item(), row.node, row.service, row.check);
    }
    list.end();
}

//! `/v1/agent/health/service`.

use muster_model::{Check, NodeName, Service};

use super::agent::write_service;
use super::entity;
use crate::json::{ArrayWriter, ObjectWriter};

/// What Consul shows as the definition of every check here, whatever its definition is.
const NO_DEFINITION: &str = concat!(
    r#"{"HTTP":"","Header":null,"Method":"","Body":"","TLSServerName":"","TLSSkipVerify":false,"TCP":"","#,
    r#""TCPUseTLS":false,"UDP":"","GRPC":"","OSService":"","GRPCUseTLS":false,"Interval":"0s","Timeout":"0s","#,
    r#""DeregisterCriticalServiceAfter":"0s"}"#,
);

/// The state of one instance.
#[derive(Debug, Clone)]
pub struct AgentHealthRow<'a, C> {
    /// `passing`, `warning`, `critical` or `maintenance`.
    pub aggregated_status: &'a str,
    /// The instance.
    pub service: &'a Service,
    /// Its checks and the node's.
    pub checks: C,
}

/// `/v1/agent/health/service/id/ID`; none: the agent has no such instance.
pub fn agent_health_id<'a, C>(out: &mut Vec<u8>, datacenter: &str, node: &NodeName, row: Option<AgentHealthRow<'a, C>>)
where
    C: IntoIterator<Item = &'a Check>,
{
    match row {
        Some(row) => instance(out, datacenter, node, row),
        None => out.extend_from_slice(br#"{"AggregatedStatus":"critical","Service":null,"Checks":null}"#),
    }
}

/// `/v1/agent/health/service/name/NAME`.
pub fn agent_health_name<'a, C>(
    out: &mut Vec<u8>,
    datacenter: &str,
    node: &NodeName,
    rows: impl IntoIterator<Item = AgentHealthRow<'a, C>>,
) where
    C: IntoIterator<Item = &'a Check>,
{
    let mut list = ArrayWriter::new(out);
    for row in rows {
        instance(list.item(), datacenter, node, row);
    }
    list.end();
}

fn instance<'a, C>(out: &mut Vec<u8>, datacenter: &str, node: &NodeName, row: AgentHealthRow<'a, C>)
where
    C: IntoIterator<Item = &'a Check>,
{
    let mut object = ObjectWriter::new(out);
    object.string("AggregatedStatus", row.aggregated_status);
    write_service(object.member("Service"), datacenter, row.service, None);
    let mut checks = ArrayWriter::new(object.member("Checks"));
    for value in row.checks {
        let mut check = ObjectWriter::new(checks.item());
        entity::check_result(&mut check, node, Some(row.service), value, entity::Empty::Braces);
        // Consul loses the type on the way to this answer.
        check.string("Type", "");
        check.uint("ExposedPort", 0);
        check.raw("Definition", NO_DEFINITION);
        check.uint("CreateIndex", 0);
        check.uint("ModifyIndex", 0);
        check.end();
    }
    checks.end();
    object.end();
}

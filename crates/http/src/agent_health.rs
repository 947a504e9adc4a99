//! `/v1/agent/health/service`: the state of instances as a status code, for load balancers that ask for one.

use std::sync::Arc;

use hyper::header::ACCEPT;
use muster_agent::aggregated;
use muster_catalog::NodeEntries;
use muster_model::{Check, Service};
use muster_wire::answer::{self, AgentHealthRow};
use muster_wire::header;

use crate::Api;
use crate::api_error::ApiError;
use crate::call::Call;
use crate::reply::Reply;

type Row<'a> = AgentHealthRow<'a, Vec<&'a Check>>;

pub(crate) async fn by_id(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let as_text = reads_text(&call, "Missing serviceID")?;
    let entries = api.agent.entries().await?;
    let service = entries.services.iter().find(|(id, _)| id.as_str() == call.argument);
    let row = service.map(|(_, service)| row(&entries, &service.value));
    let (status, reason) = match &row {
        Some(row) => (code(row.aggregated_status), row.aggregated_status.to_owned()),
        None => (404, format!("ServiceId {} not found", call.argument)),
    };
    let mut body = Vec::new();
    answer::agent_health_id(&mut body, api.registry.datacenter(), api.agent.node(), row);
    Ok(reply(body, as_text, status, &reason))
}

pub(crate) async fn by_name(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let as_text = reads_text(&call, "Missing service Name")?;
    let entries = api.agent.entries().await?;
    let named = entries.services.values().filter(|service| service.value.name.as_str() == call.argument);
    let rows: Vec<Row<'_>> = named.map(|service| row(&entries, &service.value)).collect();
    // The first of the worst tells, as in Consul.
    let worst = rows.iter().map(|row| row.aggregated_status).rev().max_by_key(|status| code(status));
    let (status, reason) = match worst {
        Some(worst) => (code(worst), worst.to_owned()),
        None => (404, format!("ServiceName {} Not Found", call.argument)),
    };
    let mut body = Vec::new();
    answer::agent_health_name(&mut body, api.registry.datacenter(), api.agent.node(), rows);
    Ok(reply(body, as_text, status, &reason))
}

/// An instance with its checks and its node's.
fn row<'a>(entries: &'a NodeEntries, service: &'a Service) -> Row<'a> {
    let counts = |check: &&Check| check.service_id.as_ref().is_none_or(|id| *id == service.id);
    let checks: Vec<&Check> = entries.checks.values().map(|check| &*check.value).filter(counts).collect();
    AgentHealthRow { aggregated_status: aggregated(checks.iter().copied()), service, checks }
}

fn code(status: &str) -> u16 {
    match status {
        "passing" => 200,
        "warning" => 429,
        _ => 503,
    }
}

/// `?format=text`, or a client that asks for plain text first. `missing` is said of a call that names nothing.
fn reads_text(call: &Call, missing: &str) -> Result<bool, ApiError> {
    let params = call.params()?;
    if call.argument.is_empty() {
        return Err(ApiError::internal(missing));
    }
    call.refuse_enterprise(&params)?;
    let accepted = call.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Ok(accepted.starts_with("text/plain") || params.get("format") == "text")
}

fn reply(json: Vec<u8>, as_text: bool, status: u16, reason: &str) -> Reply {
    let reply = if as_text { Reply::text(reason.to_owned()) } else { Reply::json(json) };
    reply.with_status(status).with_header(header::REASON, reason)
}

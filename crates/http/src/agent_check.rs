//! `/v1/agent/checks` and `/v1/agent/check`.

use std::error::Error;
use std::sync::Arc;

use muster_agent::unknown_check;
use muster_catalog::LocalAgent;
use muster_model::{Check, CheckId, CheckStatus};
use muster_wire::answer::{self, AgentCheckAnswer};
use muster_wire::filter::{BadFilter, CheckFilter};
use muster_wire::request;

use crate::Api;
use crate::api_error::ApiError;
use crate::call::Call;
use crate::reply::Reply;

pub(crate) async fn list(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    call.refuse_enterprise(&params)?;
    let entries = api.agent.entries().await?;
    let filter = match params.non_empty("filter").map(CheckFilter::new).transpose() {
        // Consul asks each check, so nobody is told what is wrong where there is none.
        Err(error) if error.is_about_fields() && entries.checks.is_empty() => None,
        filter => filter.map_err(told)?,
    };
    let checks = entries.checks.values().map(|entry| {
        let check = &*entry.value;
        let service = check.service_id.as_ref().and_then(|id| entries.services.get(id));
        AgentCheckAnswer { check, service: service.map(|entry| &*entry.value) }
    });
    let node = api.agent.node();
    let checks = checks.filter(|row| filter.as_ref().is_none_or(|filter| filter.takes(node, row.check, row.service)));
    let mut body = Vec::new();
    answer::agent_checks(&mut body, node, checks);
    Ok(Reply::json(body))
}

/// Consul says less here of a filter that asks what checks do not have.
fn told(error: BadFilter) -> ApiError {
    match error.source() {
        Some(problem) if error.is_about_fields() => ApiError::internal(problem.to_string()),
        _ => error.into(),
    }
}

pub(crate) async fn register(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    call.refuse_enterprise(&call.params()?)?;
    api.agent.register_check(check(&call.body().await?)?).await?;
    Ok(Reply::empty())
}

/// The check that a body asks for.
pub(crate) fn check(body: &[u8]) -> Result<Check, ApiError> {
    let asked = request::register_check(body).map_err(|e| ApiError::new(e.status().code(), e.to_string()))?;
    Ok(Check {
        name: asked.check.name.clone().unwrap_or_else(|| asked.id.shared()),
        status: asked.check.status.clone().unwrap_or(CheckStatus::Critical),
        notes: Arc::clone(&asked.check.notes),
        output: Arc::from(""),
        kind: Arc::from(""),
        definition: Some(Arc::new(asked.check.definition)),
        id: asked.id,
        service_id: asked.service_id,
    })
}

pub(crate) async fn deregister(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    call.refuse_enterprise(&call.params()?)?;
    api.agent.deregister_check(&check_id(&call)?).await?;
    Ok(Reply::empty())
}

pub(crate) async fn pass(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    note(&api, &call, CheckStatus::Passing).await
}

pub(crate) async fn warn(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    note(&api, &call, CheckStatus::Warning).await
}

pub(crate) async fn fail(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    note(&api, &call, CheckStatus::Critical).await
}

async fn note(api: &Api, call: &Call, status: CheckStatus) -> Result<Reply, ApiError> {
    let params = call.params()?;
    call.refuse_enterprise(&params)?;
    api.agent.report(&check_id(call)?, status, params.get("note")).await?;
    Ok(Reply::empty())
}

pub(crate) async fn update(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let update =
        request::update_check(&call.body().await?).map_err(|e| ApiError::new(e.status().code(), e.to_string()))?;
    // Not before: Consul looks at the body first.
    call.refuse_enterprise(&call.params()?)?;
    api.agent.report(&check_id(&call)?, update.status, &update.output).await?;
    Ok(Reply::empty())
}

fn check_id(call: &Call) -> Result<CheckId, ApiError> {
    CheckId::new(&call.argument).map_err(|_| ApiError::new(404, unknown_check(&call.argument)))
}

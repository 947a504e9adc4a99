//! `/v1/agent/services` and `/v1/agent/service`.

use std::sync::Arc;

use muster_agent::unknown_service;
use muster_catalog::{CheckRegistration, LocalAgent, Registration};
use muster_model::{CheckDefinition, ServiceId};
use muster_wire::filter::ServiceFilter;
use muster_wire::request::{self, CheckKind, CheckRequest};
use muster_wire::{answer, header};

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, filter};
use crate::reply::Reply;

pub(crate) async fn services(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let filter = filter(&call.options(&call.params()?)?, ServiceFilter::new)?;
    let entries = api.agent.entries().await?;
    let services = entries.services.values().map(|entry| &*entry.value);
    let services = services.filter(|service| filter.as_ref().is_none_or(|filter| filter.takes(service)));
    let mut body = Vec::new();
    answer::agent_services(&mut body, api.registry.datacenter(), services);
    Ok(Reply::json(body))
}

pub(crate) async fn service(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let options = call.options(&call.params()?)?;
    if options.hash.is_some() {
        return Err(ApiError::not_there_yet("?hash"));
    }
    let unknown = || ApiError::new(404, format!("unknown service ID: {}", call.argument));
    let id = ServiceId::new(&call.argument).map_err(|_| unknown())?;
    let entries = api.agent.entries().await?;
    let service = &entries.services.get(&id).ok_or_else(unknown)?.value;
    let hash = answer::content_hash(service);
    let mut body = Vec::new();
    answer::agent_service(&mut body, api.registry.datacenter(), service, &hash);
    Ok(Reply::json(body).with_header(header::CONTENT_HASH, &hash))
}

pub(crate) async fn register(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    call.options(&params)?;
    let asked = request::register_service(call.body()).map_err(|e| ApiError::new(e.status().code(), e.to_string()))?;
    let checks = asked.checks.into_iter().map(check_registration).collect::<Result<_, _>>()?;
    let replace = params.has("replace-existing-checks")
        && !matches!(muster_wire::json::parse_bool(params.get("replace-existing-checks")), Some(false));
    api.agent.register_service(&Registration { service: asked.service, checks }, replace).await?;
    Ok(Reply::empty())
}

pub(crate) async fn deregister(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    call.options(&call.params()?)?;
    let id = ServiceId::new(&call.argument).map_err(|_| ApiError::new(404, unknown_service(&call.argument)))?;
    api.agent.deregister(&id).await?;
    Ok(Reply::empty())
}

fn check_registration(asked: CheckRequest) -> Result<CheckRegistration, ApiError> {
    Ok(CheckRegistration {
        definition: definition(&asked)?,
        id: asked.id,
        name: asked.name,
        notes: asked.notes,
        status: asked.status,
    })
}

/// How the check is run, as far as this muster can.
pub(crate) fn definition(asked: &CheckRequest) -> Result<CheckDefinition, ApiError> {
    if !asked.deregister_critical_service_after.is_zero() {
        return Err(ApiError::not_there_yet("DeregisterCriticalServiceAfter"));
    }
    match &asked.kind {
        CheckKind::Ttl(ttl) => Ok(CheckDefinition::Ttl { ttl: *ttl }),
        CheckKind::Unsupported("script") => Err(ApiError::internal(
            "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true",
        )),
        CheckKind::Unsupported(kind) => Err(ApiError::not_there_yet(&format!("a check of type {kind}"))),
    }
}

//! `/v1/agent/services` and `/v1/agent/service`.

use std::sync::Arc;
use std::time::Duration;

use muster_agent::unknown_service;
use muster_catalog::{CheckRegistration, LocalAgent, Registration, Wait};
use muster_model::{Index, ServiceId};
use muster_registry::{ReadOptions, Topic};
use muster_wire::filter::ServiceFilter;
use muster_wire::query::QueryOptions;
use muster_wire::request::{self, CheckRequest};
use muster_wire::{answer, header};
use tokio::time::Instant;

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, filter};
use crate::reply::Reply;

pub(crate) async fn services(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    call.refuse_enterprise(&params)?;
    let filter = filter(params.non_empty("filter"), ServiceFilter::new)?;
    let entries = api.agent.entries().await?;
    let services = entries.services.values().map(|entry| &*entry.value);
    let services = services.filter(|service| filter.as_ref().is_none_or(|filter| filter.takes(service)));
    let mut body = Vec::new();
    answer::agent_services(&mut body, api.registry.datacenter(), services);
    Ok(Reply::json(body))
}

pub(crate) async fn service(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    let options = QueryOptions::waiting(&params)?;
    call.refuse_enterprise(&params)?;
    let unknown = || ApiError::new(404, format!("unknown service ID: {}", call.argument));
    let id = ServiceId::new(&call.argument).map_err(|_| unknown())?;
    let deadline = Instant::now() + api.registry.wait_time(options.wait.unwrap_or_default());
    loop {
        let before = api.registry.state().node_index(api.agent.node().as_str()).index;
        let entries = api.agent.entries_of_service(&id).await?;
        let service = &entries.services.get(&id).ok_or_else(unknown)?.value;
        let hash = answer::content_hash(service);
        if options.hash.as_ref() == Some(&hash) && changed(&api, before, deadline).await? {
            continue;
        }
        let mut body = Vec::new();
        answer::agent_service(&mut body, api.registry.datacenter(), service, &hash);
        return Ok(Reply::json(body).with_header(header::CONTENT_HASH, &hash));
    }
}

/// Waits until something on this node is another than it was at `before`. False: the time is over.
async fn changed(api: &Api, before: Index, deadline: Instant) -> Result<bool, ApiError> {
    let node: Arc<str> = Arc::from(api.agent.node().as_str().to_lowercase());
    // The longest wait that there is: the deadline below is the one that counts.
    let wait = Wait { after: before, at_most: Duration::from_secs(600) };
    let options = ReadOptions { wait: Some(wait), ..ReadOptions::default() };
    let topics = [Topic::Node(Arc::clone(&node))];
    let change = api.registry.read(&topics, options, |state| state.node_index(&node));
    match tokio::time::timeout_at(deadline, change).await {
        Ok(answer) => answer.map(|_| true).map_err(ApiError::from),
        Err(_) => Ok(false),
    }
}

pub(crate) async fn register(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    call.refuse_enterprise(&params)?;
    let replace = params.has("replace-existing-checks")
        && !matches!(muster_wire::json::parse_bool(params.get("replace-existing-checks")), Some(false));
    api.agent.register_service(&registration(&call.body().await?)?, replace).await?;
    Ok(Reply::empty())
}

/// The registration that a body asks for.
pub(crate) fn registration(body: &[u8]) -> Result<Registration, ApiError> {
    let asked = request::register_service(body).map_err(|e| ApiError::new(e.status().code(), e.to_string()))?;
    let checks = asked.checks.into_iter().map(check_registration).collect();
    Ok(Registration { service: asked.service, checks })
}

pub(crate) async fn deregister(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    call.refuse_enterprise(&call.params()?)?;
    let id = ServiceId::new(&call.argument).map_err(|_| ApiError::new(404, unknown_service(&call.argument)))?;
    api.agent.deregister(&id).await?;
    Ok(Reply::empty())
}

fn check_registration(asked: CheckRequest) -> CheckRegistration {
    CheckRegistration {
        id: asked.id,
        name: asked.name,
        notes: asked.notes,
        status: asked.status,
        definition: asked.definition,
    }
}

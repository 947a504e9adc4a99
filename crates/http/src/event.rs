//! `/v1/event`.

use std::sync::Arc;

use muster_model::UserEvent;
use muster_registry::new_session_id;
use muster_wire::answer;
use muster_wire::query::{QueryOptions, datacenter};
use muster_wire::request::EventRequest;

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, own_datacenter};
use crate::reply::Reply;

pub(crate) async fn fire(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    let body = call.body().await?;
    let asked = EventRequest::read(&call.argument, &params, body.len())
        .map_err(|error| ApiError::new(error.status().code(), error.to_string()))?;
    own_datacenter(&api, datacenter(&params).as_deref(), false)?;
    let event = UserEvent {
        id: Arc::from(new_session_id().as_str()),
        name: Arc::from(&*asked.name),
        payload: Arc::from(&*body),
        node_filter: Arc::from(params.get("node")),
        service_filter: Arc::from(params.get("service")),
        tag_filter: Arc::from(params.get("tag")),
        time: 0,
    };
    let mut body = Vec::new();
    answer::event(&mut body, &event);
    api.agent.fire_event(event, |node, services| asked.is_for(node, services.iter().map(|service| &**service))).await?;
    Ok(Reply::json(body))
}

pub(crate) async fn list(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    let options = QueryOptions::waiting(&params)?;
    let wait = (options.index > 0).then(|| (options.index, api.registry.wait_time(options.wait.unwrap_or_default())));
    let (index, events) = api.agent.events(params.get("name"), wait).await;
    let mut body = Vec::new();
    answer::events(&mut body, events.iter().map(|event| &**event));
    Ok(Reply::json(body).with_index(muster_model::Index(index)))
}

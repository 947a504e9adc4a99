//! `/v1/agent/maintenance` and `/v1/agent/service/maintenance`.

use std::sync::Arc;

use muster_agent::unknown_service;
use muster_model::{ServiceId, quoted};
use muster_wire::json::parse_bool;
use muster_wire::query::Params;

use crate::Api;
use crate::api_error::ApiError;
use crate::call::Call;
use crate::reply::Reply;

pub(crate) async fn service(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    let named = call.named("Missing service ID")?;
    let reason = reason(&params)?;
    call.refuse_enterprise(&params)?;
    let id = ServiceId::new(named).map_err(|_| ApiError::new(404, unknown_service(&call.argument)))?;
    api.agent.service_maintenance(&id, reason).await?;
    Ok(Reply::empty())
}

pub(crate) async fn node(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    api.agent.node_maintenance(reason(&params)?).await?;
    Ok(Reply::empty())
}

/// The reason to begin maintenance; none: end it.
fn reason<'a>(params: &'a Params<'_>) -> Result<Option<&'a str>, ApiError> {
    if !params.has("enable") {
        return Err(ApiError::bad_request("Missing value for enable"));
    }
    let text = params.get("enable");
    let enable =
        parse_bool(text).ok_or_else(|| ApiError::bad_request(format!("Invalid value for enable: {}", quoted(text))))?;
    Ok(enable.then(|| params.get("reason")))
}

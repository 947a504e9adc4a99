//! `/v1/status`.

use std::sync::Arc;

use muster_wire::answer;

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, own_datacenter};
use crate::reply::Reply;

pub(crate) async fn leader(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    own_datacenter(&api, call.options(&call.params()?)?.datacenter.as_deref(), false)?;
    let mut body = Vec::new();
    // As a Consul server without a leader says it: nobody here takes writes.
    let leader = api.registry.stopped().map_or_else(|| api.server_address.to_string(), |_| String::new());
    answer::status_leader(&mut body, &leader);
    Ok(Reply::json(body))
}

pub(crate) async fn peers(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    own_datacenter(&api, call.options(&call.params()?)?.datacenter.as_deref(), false)?;
    let mut body = Vec::new();
    answer::status_peers(&mut body, [&*api.server_address.to_string()]);
    Ok(Reply::json(body))
}

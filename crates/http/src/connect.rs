//! `/v1/agent/connect/ca/roots` and what else of Consul's mesh has an answer without one.

use std::sync::Arc;

use hyper::Method;
use muster_model::Index;
use muster_registry::{Answer, Topic};
use muster_wire::answer::{self, Stored};

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, Read};
use crate::reply::Reply;

/// The root is made before anything is written, and never changes.
const ROOT_INDEX: Index = Index(1);

pub(crate) async fn roots(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    let read = Read::of(&api, &call, &params)?;
    let Some(root) = &api.about.root else {
        return Err(ApiError::internal("Connect must be enabled in order to use this endpoint"));
    };
    let pem = match params.get("pem") {
        "" => false,
        text => muster_wire::json::parse_bool(text)
            .ok_or_else(|| ApiError::bad_request("The 'pem' query parameter must be a boolean value"))?,
    };
    api.registry
        .read(&[Topic::ConnectRoots], read.registry(), |_| Answer { index: ROOT_INDEX, found: true, value: () })
        .await?;
    let reply = if pem {
        Reply::typed("application/pem-certificate-chain", root.certificate.clone())
    } else {
        let mut body = Vec::new();
        answer::connect_roots(&mut body, Stored { value: root, created: ROOT_INDEX, modified: ROOT_INDEX });
        Reply::json(body)
    };
    Ok(reply.with_query(ROOT_INDEX, true))
}

/// There are none, and none can be made.
pub(crate) async fn intentions(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    nothing(api, call, "intentions").await
}

/// An empty list to who asks, a refusal to who would add to it.
pub(crate) async fn nothing(api: Arc<Api>, call: Call, what: &str) -> Result<Reply, ApiError> {
    let read = Read::of(&api, &call, &call.params()?)?;
    if call.method != Method::GET {
        return Err(ApiError::not_there_yet(what));
    }
    let none = |_: &muster_registry::State| Answer { index: Index(1), found: true, value: () };
    api.registry.read(&[Topic::ConnectRoots], read.registry(), none).await?;
    Ok(Reply::json("[]").with_query(Index(1), true))
}

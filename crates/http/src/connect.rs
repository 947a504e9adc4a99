//! `/v1/agent/connect/ca/roots` and what else of Consul's mesh has an answer without one.

use std::sync::Arc;

use hyper::Method;
use muster_model::Index;
use muster_registry::{Answer, State, Topic};
use muster_wire::answer::{self, ConnectRoot, Stored};
use muster_wire::query::Consistency;

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, Read};
use crate::reply::Reply;

/// The root is made before anything is written, and never changes.
const ROOT_INDEX: Index = Index(1);

/// As this node's agent keeps them.
pub(crate) async fn agent_roots(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&api, &call, &call.params()?).map_err(|error| ApiError { as_query: false, ..error })?;
    let root = root(&api)?;
    wait(&api, &read).await?;
    Ok(written(root).with_query(ROOT_INDEX, true).with_cache_hit())
}

/// As the servers have them.
pub(crate) async fn roots(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    let read = Read::of(&api, &call, &params)?;
    let root = root(&api)?;
    let pem = match params.get("pem") {
        "" => false,
        text => muster_wire::json::parse_bool(text)
            .ok_or_else(|| ApiError::bad_request("The 'pem' query parameter must be a boolean value"))?,
    };
    wait(&api, &read).await?;
    Ok(match pem {
        true => Reply::typed("application/pem-certificate-chain", root.certificate.clone()),
        false => written(root).with_query(ROOT_INDEX, true),
    })
}

fn root(api: &Api) -> Result<&ConnectRoot, ApiError> {
    let off = || ApiError::internal("Connect must be enabled in order to use this endpoint");
    api.about.root.as_ref().ok_or_else(off)
}

/// Who waits for another root waits as long as it says.
async fn wait(api: &Api, read: &Read) -> Result<(), ApiError> {
    let never = |_: &State| Answer::constant(ROOT_INDEX);
    api.registry.read(&[Topic::ConnectRoots], read.registry(), never).await?;
    Ok(())
}

fn written(root: &ConnectRoot) -> Reply {
    let mut body = Vec::new();
    answer::connect_roots(&mut body, Stored { value: root, created: ROOT_INDEX, modified: ROOT_INDEX });
    Reply::json(body)
}

/// The instances of a service in a mesh, or behind a gateway: there are none, since neither can be registered.
pub(crate) async fn instances(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    if call.argument.is_empty() {
        Read::of(&api, &call, &call.params()?)?;
        return Err(ApiError::bad_request("Missing service name"));
    }
    let reply = nothing(api, call, "a mesh").await?;
    Ok(reply.with_consistency(Consistency::Leader, false))
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
    wait(&api, &read).await?;
    Ok(Reply::json("[]").with_query(ROOT_INDEX, true))
}

//! `/v1/agent/connect/ca/roots` and what else of Consul's mesh has an answer without one.

use std::sync::Arc;

use hyper::Method;
use muster_model::Index;
use muster_registry::{Answer, State, Topic};
use muster_wire::answer::{self, ConnectRoot, Stored};
use muster_wire::filter::{IntentionFilter, ServiceRowFilter};
use muster_wire::query::Scope;

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, Read, Refuses};
use crate::health::asked_instances;
use crate::reply::Reply;

/// The root is made before anything is written, and never changes.
const ROOT_INDEX: Index = Index(1);

/// As this node's agent keeps them.
pub(crate) async fn agent_roots(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&call, Refuses::Nothing)?;
    read.at_home(&api).map_err(|error| ApiError { as_query: false, ..error })?;
    let root = root(&api)?;
    wait(&api, &read).await?;
    Ok(written(root).with_query(ROOT_INDEX, true).with_cache_hit())
}

/// As the servers have them.
pub(crate) async fn roots(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&call, Refuses::Nothing)?;
    let root = root(&api)?;
    let pem = match read.params.get("pem") {
        "" => false,
        text => muster_wire::json::parse_bool(text)
            .ok_or_else(|| ApiError::bad_request("The 'pem' query parameter must be a boolean value"))?,
    };
    read.at_home(&api)?;
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
async fn wait(api: &Api, read: &Read<'_>) -> Result<(), ApiError> {
    let never = |_: &State| Answer::constant(ROOT_INDEX);
    api.registry.read(&[Topic::ConnectRoots], read.registry(), never).await?;
    Ok(())
}

fn written(root: &ConnectRoot) -> Reply {
    let mut body = Vec::new();
    answer::connect_roots(&mut body, Stored { value: root, created: ROOT_INDEX, modified: ROOT_INDEX });
    Reply::json(body)
}

/// The instances of a service in a mesh: there are none, since none can be registered.
pub(crate) async fn instances(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = asked_instances(&api, &call)?.read;
    nothing(&api, &read).await
}

/// The same as the catalog has them.
pub(crate) async fn catalogued(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::cacheable(&api, &call, Refuses::First(Scope::Namespace))?;
    call.named("Missing service name")?;
    read.filter_at_home(&api, ServiceRowFilter::new)?;
    nothing(&api, &read).await
}

/// The services behind a gateway: there is none.
pub(crate) async fn behind(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&call, Refuses::First(Scope::Namespace))?;
    call.named("Missing gateway name")?;
    read.at_home(&api)?;
    nothing(&api, &read).await
}

/// There are none, and none can be made.
pub(crate) async fn intentions(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    refuse_write(&call, "intentions")?;
    let read = Read::of(&call, Refuses::Last(Scope::Namespace))?;
    read.filter_at_home(&api, IntentionFilter::new)?;
    wait(&api, &read).await?;
    Ok(Reply::json("[]").with_query(ROOT_INDEX, true))
}

/// Refuses to add to what there is none of.
pub(crate) fn refuse_write(call: &Call, what: &str) -> Result<(), ApiError> {
    if call.method == Method::GET { Ok(()) } else { Err(ApiError::not_there_yet(what)) }
}

/// An empty list that stays empty.
pub(crate) async fn nothing(api: &Api, read: &Read<'_>) -> Result<Reply, ApiError> {
    wait(api, read).await?;
    let reply = Reply::json("[]").with_query(ROOT_INDEX, true);
    Ok(reply.with_consistency(read.options.consistency, read.options.cached))
}

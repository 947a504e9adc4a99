//! `/v1/operator/raft/configuration`, `/v1/coordinate`, and what answers for ACLs while they are off.

use std::sync::Arc;

use muster_model::Index;
use muster_wire::answer::{self, RaftServer};
use muster_wire::query::Scope;

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, Read, Refuses, own_datacenter};
use crate::connect::{nothing, refuse_write};
use crate::health::is_node;
use crate::reply::Reply;

/// The index of coordinates, which do not change.
const COORDINATES: Index = Index(1);

pub(crate) async fn raft_configuration(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    own_datacenter(&api, call.options(&call.params()?)?.datacenter.as_deref(), false)?;
    let node = api.agent.node_entry();
    let server = RaftServer { id: &node.id, node: node.name.as_str(), address: &api.server_address.to_string() };
    let mut body = Vec::new();
    answer::raft_configuration(&mut body, server, api.registry.index().0);
    Ok(Reply::json(body))
}

pub(crate) async fn coordinate_datacenters(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    call.params()?;
    let datacenter = api.registry.datacenter();
    let mut body = Vec::new();
    answer::coordinate_datacenters(&mut body, datacenter, api.agent.node().as_str());
    Ok(Reply::json(body))
}

pub(crate) async fn coordinate_nodes(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&call, Refuses::Last(Scope::Partition))?;
    read.at_home(&api)?;
    let node = api.agent.node_entry();
    let own = read.params.non_empty("segment").is_none();
    wait(&api, &read).await;
    let mut body = Vec::new();
    answer::coordinates(&mut body, own.then_some(node.name.as_str()));
    Ok(Reply::json(body).with_query(COORDINATES, true))
}

pub(crate) async fn coordinate_node(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&call, Refuses::Last(Scope::Partition))?;
    read.at_home(&api)?;
    let node = api.agent.node();
    if !is_node(node, &call.argument) || read.params.non_empty("segment").is_some() {
        return Ok(Reply::missing());
    }
    wait(&api, &read).await;
    let mut body = Vec::new();
    answer::coordinates(&mut body, [node.as_str()]);
    Ok(Reply::json(body).with_query(COORDINATES, true))
}

/// A node that is alone keeps its coordinate: who waits for another waits to the end.
async fn wait(api: &Api, read: &Read<'_>) {
    if read.options.index == COORDINATES.0 {
        tokio::time::sleep(api.registry.wait_time(read.options.wait.unwrap_or_default())).await;
    }
}

/// Every endpoint of the ACLs, whatever it is asked.
pub(crate) async fn acl(_: Arc<Api>, _: Call) -> Result<Reply, ApiError> {
    Err(ApiError::new(401, "ACL support disabled"))
}

/// Nothing is replicated, which is no error.
pub(crate) async fn acl_replication(_: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    call.params()?;
    Err(ApiError::new(401, "ACL support disabled"))
}

/// There are none, and none can be made.
pub(crate) async fn queries(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&call, Refuses::Nothing)?;
    refuse_write(&call, "a prepared query")?;
    read.at_home(&api)?;
    nothing(&api, &read).await
}

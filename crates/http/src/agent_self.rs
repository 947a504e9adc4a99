//! `/v1/agent/self`, `/v1/agent/members` and `/v1/agent/version`.

use std::sync::Arc;

use muster_wire::answer::{self, AgentSelf};
use muster_wire::filter::MemberFilter;

use crate::Api;
use crate::about::AgentCounts;
use crate::api_error::ApiError;
use crate::call::{Call, filter};
use crate::reply::Reply;

pub(crate) async fn about(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    call.params()?;
    let entries = api.agent.entries().await?;
    let run = entries.checks.values().filter_map(|check| check.value.definition.as_ref());
    let (ttl, others): (Vec<_>, Vec<_>) = run.partition(|definition| definition.probe.kind() == "ttl");
    let counts = AgentCounts {
        services: entries.services.len(),
        checks: entries.checks.len(),
        ttl_checks: ttl.len(),
        monitors: others.len(),
    };
    let node = api.agent.node_entry();
    let mut body = Vec::new();
    let about = AgentSelf {
        datacenter: api.registry.datacenter(),
        node: node.name.as_str(),
        node_id: &node.id,
        version: &api.about.version,
        revision: &api.about.revision,
        build_date: &api.about.build_date,
        debug_config: &api.debug_config(),
        member: &api.member(false),
        stats: &api.stats(&counts),
        meta: &node.meta,
    };
    answer::agent_self(&mut body, &about);
    Ok(Reply::json(body))
}

pub(crate) async fn members(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    call.refuse_partition(&params)?;
    if params.non_empty("segment").is_some_and(|segment| segment != "_all") {
        return Err(ApiError::internal("Network segments are not supported in this version of Consul"));
    }
    let filter = filter(params.non_empty("filter"), MemberFilter::new)?;
    let member = api.member(params.non_empty("wan").is_some());
    let mut body = Vec::new();
    answer::members(&mut body, Some(&member).filter(|member| filter.is_none_or(|filter| filter.takes(member))));
    Ok(Reply::json(body))
}

pub(crate) async fn version(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    call.params()?;
    let mut body = Vec::new();
    answer::agent_version(&mut body, &api.about.version, &api.about.revision, &api.about.build_date);
    Ok(Reply::json(body))
}

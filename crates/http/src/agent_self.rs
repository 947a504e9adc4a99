//! `/v1/agent/self`, `/v1/agent/members` and `/v1/agent/version`.

use std::sync::Arc;

use muster_model::CheckDefinition;
use muster_wire::answer::{self, AgentSelf};
use muster_wire::filter::MemberFilter;

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, filter};
use crate::reply::Reply;

pub(crate) async fn about(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    call.options(&call.params()?)?;
    let entries = api.agent.entries().await?;
    let is_ttl = |definition: &Option<CheckDefinition>| matches!(definition, Some(CheckDefinition::Ttl { .. }));
    let ttl_checks = entries.checks.values().filter(|check| is_ttl(&check.value.definition)).count();
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
        stats: &api.stats(entries.services.len(), entries.checks.len(), ttl_checks),
        meta: &node.meta,
    };
    answer::agent_self(&mut body, &about);
    Ok(Reply::json(body))
}

pub(crate) async fn members(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    let filter = filter(&call.options(&params)?, MemberFilter::new)?;
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

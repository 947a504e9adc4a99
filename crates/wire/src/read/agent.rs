//! `/v1/agent`.

use std::sync::Arc;

use muster_model::{CheckId, Service};

use super::entity::{self, Reader};
use super::{BadAnswer, Entries, collect, shape};
use crate::json;

/// What a client wants to know of the agent that it talks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentSelf {
    /// Its node's name.
    pub node_name: Arc<str>,
    /// Its datacenter.
    pub datacenter: Arc<str>,
}

/// Reads `/v1/agent/self`.
pub fn agent_self(body: &[u8]) -> Result<AgentSelf, BadAnswer> {
    let value = json::parse(body)?;
    let config = Reader::new("answer", &value)?.child("Config")?;
    Ok(AgentSelf { node_name: config.shared("NodeName"), datacenter: config.shared("Datacenter") })
}

/// Reads `/v1/agent/services`.
pub fn agent_services(body: &[u8]) -> Result<Entries<Service>, BadAnswer> {
    let value = json::parse(body)?;
    let members = value.as_object().ok_or(shape("answer", "object"))?;
    collect(members.0.iter().map(|(_, member)| member), |member| entity::service(&Reader::new("service", member)?))
}

/// `/v1/agent/checks`: the checks' IDs.
pub fn agent_checks(body: &[u8]) -> Result<Entries<CheckId>, BadAnswer> {
    let value = json::parse(body)?;
    let members = value.as_object().ok_or(shape("answer", "object"))?;
    collect(members.0.iter().map(|(_, member)| member), |member| {
        Ok(CheckId::new(Reader::new("check", member)?.text("CheckID")))
    })
}

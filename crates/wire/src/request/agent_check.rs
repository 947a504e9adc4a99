//! Checks in bodies for `/v1/agent`: in a service's registration, on their own, and their updates.

use std::sync::Arc;

use muster_model::{CheckDefinition, CheckId, CheckStatus, ServiceId};

use super::check_fields::CheckFields;
use super::fields::{self, DecodeError, Fields, Fill};
use super::{AgentRequestError, go_types};
use crate::json::Value;

/// A check as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRequest {
    /// None: to be made up from the service's ID, or from the name.
    pub id: Option<CheckId>,
    /// None: to be made up from the service's name.
    pub name: Option<Arc<str>>,
    /// A remark.
    pub notes: Arc<str>,
    /// The status until the first result.
    pub status: Option<CheckStatus>,
    /// How it is checked.
    pub definition: CheckDefinition,
}

/// The body of `/v1/agent/check/register`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeCheckRequest {
    /// Its ID and name are always there.
    pub check: CheckRequest,
    /// The ID: as given, else the name.
    pub id: CheckId,
    /// The instance that it is about; none: the node.
    pub service_id: Option<ServiceId>,
}

/// The body of `/v1/agent/check/update/ID`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckUpdate {
    /// The result.
    pub status: CheckStatus,
    /// What the reporter says.
    pub output: String,
}

/// Reads the body of `/v1/agent/check/register`.
pub fn register_check(body: &[u8]) -> Result<NodeCheckRequest, AgentRequestError> {
    let mut fields = CheckFields::alone();
    fields::body(body, go_types::CHECK, "", &["Alias"], &mut fields)?;
    if fields.name.is_empty() {
        return Err(AgentRequestError::MissingCheckName);
    }
    if !fields.status.is_empty() && CheckStatus::strict(&fields.status).is_none() {
        return Err(AgentRequestError::CheckStatus);
    }
    let definition = fields.definition()?;
    let id = CheckId::new(if fields.id.is_empty() { &fields.name } else { &fields.id })?;
    let service_id = Some(&fields.service_id).filter(|id| !id.is_empty()).map(ServiceId::new).transpose()?;
    let check = fields.into_request(definition, || AgentRequestError::CheckStatus)?;
    Ok(NodeCheckRequest { check, id, service_id })
}

/// Reads the body of `/v1/agent/check/update/ID`.
pub fn update_check(body: &[u8]) -> Result<CheckUpdate, AgentRequestError> {
    let mut fields = UpdateFields::default();
    fields::body(body, "agent.checkUpdate", "checkUpdate", &[], &mut fields)?;
    let status =
        CheckStatus::strict(&fields.status).ok_or_else(|| AgentRequestError::UpdateStatus(fields.status.clone()))?;
    Ok(CheckUpdate { status, output: fields.output })
}

#[derive(Default)]
struct UpdateFields {
    status: String,
    output: String,
}

impl Fill for UpdateFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "status" => fields.string("Status", value, &mut self.status),
            "output" => fields.string("Output", value, &mut self.output),
            _ => fields.unknown(name),
        }
        Ok(())
    }
}

//! What files define is registered as clients register it, without a request.

use muster_agent::Rules;
use muster_model::{CheckId, ServiceId};

use crate::api_error::ApiError;
use crate::{Api, agent, agent_check};

/// A definition that is not taken: the text that a client would be answered with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DefinitionRefused(String);

/// The IDs of the checks that the body of an instance's registration names.
pub fn service_checks(body: &[u8]) -> Result<Vec<CheckId>, DefinitionRefused> {
    let registration = agent::registration(body).map_err(refused)?;
    registration.check_ids().map_err(|invalid| DefinitionRefused(format!("Invalid check: {invalid}")))
}

/// As `/v1/agent/service/register` does, but checks may run commands if files may say so, and what is as it was is
/// not touched; `again`: it is defined as it was before.
pub async fn register_service(api: &Api, body: &[u8], again: bool) -> Result<(), DefinitionRefused> {
    let registration = agent::registration(body).map_err(refused)?;
    api.agent.register_defined_service(&registration, again).await.map_err(|error| refused(error.into()))
}

/// As `/v1/agent/check/register` does, but it may run commands if files may say so, and what is as it was is not
/// touched.
pub async fn register_check(api: &Api, body: &[u8]) -> Result<(), DefinitionRefused> {
    let check = agent_check::check(body).map_err(refused)?;
    api.agent.register_defined_check(check).await.map_err(|error| refused(error.into()))
}

/// Whether a service can be registered by these rules; its ID.
pub fn accept_service(rules: &Rules, body: &[u8]) -> Result<ServiceId, DefinitionRefused> {
    let registration = agent::registration(body).map_err(refused)?;
    rules.defined_service(&registration).map_err(|error| refused(error.into()))?;
    Ok(registration.service.id)
}

/// Whether a check can be registered by these rules; the instance that it is about, which must be there then.
pub fn accept_check(rules: &Rules, body: &[u8]) -> Result<Option<ServiceId>, DefinitionRefused> {
    let check = agent_check::check(body).map_err(refused)?;
    rules.defined_check(&check).map_err(|error| refused(error.into()))?;
    Ok(check.service_id)
}

fn refused(error: ApiError) -> DefinitionRefused {
    DefinitionRefused(error.text)
}

//! Refusals that need no body: routing's, and what the registry and the agent do not have.

use muster_model::quoted;

use crate::Status;

/// A refusal in Consul's words. Displays as the answer's body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A path under `/v1/` that is no endpoint.
    #[error("Invalid URL path: not a recognized HTTP API endpoint\n")]
    UnknownEndpoint,
    /// Any other path.
    #[error("Invalid URL path: if attempting to use the HTTP API, ensure the path starts with '/v1/'\n")]
    UnknownPath,
    /// The endpoint takes others (they go into the header `Allow`).
    #[error("method {0} not allowed")]
    MethodNotAllowed(String),
    /// `/v1/catalog/service/`, `/v1/health/service/`.
    #[error("Missing service name")]
    MissingServiceName,
    /// `/v1/catalog/node/`.
    #[error("Missing node name")]
    MissingNodeName,
    /// `/v1/health/state/`.
    #[error("Missing check state")]
    MissingCheckState,
    /// `/v1/agent/service/maintenance/`.
    #[error("Missing service ID")]
    MissingServiceId,
    /// Maintenance without `?enable`.
    #[error("Missing value for enable")]
    MissingEnable,
    /// Maintenance with an `?enable` that is no truth value.
    #[error("Invalid value for enable: {}", quoted(.0))]
    InvalidEnable(String),
    /// Another datacenter, which is not there.
    #[error("No path to datacenter")]
    UnknownDatacenter,
    /// `/v1/agent/service/ID`.
    #[error("unknown service ID: {0}")]
    NoSuchService(String),
    /// `/v1/agent/service/deregister/ID` and maintenance.
    #[error("Unknown service ID {}. Ensure that the service ID is passed, not the service name.", quoted(.0))]
    UnknownServiceId(String),
    /// `/v1/agent/check/…/ID`.
    #[error("Unknown check ID {}. Ensure that the check ID is passed, not the check name.", quoted(.0))]
    UnknownCheckId(String),
    /// A check that names an instance which the agent does not have.
    #[error("ServiceID {} does not exist", quoted(.0))]
    NoServiceForCheck(String),
    /// A check in the catalog that names an instance which its node does not have.
    #[error("Unknown service ID '{service}' for check ID '{check}'")]
    NoCatalogServiceForCheck {
        /// The instance.
        service: String,
        /// The check.
        check: String,
    },
    /// A report on a check that takes none.
    #[error("CheckID {} does not have associated TTL", quoted(.0))]
    NotTtl(String),
    /// A check that runs a command.
    #[error(
        "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true"
    )]
    ScriptsDisabled,
}

impl Refusal {
    /// The answer's status.
    pub fn status(&self) -> Status {
        match self {
            Self::UnknownEndpoint
            | Self::UnknownPath
            | Self::NoSuchService(_)
            | Self::UnknownServiceId(_)
            | Self::UnknownCheckId(_)
            | Self::NoServiceForCheck(_) => Status::NotFound,
            Self::MethodNotAllowed(_) => Status::MethodNotAllowed,
            Self::UnknownDatacenter
            | Self::NoCatalogServiceForCheck { .. }
            | Self::NotTtl(_)
            | Self::ScriptsDisabled => Status::Internal,
            _ => Status::BadRequest,
        }
    }
}

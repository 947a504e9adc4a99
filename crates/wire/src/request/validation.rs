//! What a decoded body is refused for.

use muster_model::{InvalidName, Weights, quoted};

use super::{DecodeError, MetaProblem};
use crate::Status;

/// Why a body for `/v1/agent` is refused. Displays as Consul's answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AgentRequestError {
    /// The body cannot be decoded.
    #[error("Request decode failed: {0}")]
    Decode(#[from] DecodeError),
    /// A service needs one.
    #[error("Missing service name")]
    MissingServiceName,
    /// The unspecified address, or one with control characters.
    #[error("Invalid service address")]
    ServiceAddress,
    /// Weights out of range.
    #[error("Invalid Weights: {0}")]
    Weights(#[from] WeightsProblem),
    /// Meta over its limits.
    #[error("Invalid Service Meta: {0}")]
    Meta(#[from] MetaProblem),
    /// A zone of no region.
    #[error("Validation failed: 1 error occurred:\n\t* zone cannot be set without region\n\n")]
    Zone,
    /// A service of a mesh, which muster has none of.
    #[error("Validation failed: {0} is not supported")]
    Mesh(&'static str),
    /// A name or ID that muster does not take.
    #[error("Validation failed: {0}")]
    Name(#[from] InvalidName),
    /// Fields of a check that do not go together.
    #[error("Invalid check: {0}")]
    Check(#[from] CheckProblem),
    /// A kind of check that muster does not run.
    #[error("a check of type {0} is not supported by this version of muster")]
    CheckKind(&'static str),
    /// The status of a service's check.
    #[error("Status for checks must 'passing', 'warning', 'critical'")]
    ServiceCheckStatus,
    /// A check needs one.
    #[error("Missing check name")]
    MissingCheckName,
    /// The status of a check on its own.
    #[error("Bad check status")]
    CheckStatus,
    /// The status in an update.
    #[error("Invalid check status: '{0}'")]
    UpdateStatus(String),
}

impl AgentRequestError {
    /// The answer's status.
    pub fn status(&self) -> Status {
        match self {
            Self::CheckKind(_) => Status::NotImplemented,
            _ => Status::BadRequest,
        }
    }
}

/// Why a body for `/v1/catalog` is refused. Displays as Consul's answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogRequestError {
    /// The body cannot be decoded.
    #[error("Request decode failed: {0}")]
    Decode(#[from] DecodeError),
    /// Another datacenter than the server's.
    #[error("No path to datacenter")]
    Datacenter,
    /// Something of a peer, which there is none of.
    #[error("cannot register requests with PeerName in them")]
    PeerName,
    /// No node.
    #[error("Must provide node")]
    MissingNode,
    /// No address.
    #[error("Must provide address if SkipNodeUpdate is not set")]
    MissingAddress,
    /// The node's ID is no UUID.
    #[error("Bad node ID: {0}")]
    NodeId(&'static str),
    /// A service without name.
    #[error("Must provide service name (Service.Service)")]
    MissingServiceName,
    /// A service with ID but without name.
    #[error("Must provide service name (Service.Service) when service ID is provided")]
    MissingServiceNameForId,
    /// Meta of a service that cannot be kept.
    #[error("failed inserting service: Invalid Service Meta for node {node} and serviceID {service}: {problem}")]
    ServiceMeta {
        /// The node.
        node: String,
        /// The service's ID.
        service: String,
        /// What is wrong with it.
        problem: MetaProblem,
    },
    /// The unspecified address, or one with control characters.
    #[error("Invalid service address")]
    ServiceAddress,
    /// A node's address with control characters.
    #[error("Invalid node address")]
    NodeAddress,
    /// A check that names another node.
    #[error("Node '{named}' for check '{check}' doesn't match register request node '{node}'")]
    CheckNode {
        /// The check.
        check: String,
        /// The node that it names.
        named: String,
        /// The registration's.
        node: String,
    },
    /// A check without ID and name.
    #[error("failed health check lookup: index error: object is missing a value for this index")]
    MissingCheckId,
    /// The same in a registration.
    #[error("failed inserting check on node {}: {}", quoted(.node), Self::MissingCheckId)]
    RegisteredCheckId {
        /// The node.
        node: String,
    },
    /// A service of a mesh, which muster has none of.
    #[error("{0} is not supported")]
    Mesh(&'static str),
    /// A name or ID that muster does not take.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

impl CatalogRequestError {
    /// The answer's status: Consul answers 500 for all but what it cannot decode.
    pub fn status(&self) -> Status {
        match self {
            Self::Decode(_) => Status::BadRequest,
            _ => Status::Internal,
        }
    }
}

/// Why weights are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeightsProblem {
    /// Below 1.
    #[error("Passing must be greater than 0")]
    Passing,
    /// Below 0.
    #[error("Warning must be greater or equal than 0")]
    Warning,
    /// Over what DNS can carry.
    #[error("DNS Weight must be between 0 and 65535")]
    TooLarge,
}

pub(super) fn check_weights(weights: Weights) -> Result<(), WeightsProblem> {
    let max = i32::from(u16::MAX);
    match weights {
        Weights { passing, .. } if passing < 1 => Err(WeightsProblem::Passing),
        Weights { warning, .. } if warning < 0 => Err(WeightsProblem::Warning),
        Weights { passing, warning } if passing > max || warning > max => Err(WeightsProblem::TooLarge),
        _ => Ok(()),
    }
}

/// Why a check's fields do not go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckProblem {
    /// Both.
    #[error("Interval and TTL cannot both be specified")]
    IntervalAndTtl,
    /// An active check without one.
    #[error("Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks")]
    MissingInterval,
    /// An alias with a field of an active check.
    #[error("Interval cannot be set for Alias checks")]
    AliasInterval,
    /// An alias with one.
    #[error("TTL must be not be set for Alias checks")]
    AliasTtl,
    /// Nothing else, and no TTL.
    #[error("TTL must be > 0 for TTL checks")]
    MissingTtl,
    /// A negative limit.
    #[error("MaxOutputMaxSize must be positive")]
    OutputMaxSize,
    /// Warning later than critical.
    #[error("FailuresBeforeWarning can't be higher than FailuresBeforeCritical")]
    FailuresBeforeWarning,
}

/// Consul refuses the unspecified address; control characters would reach rendered files.
pub(super) fn acceptable_address(address: &str) -> bool {
    !matches!(address, "0.0.0.0" | "::" | "[::]") && !address.chars().any(char::is_control)
}

//! `?filter=`: which rows of an answer a client wants.
//!
//! One type for each kind of row, with the fields that Consul 1.21 lets filters name: those of its JSON but
//! indexes, definitions and localities. The values are the model's own; no JSON is made to look at them.

mod check;
mod instance;
mod intention;
mod member;
mod node;
mod service;
mod service_row;

use std::sync::Arc;

use muster_filter::{Filter, FilterError};
use muster_model::{Check, Indexed, Node, NodeName, Service};

use crate::Status;
use crate::answer::Member;

/// A filter that cannot be evaluated. Displays as Consul's answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Failed to create boolean expression evaluator: {0}")]
pub struct BadFilter(#[from] FilterError);

impl BadFilter {
    /// Whether the expression can be read, and asks what rows of this kind do not have.
    pub fn is_about_fields(&self) -> bool {
        !matches!(self.0, FilterError::Syntax(_) | FilterError::TooDeep { .. })
    }

    /// The answer's status.
    pub fn status(&self) -> Status {
        Status::Internal
    }
}

/// Over nodes: `/v1/catalog/nodes`.
#[derive(Debug, Clone)]
pub struct NodeFilter(Filter);

impl NodeFilter {
    /// Reads a filter.
    ///
    /// # Errors
    /// [`BadFilter`] if it is none, or not one over nodes.
    pub fn new(text: &str) -> Result<Self, BadFilter> {
        Ok(Self(Filter::new(text, node::FIELDS)?))
    }

    /// Whether the node passes.
    pub fn takes(&self, node: &Node, datacenter: &str) -> bool {
        self.0.matches(&node::NodeRow { node, datacenter })
    }
}

/// Over instances by themselves: `/v1/agent/services`, `/v1/catalog/node/NODE`.
#[derive(Debug, Clone)]
pub struct ServiceFilter(Filter);

impl ServiceFilter {
    /// Reads a filter.
    ///
    /// # Errors
    /// [`BadFilter`] if it is none, or not one over instances.
    pub fn new(text: &str) -> Result<Self, BadFilter> {
        Ok(Self(Filter::new(text, service::FIELDS)?))
    }

    /// Whether the instance passes.
    pub fn takes(&self, service: &Service) -> bool {
        self.0.matches(&service::ServiceRecord(service))
    }
}

/// Over instances with their nodes in one row: `/v1/catalog/service/NAME`, `/v1/catalog/services`.
#[derive(Debug, Clone)]
pub struct ServiceRowFilter(Filter);

impl ServiceRowFilter {
    /// Reads a filter.
    ///
    /// # Errors
    /// [`BadFilter`] if it is none, or not one over such rows.
    pub fn new(text: &str) -> Result<Self, BadFilter> {
        Ok(Self(Filter::new(text, service_row::FIELDS)?))
    }

    /// Whether the instance passes.
    pub fn takes(&self, node: &Node, service: &Service, datacenter: &str) -> bool {
        self.0.matches(&service_row::ServiceRow { node, service, datacenter })
    }
}

/// Over instances with their nodes and checks: `/v1/health/service/NAME`.
#[derive(Debug, Clone)]
pub struct InstanceFilter(Filter);

impl InstanceFilter {
    /// Reads a filter.
    ///
    /// # Errors
    /// [`BadFilter`] if it is none, or not one over such instances.
    pub fn new(text: &str) -> Result<Self, BadFilter> {
        Ok(Self(Filter::new(text, instance::FIELDS)?))
    }

    /// Whether the instance passes; `checks` are the node's and its own.
    pub fn takes(&self, node: &Node, service: &Service, checks: &[Indexed<Arc<Check>>], datacenter: &str) -> bool {
        self.0.matches(&instance::InstanceRecord { node, service, checks, datacenter })
    }
}

/// Over intentions: `/v1/connect/intentions`. There are none that could pass.
#[derive(Debug, Clone)]
pub struct IntentionFilter(());

impl IntentionFilter {
    /// Reads a filter.
    ///
    /// # Errors
    /// [`BadFilter`] if it is none, or not one over intentions.
    pub fn new(text: &str) -> Result<Self, BadFilter> {
        Filter::new(text, intention::FIELDS)?;
        Ok(Self(()))
    }
}

/// Over checks: `/v1/agent/checks`, `/v1/health/state/STATE` and the other lists of checks.
#[derive(Debug, Clone)]
pub struct CheckFilter(Filter);

impl CheckFilter {
    /// Reads a filter.
    ///
    /// # Errors
    /// [`BadFilter`] if it is none, or not one over checks.
    pub fn new(text: &str) -> Result<Self, BadFilter> {
        Ok(Self(Filter::new(text, check::FIELDS)?))
    }

    /// Whether the check passes; `service` is the instance that it is about.
    pub fn takes(&self, node: &NodeName, check: &Check, service: Option<&Service>) -> bool {
        self.0.matches(&check::CheckRecord { node, check, service })
    }
}

/// Over members: `/v1/agent/members`.
#[derive(Debug, Clone)]
pub struct MemberFilter(Filter);

impl MemberFilter {
    /// Reads a filter.
    ///
    /// # Errors
    /// [`BadFilter`] if it is none, or not one over members.
    pub fn new(text: &str) -> Result<Self, BadFilter> {
        Ok(Self(Filter::new(text, member::FIELDS)?))
    }

    /// Whether the member passes.
    pub fn takes(&self, member: &Member) -> bool {
        self.0.matches(&member::MemberRow(member))
    }
}

#[cfg(test)]
mod tests;

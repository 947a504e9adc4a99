//! Reading the registry, and waiting for it to change.

use std::sync::Arc;
use std::time::Duration;

use muster_model::{Check, Index, Indexed, Key, KvEntry, Node, Service, ServiceName};

use crate::{CatalogError, Pending};

/// Reads with changes: Consul's blocking queries, typed.
pub trait Discovery: Send + Sync {
    /// Answers `query`. With `wait`, not before the answer's index is above `wait.after` or
    /// `wait.at_most` is over; an index that is lower than one seen before means that the registry
    /// started anew, and the caller forgets the old one.
    fn fetch<'a>(&'a self, query: &'a Query, wait: Option<Wait>) -> Pending<'a, Result<Fetched, CatalogError>>;
}

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Query {
    /// The instances of one service with their nodes and checks: `/v1/health/service/NAME`.
    Instances(InstanceQuery),
    /// All services' names and tags: `/v1/catalog/services`.
    Services {
        /// Another datacenter than the registry's own.
        datacenter: Option<Arc<str>>,
    },
    /// One key: `/v1/kv/KEY`.
    Key {
        /// The key.
        key: Key,
        /// Another datacenter than the registry's own.
        datacenter: Option<Arc<str>>,
    },
}

/// Which instances of a service to read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceQuery {
    /// The service.
    pub service: ServiceName,
    /// Only instances that carry this tag.
    pub tag: Option<Arc<str>>,
    /// Only instances whose every check, the node's included, passes.
    pub passing_only: bool,
    /// Nearest to this node first (`_agent`: the registry's own).
    pub near: Option<Arc<str>>,
    /// Another datacenter than the registry's own.
    pub datacenter: Option<Arc<str>>,
}

/// How long to wait for a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// The index of the answer that the caller has.
    pub after: Index,
    /// The longest time to wait; the registry caps it at 10 min.
    pub at_most: Duration,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// To be passed as [`Wait::after`] next time. Never 0.
    pub index: Index,
    /// What was asked for.
    pub data: Data,
}

/// What was asked for, by the kind of [`Query`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// For [`Query::Instances`], in the registry's order (node, then instance ID).
    Instances(Arc<[Instance]>),
    /// For [`Query::Services`], by name.
    Services(Arc<[ServiceTags]>),
    /// For [`Query::Key`]; none: there is no such key.
    Value(Option<Arc<KvEntry>>),
}

/// One instance with its node and the checks of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The node that it runs on.
    pub node: Indexed<Arc<Node>>,
    /// The instance.
    pub service: Indexed<Arc<Service>>,
    /// The node's checks, then the instance's.
    pub checks: Vec<Indexed<Arc<Check>>>,
}

/// A service's name with the tags of all its instances, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTags {
    /// The service.
    pub name: ServiceName,
    /// In byte order.
    pub tags: Vec<Arc<str>>,
}

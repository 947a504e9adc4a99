//! Writing the catalog directly: nodes, services and checks of any node.

use muster_model::{Check, CheckId, CheckStatus, Index, Indexed, Meta, Node, NodeName, Service, ServiceId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::{CatalogError, Pending, Wait};

/// Raw writes. A call returns when the write is durable.
pub trait Catalog: Send + Sync {
    /// Adds or replaces a node, a service and checks in one step, or none of them.
    fn register(&self, registration: CatalogRegistration) -> Pending<'_, Result<(), CatalogError>>;

    /// Removes a check, a service with its checks, or a node with everything on it. Removing what is
    /// not there succeeds.
    fn deregister(&self, deregistration: CatalogDeregistration) -> Pending<'_, Result<(), CatalogError>>;

    /// Sets a check's result; changes nothing if it is the same.
    fn report(
        &self,
        node: NodeName,
        check: CheckId,
        status: CheckStatus,
        output: Arc<str>,
    ) -> Pending<'_, Result<(), CatalogError>>;

    /// Says that `node`'s agent is alive, for `length` from now on. If that is not said again in time, the node's
    /// `serfHealth` turns critical until it is.
    fn keep_lease<'a>(&'a self, node: &'a NodeName, length: Duration) -> Pending<'a, Result<(), CatalogError>>;

    /// What stands in the catalog for `node` under `owner`, as much of it as `part` says.
    fn entries<'a>(
        &'a self,
        node: &'a NodeName,
        owner: Owner,
        part: Part<'a>,
    ) -> Pending<'a, Result<NodeEntries, CatalogError>>;

    /// The instances and checks that stand on `node`, under whatever owner; with `wait` as [`crate::Discovery`] has it.
    fn node_health<'a>(
        &'a self,
        node: &'a NodeName,
        wait: Option<Wait>,
    ) -> Pending<'a, Result<NodeHealth, CatalogError>>;
}

/// Who put an entry into the catalog, and so may change it by difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// Somebody by `/v1/catalog/register`; nobody reconciles it.
    Catalog,
    /// The node's own agent, for somebody who registered there.
    Agent,
    /// The server itself: the service `consul`, `serfHealth`.
    Server,
}

/// Which of a node's entries. A node may have thousands, so who asks for one does not get all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Every one.
    All,
    /// An instance with its checks.
    Service(&'a ServiceId),
    /// One check.
    Check(&'a CheckId),
}

/// One step of registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogRegistration {
    /// The node.
    pub node: NodeUpdate,
    /// The instance, if any.
    pub service: Option<Service>,
    /// Checks on the node or on its instances.
    pub checks: Vec<CatalogCheck>,
    /// Checks of the instance that are not among `checks` go.
    pub replace_checks: bool,
    /// Who registers.
    pub owner: Owner,
}

/// What a registration says of its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeUpdate {
    /// Add the node or make it so.
    Put(Node),
    /// Leave the node as it is; it must be there.
    Keep(NodeName),
}

impl NodeUpdate {
    /// The node's name.
    pub fn name(&self) -> &NodeName {
        match self {
            Self::Put(node) => &node.name,
            Self::Keep(name) => name,
        }
    }
}

/// A check in a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogCheck {
    /// The check.
    pub check: Check,
    /// If the check is there already, its status and output stay as they are (a re-registration by
    /// the agent must not undo what was reported since).
    pub keep_result: bool,
}

/// What to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatalogDeregistration {
    /// The node with its services, checks and sessions.
    Node(NodeName),
    /// An instance with its checks.
    Service(NodeName, ServiceId),
    /// One check.
    Check(NodeName, CheckId),
}

/// The entries of one owner on one node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NodeEntries {
    /// By ID.
    pub services: BTreeMap<ServiceId, Indexed<Arc<Service>>>,
    /// By ID.
    pub checks: BTreeMap<CheckId, Indexed<Arc<Check>>>,
    /// The node's pairs.
    pub node_meta: Meta,
}

/// What stands on a node. A node that is not there has nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NodeHealth {
    /// To be passed as [`Wait::after`] next time.
    pub index: Index,
    /// The IDs of its instances, folded, with who put them there.
    pub services: BTreeMap<Arc<str>, Owner>,
    /// Its checks and its instances' with who put them there, by ID.
    pub checks: Vec<(Owner, Arc<Check>)>,
}

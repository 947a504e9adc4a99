//! Swarm mode, as an engine describes it.

use std::fmt;

use bollard::models::{
    LocalNodeState, Node, NodeSpecAvailabilityEnum, NodeSpecRoleEnum, NodeState, Reachability, SwarmInfo,
};

/// What is needed to join a swarm. Whoever has one can join: never in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinTokens {
    /// For workers.
    pub worker: String,
    /// For managers.
    pub manager: String,
}

impl fmt::Debug for JoinTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinTokens(redacted)")
    }
}

/// What an engine is in a swarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Whether it is in one, or on its way in.
    pub member: bool,
    /// Whether it is a manager that can be asked.
    pub manager: bool,
    /// Its node's ID; empty if it is in none.
    pub node: String,
    /// The address that it advertises.
    pub address: String,
}

impl From<SwarmInfo> for Membership {
    fn from(info: SwarmInfo) -> Self {
        let state = info.local_node_state.unwrap_or(LocalNodeState::INACTIVE);
        Self {
            member: !matches!(state, LocalNodeState::INACTIVE | LocalNodeState::EMPTY),
            manager: info.control_available.unwrap_or_default(),
            node: info.node_id.unwrap_or_default(),
            address: info.node_addr.unwrap_or_default(),
        }
    }
}

/// Whether a node is given tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// It is.
    Active,
    /// No new ones.
    Pause,
    /// None, and those it has go elsewhere.
    Drain,
}

/// A node of a swarm. The texts are Docker's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwarmNode {
    /// Its ID.
    pub id: String,
    /// Its host's name.
    pub hostname: String,
    /// The address that the manager sees.
    pub address: String,
    /// `ready`, `down`, `unknown` or `disconnected`.
    pub state: String,
    /// Whether it is given tasks.
    pub availability: Option<Availability>,
    /// Whether it is to be a manager.
    pub manager: bool,
    /// What managers say of this one; none for workers.
    pub reachability: Option<Manager>,
    /// Its engine's version.
    pub engine_version: String,
}

/// A manager as the others see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    /// It leads.
    Leader,
    /// It is there.
    Reachable,
    /// It is not.
    Unreachable,
    /// Nobody knows.
    Unknown,
}

impl SwarmNode {
    /// Whether it can be given tasks; a manager must be reachable too.
    pub fn ready(&self) -> bool {
        let managing = matches!(self.reachability, Some(Manager::Leader | Manager::Reachable));
        self.state == "ready" && (!self.manager || managing)
    }
}

impl From<Node> for SwarmNode {
    fn from(node: Node) -> Self {
        let status = node.status.unwrap_or_default();
        let spec = node.spec.unwrap_or_default();
        let description = node.description.unwrap_or_default();
        let reachability = node.manager_status.map(|manager| match manager.reachability {
            _ if manager.leader.unwrap_or_default() => Manager::Leader,
            Some(Reachability::REACHABLE) => Manager::Reachable,
            Some(Reachability::UNREACHABLE) => Manager::Unreachable,
            _ => Manager::Unknown,
        });
        Self {
            id: node.id.unwrap_or_default(),
            hostname: description.hostname.unwrap_or_default(),
            address: status.addr.unwrap_or_default(),
            state: status.state.unwrap_or(NodeState::UNKNOWN).to_string(),
            availability: match spec.availability {
                Some(NodeSpecAvailabilityEnum::ACTIVE) => Some(Availability::Active),
                Some(NodeSpecAvailabilityEnum::PAUSE) => Some(Availability::Pause),
                Some(NodeSpecAvailabilityEnum::DRAIN) => Some(Availability::Drain),
                _ => None,
            },
            manager: spec.role == Some(NodeSpecRoleEnum::MANAGER),
            reachability,
            engine_version: description.engine.and_then(|engine| engine.engine_version).unwrap_or_default(),
        }
    }
}

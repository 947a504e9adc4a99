//! What one can wait for.

use std::sync::Arc;

use muster_model::{Key, SessionId};

/// Something whose change wakes those who wait for it. Names are folded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// All of it: the state was replaced. Nobody waits for it, but it wakes everybody.
    Everything,
    /// The list of nodes.
    Nodes,
    /// The list of service names and tags.
    Services,
    /// Any check.
    Checks,
    /// The checks in one of Consul's three states.
    ChecksIn(&'static str),
    /// A node and its services.
    Node(Arc<str>),
    /// The checks of a node and of its services.
    NodeChecks(Arc<str>),
    /// A service's instances, without their checks.
    Service(Arc<str>),
    /// A service's instances with their checks and nodes.
    Health(Arc<str>),
    /// The checks of a service's instances.
    ServiceChecks(Arc<str>),
    /// One key.
    Key(Key),
    /// All keys that start with this; never among changes, which name keys.
    KeysUnder(Arc<str>),
    /// The list of sessions.
    Sessions,
    /// One session.
    Session(SessionId),
    /// The mesh's root certificates; nothing changes them.
    ConnectRoots,
    /// The sessions on a node.
    NodeSessions(Arc<str>),
}

//! Consul's HTTP API over registry and agent.
//!
//! A handler is parse → one core call → encode and holds no rule: rules are the registry's, shapes are
//! `muster-wire`'s. The binary binds the sockets; this crate serves what it is handed until it is told
//! to stop.

mod agent;
mod agent_check;
mod agent_maintenance;
mod api_error;
mod call;
mod catalog;
mod health;
mod kv;
mod reply;
mod router;
mod server;
mod session;
mod status;
mod transaction;

use std::net::SocketAddr;
use std::sync::Arc;

use muster_agent::Agent;
use muster_registry::Registry;

pub use router::{ROUTES, Route};
pub use server::serve;

/// What the handlers answer from.
pub struct Api {
    /// The registry.
    pub registry: Registry,
    /// The agent of this node.
    pub agent: Arc<Agent>,
    /// The server's address as `/v1/status/leader` names it.
    pub server_address: SocketAddr,
    /// All JSON is indented, as Consul does with `-dev`.
    pub always_pretty: bool,
}

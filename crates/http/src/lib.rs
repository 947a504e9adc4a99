//! Consul's HTTP API over registry and agent.
//!
//! A handler is parse → one core call → encode and holds no rule: rules are the registry's, shapes are
//! `muster-wire`'s. The binary binds the sockets; this crate serves what it is handed until it is told
//! to stop.

mod about;
mod agent;
mod agent_check;
mod agent_control;
mod agent_health;
mod agent_maintenance;
mod agent_self;
mod api_error;
mod bodies;
mod call;
mod catalog;
mod compression;
mod connect;
mod connections;
mod definition;
mod event;
mod header_name;
mod health;
mod host;
mod kv;
mod listener;
mod metrics;
mod operator;
mod prepared;
mod rates;
mod recent;
mod reply;
mod request_line;
mod router;
mod server;
mod session;
mod settings;
mod snapshot;
mod status;
mod transaction;
mod upload;

use std::net::SocketAddr;
use std::sync::Arc;

use muster_agent::Agent;
use muster_registry::Registry;

pub use about::{About, Said};
pub use agent_control::{Control, Reload};
pub use connections::Connections;
pub use definition::{
    DefinitionRefused, accept_check, accept_service, register_check, register_service, service_checks,
};
pub use listener::Listener;
pub use metrics::Telemetry;
pub use rates::{RateMode, Rates, RequestLimits};
pub use router::{ROUTES, Route};
pub use server::serve;
pub use settings::Settings;

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
    /// What the process is.
    pub about: About,
    /// How requests are taken.
    pub settings: Settings,
    /// What clients may do to the process.
    pub control: Control,
    /// Who is connected, to whichever listener.
    pub connections: Connections,
    /// How many requests a second the registry takes.
    pub rates: Rates,
    bodies: bodies::Bodies,
    prepared: prepared::Answers,
}

impl Api {
    /// With Consul's defaults. `advertise` is the address of the server that `/v1/status/leader` names.
    pub fn new(registry: Registry, agent: Arc<Agent>, advertise: SocketAddr) -> Self {
        Self {
            registry,
            agent,
            server_address: advertise,
            always_pretty: false,
            about: About::new("1.21.4", concat!("muster-", env!("CARGO_PKG_VERSION")), advertise.ip()),
            settings: Settings::default(),
            control: Control::default(),
            connections: Connections::default(),
            rates: Rates::default(),
            bodies: bodies::Bodies::default(),
            prepared: prepared::Answers::default(),
        }
    }
}

//! Answers, written straight into bytes: one function per endpoint, fields in Consul's order.
//!
//! The writers take borrowed values with their indexes ([`Stored`]) from any iterator, so a server can
//! write from its own tables without copying. They write compact JSON; [`crate::json::pretty`] sets it out.

mod agent;
mod agent_health;
mod agent_host;
mod agent_self;
mod catalog;
mod connect;
mod entity;
mod event;
mod health;
mod kv;
mod metrics;
mod operator;
mod session;
mod status;
mod stored;
mod transaction;

pub use agent::{AgentCheckAnswer, agent_checks, agent_service, agent_services, content_hash};
pub use agent_health::{AgentHealthRow, agent_health_id, agent_health_name};
pub use agent_host::{AgentHost, Processor, agent_host};
pub(crate) use agent_self::{ALIVE, PROTOCOLS};
pub use agent_self::{
    AgentSelf, Member, StatsSection, agent_self, agent_version, coordinate_datacenters, coordinates, members,
};
pub use catalog::{CatalogServiceRow, catalog_node, catalog_nodes, catalog_service, catalog_services, node_services};
pub use connect::{ConnectRoot, connect_roots};
pub(crate) use entity::tagged_addresses;
pub use event::{event, events};
pub use health::{CheckRow, InstanceRow, health_checks, health_service};
pub use kv::{kv_entries, kv_keys};
pub use metrics::{Gauge, metrics, prometheus};
pub use operator::{RaftServer, raft_configuration};
pub use session::{session_id, sessions};
pub use status::{boolean, datacenters, status_leader, status_peers};
pub use stored::Stored;
pub use transaction::{TransactionRead, TransactionRow, transaction_done, transaction_failed};

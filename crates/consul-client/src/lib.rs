//! The three seams over HTTP against muster or a real Consul.
//!
//! [`ConsulClient`] is a [`muster_catalog::Discovery`] (`/v1/health/service`, `/v1/catalog/services`,
//! `/v1/kv`, with blocking queries) and a [`muster_catalog::LocalAgent`] (`/v1/agent`). It keeps
//! connections, but no state: each call is one request, and no call is tried twice. What the answers
//! look like is `muster-wire`'s. [`muster_catalog::Catalog`] is not here yet, nor is TLS.

mod address;
mod answer;
mod client;
mod discovery;
mod local_agent;
mod raw;
mod transport;

pub use address::InvalidAddress;
pub use client::{ClientConfig, ConsulClient, InvalidConfig};
pub use raw::RawAnswer;

//! Docker Engine API: list, inspect, events, images, swarm calls. Knows no registry.
//!
//! A thin layer over `bollard` that answers in plain values of our own, so that nothing above it sees
//! how an engine of some age words them. The API version is negotiated on every (re)connection. It
//! reads no environment by itself and keeps no state but the connection.

mod address;
mod container;
mod engine;
mod error;
mod event;
pub mod hosting;
mod network;
pub mod swarm;
mod timestamp;
mod tls;

pub use address::{DEFAULT_ADDRESS, EngineAddress, InvalidAddress};
pub use container::{
    Binding, Container, ContainerState, ContainerSummary, Endpoint, Health, InvalidPort, Port, Protocol,
};
pub use engine::{Engine, EngineInfo, Scope, Subscription};
pub use error::{Cause, EngineError};
pub use event::{Event, EventKind, EventStream};
pub use network::Network;
pub use tls::CertificateError;

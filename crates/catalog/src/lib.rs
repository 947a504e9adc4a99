//! The seams through which workers see a registry, be it in this process or across the network.
//!
//! [`Discovery`] reads, and waits for changes; [`Catalog`] writes raw entries; [`LocalAgent`]
//! registers on one node. Implemented by `muster-registry` and `muster-agent` in process and by
//! `muster-consul-client` over HTTP, against muster or a real Consul. Nothing here does I/O.

mod discovery;
mod entries;
mod error;
mod local_agent;

use std::future::Future;
use std::pin::Pin;

pub use discovery::{Data, Discovery, Fetched, Instance, InstanceQuery, Query, ServiceTags, Wait};
pub use entries::{
    Catalog, CatalogCheck, CatalogDeregistration, CatalogRegistration, NodeEntries, NodeHealth, NodeUpdate, Owner, Part,
};
pub use error::CatalogError;
pub use local_agent::{CheckRegistration, LocalAgent, Registration};

/// A boxed future, so that the seams can be used as trait objects.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

//! Unmodified third-party clients, each against a registry of its own.
//!
//! The tests are ignored by default, since what they run is fetched: `make test-ci` runs them. Clients
//! come by the ordinary clients of their registries (`go`, `pip`, `npm`) at pinned versions, into
//! `.cache/interop`. Knows no crate of muster: it sees what clients see.

pub mod agent;
pub mod cache;
pub mod client_test;
pub mod consul_template;
pub mod debian;
pub mod go;
pub mod node;
pub mod patroni;
pub mod python;
pub mod skip;

use std::time::Duration;

/// How long anything may take before it counts as not happening. No test waits for it when all is well.
pub const PATIENCE: Duration = Duration::from_secs(120);

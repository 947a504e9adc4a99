//! Makes and keeps Docker hosts and forms swarms out of them.
//!
//! A [`Store`] holds machines in docker-machine's layout, with no absolute path inside, so it can be moved and shared. A
//! [`Driver`] makes the host; everything after that goes over ssh and over Docker's API with TLS, whatever the driver
//! is. Nothing here reads the environment or prints: what is going on is told to a [`Progress`].

mod certificate;
mod creation;
mod driver;
mod failure;
mod machine;
mod name;
mod order;
mod progress;
mod provision;
mod ssh;
mod store;
pub mod swarm;

pub use certificate::{Authority, AuthorityFiles, CertificateError};
pub use creation::{create, regenerate, renew_client};
pub use driver::container::{ContainerDriver, ContainerOptions, InvalidOption};
#[cfg(feature = "suite")]
pub use driver::suite;
pub use driver::{Driver, DriverError, Keys, Pending, State};
pub use failure::MachineError;
pub use machine::Machine;
pub use name::{InvalidName, MachineName};
pub use order::{InvalidOrder, Order};
pub use progress::Progress;
pub use ssh::{Ssh, SshError, cannot_run, options_for};
pub use store::config::{AuthOptions, Config, DriverConfig, EngineOptions, HostOptions};
pub use store::{Store, StoreError};

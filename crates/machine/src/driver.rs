//! Drivers: what makes a Docker host, and starts, stops and removes it.
//!
//! A driver brings up a host that answers over ssh with the keys that it was given, and knows what becomes of it. It never
//! touches certificates, dockerd's configuration or the store: that is the same for all of them.

pub mod absent;
pub mod container;
#[cfg(feature = "suite")]
pub mod suite;

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use muster_docker::EngineError;
use tokio_util::sync::CancellationToken;

use crate::Progress;

/// A call under way.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One machine's host. Every call may be made again: what is so already is left as it is. `suite` says what all this
/// means, call by call.
pub trait Driver: Send + Sync {
    /// Whether a host can be made here at all; gets what all hosts are made from. Makes nothing of this one.
    fn check<'a>(
        &'a self,
        progress: &'a Progress,
        interrupt: &'a CancellationToken,
    ) -> Pending<'a, Result<(), DriverError>>;

    /// Makes and starts the host and gives its address once it answers over ssh. An interrupt ends long waits; what was
    /// asked of the outside by then is waited for, so that all of it is found by `remove`.
    fn create<'a>(
        &'a self,
        keys: &'a Keys,
        progress: &'a Progress,
        interrupt: &'a CancellationToken,
    ) -> Pending<'a, Result<IpAddr, DriverError>>;

    /// How it is.
    fn status(&self) -> Pending<'_, Result<State, DriverError>>;

    /// Starts it; returns once it answers over ssh.
    fn start(&self) -> Pending<'_, Result<(), DriverError>>;

    /// Stops it in order.
    fn stop(&self) -> Pending<'_, Result<(), DriverError>>;

    /// Stops it at once.
    fn kill(&self) -> Pending<'_, Result<(), DriverError>>;

    /// Removes it with all that was made for it, half-made or whole, there or not.
    fn remove(&self) -> Pending<'_, Result<(), DriverError>>;

    /// The last lines of what it says of itself, oldest first.
    fn log(&self) -> Pending<'_, Result<Vec<String>, DriverError>>;
}

/// What a host is reached with over ssh.
#[derive(Clone)]
pub struct Keys {
    /// Who may log in, as a line of `authorized_keys`.
    pub authorized: String,
    /// The host's own private key.
    pub host_private: String,
    /// Its public half.
    pub host_public: String,
}

/// How a host is, in docker-machine's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Running,
    /// It is frozen.
    Paused,
    /// It does not run.
    Stopped,
    /// It is on its way up.
    Starting,
    /// It is gone or broken.
    Error,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Running => "Running",
            Self::Paused => "Paused",
            Self::Stopped => "Stopped",
            Self::Starting => "Starting",
            Self::Error => "Error",
        })
    }
}

/// Why a driver could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// The engine that runs the host said no.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// There is no such image, and it is none that can be made here.
    #[error(
        "the engine at {engine} has no image {image}; those that are made here if they are missing are {ours}; another \
         one has to be built or pulled before"
    )]
    NoImage {
        /// The engine.
        engine: String,
        /// The image.
        image: String,
        /// Those that can be made.
        ours: String,
    },
    /// There is no such image, and building it failed.
    #[error(
        "the engine at {engine} has no image {image}, and {failure}: {reason}; without an image registry \
         scripts/machine-image {suite} in muster's repository makes it from Debian's packages"
    )]
    ImageNotBuilt {
        /// The engine.
        engine: String,
        /// The image.
        image: String,
        /// The Debian suite in it.
        suite: String,
        /// What failed.
        failure: String,
        /// Why.
        reason: String,
    },
    /// A container of this name is there and is not this machine's.
    #[error("the engine at {engine} already has a container {container}, which is not of this store")]
    ContainerTaken {
        /// The engine.
        engine: String,
        /// The container.
        container: String,
    },
    /// No subnet is left for the machines' networks.
    #[error("every subnet for the network {network} is in use on this host: {tried}")]
    NoSubnet {
        /// The network.
        network: String,
        /// Those that were tried.
        tried: String,
    },
    /// No address is left.
    #[error("no address is left on the network {network}")]
    NoAddress {
        /// The network.
        network: String,
    },
    /// The host is not there any more.
    #[error("its container {container} is gone from the engine at {engine}")]
    Gone {
        /// The container.
        container: String,
        /// The engine.
        engine: String,
    },
    /// It ended while it was waited for.
    #[error("the machine ended while it started: {log}")]
    Ended {
        /// What it said last.
        log: String,
    },
    /// It was told to stop meanwhile.
    #[error("interrupted")]
    Interrupted,
    /// A driver of docker-machine that is not there yet.
    #[error("{}", absent::explanation(name))]
    NotThereYet {
        /// Its name.
        name: String,
    },
    /// The store's lock.
    #[error(transparent)]
    Store(#[from] crate::StoreError),
}

//! The driver of a machine that docker-machine made with a driver that muster does not have.

use std::net::IpAddr;

use tokio_util::sync::CancellationToken;

use super::{Driver, DriverError, Keys, Pending, State};
use crate::Progress;

/// docker-machine's own drivers.
pub const KNOWN: [&str; 15] = [
    "amazonec2",
    "azure",
    "digitalocean",
    "exoscale",
    "generic",
    "google",
    "hyperv",
    "none",
    "openstack",
    "rackspace",
    "softlayer",
    "virtualbox",
    "vmwarefusion",
    "vmwarevcloudair",
    "vmwarevsphere",
];

/// Answers every call with what is to be used instead.
#[derive(Debug, Clone)]
pub struct AbsentDriver {
    /// The driver's name.
    pub name: String,
}

/// One line on a driver that is not there.
pub(super) fn explanation(name: &str) -> String {
    if KNOWN.contains(&name) {
        format!(
            "driver {name:?} is not there yet in this muster: --driver container makes a Docker host as a container"
        )
    } else {
        format!("there is no driver {name:?}: --driver container makes a Docker host as a container")
    }
}

impl AbsentDriver {
    fn refuse<T: Send + 'static>(&self) -> Pending<'_, Result<T, DriverError>> {
        Box::pin(async { Err(DriverError::NotThereYet { name: self.name.clone() }) })
    }
}

impl Driver for AbsentDriver {
    fn check<'a>(
        &'a self,
        _progress: &'a Progress,
        _interrupt: &'a CancellationToken,
    ) -> Pending<'a, Result<(), DriverError>> {
        self.refuse()
    }

    fn create<'a>(
        &'a self,
        _keys: &'a Keys,
        _progress: &'a Progress,
        _interrupt: &'a CancellationToken,
    ) -> Pending<'a, Result<IpAddr, DriverError>> {
        self.refuse()
    }

    fn status(&self) -> Pending<'_, Result<State, DriverError>> {
        self.refuse()
    }

    fn start(&self) -> Pending<'_, Result<(), DriverError>> {
        self.refuse()
    }

    fn stop(&self) -> Pending<'_, Result<(), DriverError>> {
        self.refuse()
    }

    fn kill(&self) -> Pending<'_, Result<(), DriverError>> {
        self.refuse()
    }

    fn remove(&self) -> Pending<'_, Result<(), DriverError>> {
        self.refuse()
    }

    fn log(&self) -> Pending<'_, Result<Vec<String>, DriverError>> {
        self.refuse()
    }
}

//! What can go wrong with a machine.

use muster_docker::EngineError;

use crate::{CertificateError, DriverError, InvalidName, InvalidOrder, SshError, State, StoreError};

/// Why a machine could not be made or used. Texts that docker-machine has are its own.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The name.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// No machine can be so.
    #[error(transparent)]
    Order(#[from] InvalidOrder),
    /// The driver.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// Certificates.
    #[error("Error generating certificates")]
    Certificate(#[from] CertificateError),
    /// ssh.
    #[error(transparent)]
    Ssh(#[from] SshError),
    /// No machine can be made here.
    #[error("Error with pre-create check")]
    PreCreate {
        /// Why.
        source: Box<MachineError>,
    },
    /// Making it failed; nothing of it is left.
    #[error("Error creating machine")]
    Create {
        /// Why.
        source: Box<MachineError>,
    },
    /// Making it failed, and so did clearing up.
    #[error(
        "Error creating machine: {reason}; what is left of it could not be removed ({obstacle}): docker-machine rm \
         {name} does that later"
    )]
    Left {
        /// The machine.
        name: String,
        /// Why it could not be made.
        reason: String,
        /// Why it could not be cleared up.
        obstacle: String,
    },
    /// It was half made by a process that is gone.
    #[error(
        "machine {name:?} was only half made: docker-machine create {name} makes it anew, docker-machine rm {name} removes it"
    )]
    Unfinished {
        /// The machine.
        name: String,
    },
    /// It is so already.
    #[error("Machine {name:?} is already {}.", state.to_string().to_lowercase())]
    AlreadyInState {
        /// The machine.
        name: String,
        /// How it is.
        state: State,
    },
    /// It does not run. docker-machine's text, which `ls` leaves out.
    #[error("Host is not running")]
    NotRunning,
    /// Its engine does not answer as it should.
    #[error(transparent)]
    Engine(EngineError),
    /// Its engine ended at once.
    #[error("dockerd on machine {name:?} does not start: {reason}")]
    EngineEnded {
        /// The machine.
        name: String,
        /// What it said.
        reason: String,
    },
    /// Its engine's certificate does not hold.
    #[error(
        "There was an error validating certificates for host {host:?}: {reason}. You can attempt to regenerate them \
         using 'docker-machine regenerate-certs {name}'. Be advised that this will trigger a Docker daemon restart \
         which might stop running containers."
    )]
    CertificateInvalid {
        /// The machine.
        name: String,
        /// Where it listens.
        host: String,
        /// What is wrong.
        reason: String,
    },
    /// It was told to stop meanwhile.
    #[error("interrupted")]
    Interrupted,
}

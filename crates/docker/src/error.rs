//! What can go wrong between us and an engine.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use crate::{EngineAddress, InvalidAddress};

/// Why a call to the engine failed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The address itself is wrong.
    #[error(transparent)]
    Address(#[from] InvalidAddress),
    /// The certificates for TLS cannot be used.
    #[error("certificates for the docker engine at {address} cannot be used")]
    Certificates {
        /// Which engine's.
        address: EngineAddress,
        /// What is wrong with them.
        source: Box<crate::CertificateError>,
    },
    /// Nobody answered, or the connection broke.
    #[error("docker engine at {address} cannot be reached: {cause}")]
    Unreachable {
        /// Where it was looked for.
        address: EngineAddress,
        /// What is in the way.
        cause: Cause,
        /// What the system said.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The engine answered with an error.
    #[error("docker engine at {address} refused to {call}: {message} (status {status})")]
    Refused {
        /// Who answered.
        address: EngineAddress,
        /// What it was asked to do.
        call: &'static str,
        /// The HTTP status.
        status: u16,
        /// The engine's own words.
        message: String,
    },
    /// The engine began, and failed amid it.
    #[error("docker engine at {address} could not {call}: {message}")]
    Failed {
        /// Who answered.
        address: EngineAddress,
        /// What it was asked to do.
        call: &'static str,
        /// The engine's own words.
        message: String,
    },
    /// The answer is not what this call is answered with.
    #[error("docker engine at {address} gave an answer to \"{call}\" that is not understood")]
    BadAnswer {
        /// Who answered.
        address: EngineAddress,
        /// What it was asked to do.
        call: &'static str,
        /// What is wrong with the answer.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
}

/// What is in the way of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// There is no such socket file.
    NoSocket,
    /// Nobody listens there.
    NobodyListens,
    /// The socket may not be opened.
    NoPermission,
    /// It did not answer in time.
    Silence,
    /// The connection broke, or the network has no way there.
    Broken,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSocket => "there is no such socket; is the engine running?",
            Self::NobodyListens => "nobody listens there; is the engine running?",
            Self::NoPermission => "permission denied; is this user in the docker group?",
            Self::Silence => "it does not answer in time",
            Self::Broken => "the connection failed",
        })
    }
}

impl EngineError {
    /// Sorts what bollard said about `call`.
    pub(crate) fn new(address: &EngineAddress, call: &'static str, error: bollard::errors::Error) -> Self {
        use bollard::errors::Error;
        let address = address.clone();
        match error {
            Error::DockerResponseServerError { status_code, message } => {
                Self::Refused { address, call, status: status_code, message: message.trim().to_owned() }
            }
            Error::DockerStreamError { error } => Self::Failed { address, call, message: error.trim().to_owned() },
            Error::RequestTimeoutError => Self::Unreachable { address, cause: Cause::Silence, source: error.into() },
            Error::SocketNotFoundError(ref path) => {
                // bollard takes a directory that may not be looked into for a missing file.
                let cause = std::fs::metadata(path).err().and_then(|source| cause(&source)).unwrap_or(Cause::NoSocket);
                Self::Unreachable { address, cause, source: error.into() }
            }
            Error::IOError { err } => {
                let cause = cause(&err).unwrap_or(Cause::Broken);
                Self::Unreachable { address, cause, source: err.into() }
            }
            Error::HyperResponseError { .. } | Error::HyperLegacyError { .. } => {
                let Some(system) = io_error_in(&error) else {
                    return Self::Unreachable { address, cause: Cause::Broken, source: error.into() };
                };
                let cause = cause(system).unwrap_or(Cause::Broken);
                // The layers above it only say that a client has failed.
                let source = io::Error::new(system.kind(), system.to_string());
                Self::Unreachable { address, cause, source: source.into() }
            }
            _ => Self::BadAnswer { address, call, source: error.into() },
        }
    }
}

/// The innermost: an error of the system may be wrapped in others of its kind.
fn io_error_in<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a io::Error> {
    let mut found = None;
    let mut next = Some(error);
    while let Some(error) = next {
        found = error.downcast_ref().or(found);
        next = error.source();
    }
    found
}

fn cause(error: &io::Error) -> Option<Cause> {
    match error.kind() {
        io::ErrorKind::NotFound => Some(Cause::NoSocket),
        io::ErrorKind::ConnectionRefused => Some(Cause::NobodyListens),
        io::ErrorKind::PermissionDenied => Some(Cause::NoPermission),
        _ => None,
    }
}

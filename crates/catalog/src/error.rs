//! What can go wrong between a worker and a registry.

/// Why a call on a seam failed.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// Nobody answered, or the connection broke. Worth trying again.
    #[error("registry at {address} cannot be reached")]
    Unreachable {
        /// Where it was looked for.
        address: String,
        /// What the network said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The registry answered, but cannot do it now (no leader, storage error, shutting down). Worth trying again.
    #[error("registry cannot answer now: {reason}")]
    Unavailable {
        /// The registry's own words.
        reason: String,
    },
    /// The registry refuses the request; the same request will be refused again.
    #[error("registry refused: {reason}")]
    Refused {
        /// The registry's own words.
        reason: String,
    },
    /// The service, check or datacenter is not there.
    #[error("{reason}")]
    NotFound {
        /// The registry's own words.
        reason: String,
    },
    /// The answer is not what this request is answered with.
    #[error("answer of the registry at {address} is not understood: {reason}")]
    BadAnswer {
        /// Who answered.
        address: String,
        /// What is wrong with the answer.
        reason: String,
    },
}

impl CatalogError {
    /// Whether the same call may succeed later without anybody changing it.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Unavailable { .. } | Self::BadAnswer { .. })
    }
}

//! What one run of a probe found.

use muster_model::CheckStatus;

/// A single result, before thresholds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Passing, warning or critical.
    pub status: CheckStatus,
    /// What is said with it.
    pub output: String,
}

impl Outcome {
    pub(crate) fn passing(output: impl Into<String>) -> Self {
        Self { status: CheckStatus::Passing, output: output.into() }
    }

    pub(crate) fn critical(output: impl Into<String>) -> Self {
        Self { status: CheckStatus::Critical, output: output.into() }
    }
}

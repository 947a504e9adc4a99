//! What can go wrong, in one line each.

use std::path::PathBuf;

use muster_catalog::CatalogError;

use crate::{CommandError, SourceError, WriteError};

/// Why nothing can be rendered at all.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No template was given.
    #[error("no template: give one with IN:OUT or IN:OUT:COMMAND")]
    NoTemplate,
    /// A template cannot be used: any one under `once`, the only one or the first otherwise.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// Why rendering ended before it was done. A daemon ends only when it is told to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A template failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A command failed; the files are written, and the other commands ran.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The registry did not answer one question however often it was asked.
    #[error("no answer to {dependency} after {attempts} attempts")]
    NoAnswer {
        /// The question, as consul-template names it.
        dependency: String,
        /// How often it was asked.
        attempts: u32,
        /// The last answer.
        #[source]
        source: CatalogError,
    },
    /// Told to stop before every template was rendered.
    #[error("stopped before {} was rendered", destinations(.waiting))]
    Stopped {
        /// The destinations of the templates that were still waiting.
        waiting: Vec<PathBuf>,
    },
}

fn destinations(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// An error and all that caused it, for a log line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

//! consul-template: config, functions, rendering loop, files, commands.
//!
//! A [`Config`] is built into a [`Runner`] over a [`muster_catalog::Discovery`]. Every template is parsed
//! once. What it asks the registry for is found out by executing it; each distinct question is watched
//! once for all templates, and an answer that changes renders the templates that use it, and no others.
//! A file is replaced in one step and only if its bytes change; its command runs apart from the loop.
//! The flags are read by the binary, which also owns signals and logging.

mod answer;
mod backoff;
mod command;
mod config;
mod error;
mod file;
mod function;
mod object;
mod pass;
mod query;
mod runner;
mod source;
mod watch;

pub use command::{Command, CommandError};
pub use config::{Config, ConsulEnvironment, InvalidTemplateFlag, Retry, TemplateConfig};
pub use error::{BuildError, RunError};
pub use file::WriteError;
pub use runner::Runner;
pub use source::SourceError;

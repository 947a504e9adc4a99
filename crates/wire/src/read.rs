//! Consul's answers, read by the client into model's values.
//!
//! Reading is lenient: unknown fields are skipped, `null` and missing count as empty, so that answers of
//! any Consul are understood. An entry with a name that model refuses is left out and named, so that one
//! bad registration does not take its neighbours along.

mod agent;
mod catalog;
mod entity;
mod kv;

use muster_model::InvalidName;

use crate::json::{self, SyntaxError, Value};

pub use agent::{AgentSelf, agent_checks, agent_self, agent_services};
pub use catalog::{
    NodeEntry, ServiceEntry, TaggedService, catalog_node, catalog_services, health_checks, health_service,
};
pub use kv::{kv_entries, kv_keys};

/// An answer that is not what the endpoint answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAnswer {
    /// No JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// JSON, but of another shape.
    #[error("{what} is no {expected}")]
    Shape {
        /// What was read.
        what: &'static str,
        /// What it should be.
        expected: &'static str,
    },
}

/// The entries of an answer, and those that were left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries<T> {
    /// In the order of the answer.
    pub entries: Vec<T>,
    /// Why others were left out.
    pub refused: Vec<InvalidName>,
}

fn shape(what: &'static str, expected: &'static str) -> BadAnswer {
    BadAnswer::Shape { what, expected }
}

/// A list whose elements are read by `read`; `null` is an empty one.
fn list<T>(
    body: &[u8],
    what: &'static str,
    read: impl Fn(&Value) -> Result<Result<T, InvalidName>, BadAnswer>,
) -> Result<Entries<T>, BadAnswer> {
    let value = json::parse(body)?;
    let items = match &value {
        Value::Null => &[],
        other => other.as_array().ok_or(shape(what, "list"))?,
    };
    collect(items.iter(), read)
}

fn collect<'v, T>(
    items: impl Iterator<Item = &'v Value>,
    read: impl Fn(&Value) -> Result<Result<T, InvalidName>, BadAnswer>,
) -> Result<Entries<T>, BadAnswer> {
    let (mut entries, mut refused) = (Vec::new(), Vec::new());
    for item in items {
        match read(item)? {
            Ok(entry) => entries.push(entry),
            Err(name) => refused.push(name),
        }
    }
    Ok(Entries { entries, refused })
}

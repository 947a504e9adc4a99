//! Consul's JSON, query strings, headers, duration text; to and from model.
//!
//! Used by the server (`muster-http`), the client (`muster-consul-client`) and tests alike, so that a
//! shape exists once. Knows no HTTP types: an error carries its [`Status`] and displays as the very
//! text that Consul answers with. Opens nothing by itself and holds no rule of the registry.
//!
//! - [`query`]: query strings and paths, [`query::QueryOptions`]; [`header`]: names
//! - [`answer`]: what the server writes
//! - [`request`]: bodies of writes, and what KV is asked for
//! - [`read`]: answers, as the client reads them
//! - [`filter`]: `?filter=`, over the values that answers are written from
//! - [`snapshot`]: the archive of `/v1/snapshot`
//! - [`Refusal`]: answers to what is not there or not allowed
//! - [`json`], and the model's [`duration_text`]: Go's forms

pub mod answer;
mod check_times;
pub mod filter;
pub mod header;
pub mod json;
pub mod query;
pub mod read;
mod refusal;
pub mod request;
pub mod snapshot;
mod status;

pub use muster_model::duration_text;
pub use refusal::Refusal;
pub use status::Status;

//! Consul's JSON, query strings, headers, duration text; to and from model.

pub mod duration_text;
pub mod json;

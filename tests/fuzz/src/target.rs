//! The targets.

pub(crate) mod apply;
pub(crate) mod body;
pub(crate) mod dns;
pub(crate) mod filter;
pub(crate) mod hcl;
pub(crate) mod journal;
pub(crate) mod query;

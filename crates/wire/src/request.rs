//! Bodies of writes: read by the server, written by the client.
//!
//! Reading goes in two steps, as in Consul: decode (Go's rules and errors), then validate (Consul's texts).

mod agent;
mod agent_check;
mod base64_text;
mod catalog;
mod catalog_check;
mod catalog_description;
mod check_fields;
mod check_write;
mod decode_error;
mod event;
mod fields;
mod go_list;
mod go_types;
mod kv;
mod kv_import;
mod meta;
mod session;
mod transaction;
mod validation;
mod write;

#[cfg(test)]
mod tests;

pub use agent::{ServiceRegistration, register_service};
pub use agent_check::{CheckRequest, CheckUpdate, NodeCheckRequest, register_check, update_check};
pub use catalog::{
    CatalogDeregister, CatalogRegister, DeregisterTarget, deregister, deregister_in, register, register_in,
};
pub use decode_error::DecodeError;
pub use event::{BadEvent, EventRequest};
pub use kv::{BadKvRequest, KvDelete, KvGet, KvPut, KvShape};
pub use kv_import::{ImportEntry, import_entries};
pub use meta::{MetaProblem, check as check_meta};
pub use session::{MIN_SESSION_TTL, SessionRequestError, create_session};
pub use transaction::{
    MAX_OPERATIONS, OperationRefusal, TransactionRequest, TransactionRequestError, lock_session, transaction,
};
pub use validation::{AgentRequestError, CatalogRequestError, CheckProblem, WeightsProblem};
pub use write::{write_check_update, write_deregister, write_register, write_service_registration};

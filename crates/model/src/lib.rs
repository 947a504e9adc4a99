//! The domain's values: nodes, services, checks, KV entries, sessions and the names they go by.
//!
//! Every value is validated when it is made: what Consul accepts passes, control characters and
//! over-long values are refused, so nothing further down has to look again. This crate does no I/O,
//! knows no JSON form (that is `muster-wire`) and no rules (those are `muster-registry`).

mod check;
pub mod duration_text;
mod event;
mod index;
mod kv;
mod mark;
mod name;
mod node;
mod probe;
mod quoted;
mod service;
mod session;
mod transaction;

pub use check::{Check, CheckStatus};
pub use event::UserEvent;
pub use index::{Index, Indexed};
pub use kv::{InvalidKey, Key, KvEntry, MAX_KEY_BYTES};
pub use mark::{ENGINE_META_KEY, MAINTENANCE_DRAINING, REGISTRAR_SERVICE};
pub use name::{CheckId, InvalidName, MAX_NAME_BYTES, NameProblem, NodeName, ServiceId, ServiceName, SessionId};
pub use node::{Meta, Node};
pub use probe::{CheckDefinition, Described, DescribedValue, HttpProbe, Probe, Thresholds, Tls};
pub use quoted::{Quoted, is_printable, quoted};
pub use service::{Service, ServiceAddress, Weights};
pub use session::{MAX_LOCK_DELAY, Session, SessionBehavior, SessionServiceCheck, SessionTtl};
pub use transaction::{
    CheckOperation, KvOperation, KvWrite, NodeOperation, NodeReference, Operation, ServiceOperation,
};

//! containers → registrations through `LocalAgent`, by difference.
//!
//! An event of the engine never says what to do, only which container to look at again (but an engine that
//! shuts down answers no questions: then its word that a container ended is taken). Each pass looks
//! ([`Containers`]), maps (`mapping`, pure), compares (`reconcile`, pure) and carries out; what fails is tried
//! until it is done. A full pass looks at everything: at the start, after any end of the event stream,
//! after any trouble with the registry, once that has been away or has begun a new history, when somebody asks
//! ([`Prompt`]), and every [`Config::full_pass_interval`]. At rest that is one list from the engine and one
//! from the agent, and no write, besides one question that the registry holds back. The interval bounds how long a
//! missed event goes unnoticed: the binary is meant to choose 10 s under `muster` and 60 s under `registrator`;
//! `-resync` replaces it.
//!
//! What is ours is known by the engine's ID in Meta, so restarts and new host names leave neither ghosts nor
//! duplicates. Who keeps it true must live: with [`Settings::lease`] every instance follows a lease that the
//! registrar renews (`lease`), and goes with it. This crate reads no environment and makes no client: engine and agent are handed in.

mod backend;
mod backoff;
mod containers;
mod lease;
mod mapping;
mod reconcile;
mod registrar;
mod settings;

pub use backend::{Backend, ConsulBackend, InvalidBackend};
pub use containers::Containers;
pub use mapping::{Claims, Mapped, Remark, claims, map};
pub use registrar::{Prompt, Registrar, RunError};
pub use settings::{Config, Deregister, Flags, Host, InvalidFlags, Settings};

//! containers → registrations through `LocalAgent`, by difference.

mod backend;
mod mapping;
mod settings;

pub use backend::{Backend, ConsulBackend, InvalidBackend};
pub use mapping::{Claims, Mapped, Remark, claims, map};
pub use settings::{Config, Deregister, Flags, Host, InvalidFlags, Settings};

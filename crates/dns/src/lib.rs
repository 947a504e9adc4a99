//! Consul's DNS interface over registry.
//!
//! A question comes in as a packet, is read ([`question`]), answered from a snapshot of the registry's
//! state ([`resolve`]) and written with what fits its transport ([`reply`]). What is outside the domain is
//! asked of recursors, if there are any. This crate binds no port and writes nothing.

mod answer;
mod config;
mod domain;
mod external;
mod form;
mod name;
mod pool;
mod question;
mod recursor;
mod reply;
mod resolve;
mod server;
mod tcp;
mod time_to_live;
mod udp;

pub use config::{Config, RecursorStrategy, StartOfAuthority};
pub use domain::{Domain, InvalidDomain};
pub use server::{Dns, Handled, Scratch, Transport};
pub use time_to_live::ServiceTimes;

//! Histories: what clients asked of a registry that is killed again and again, and whether its answers have one order.
//!
//! A [`workload`](crate::workload) drives the whole process over HTTP and records every request with its reply and
//! both times; [`checker`](crate::checker) then looks for the one order that the indexes give and names each reply
//! that does not fit into it. Nothing here knows how the registry works inside.

pub mod binary;
pub mod checker;
pub mod client;
pub mod event;
pub mod plan;
pub mod power;
pub mod subject;
pub mod workload;

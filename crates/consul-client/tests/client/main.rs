//! The client against a server in this process that answers with what a real Consul answered.
#![allow(clippy::unwrap_used, reason = "the helpers of these tests are tests too")]

mod discovery;
mod faults;
mod local_agent;
mod server;

//! The server over its ports, read by an independent library.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod answers;
mod packets;
mod recursors;
mod server;
mod settings;
mod size;

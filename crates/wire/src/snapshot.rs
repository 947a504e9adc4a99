//! The archive of `/v1/snapshot`: a gzip-compressed tar of `MUSTER`, `meta.json`, `state.bin` and `SHA256SUMS`: the last
//! three as Consul's. The first makes a real Consul refuse it: it would check the rest, find it whole, and end over what
//! is in it.
//!
//! `meta.json` has the members that Consul's has, so that tools which show them work, and one of muster's own;
//! `state.bin` is muster's. Archives are written and read in one pass with bounded memory: a chunk of the state
//! at a time, in whatever form the registry gives it.

mod meta;
mod reading;
mod writing;

pub use meta::ArchiveMeta;
pub use reading::{Archive, ArchiveError, InputFailure, read_archive};
pub use writing::{state_bytes, write_archive};

/// The version of `state.bin`'s form that this build writes.
const FORMAT: u8 = 1;
/// What `state.bin` begins with; the format's byte follows.
const MAGIC: &[u8] = b"muster state\n";
/// A chunk of the state is never longer, and `meta.json` and `SHA256SUMS` are much shorter.
const MAX_CHUNK_BYTES: usize = 8 << 20;
const MAX_TEXT_BYTES: u64 = 64 << 10;

const NOTE: &str = "MUSTER";
const NOTE_TEXT: &str = "A snapshot of muster. Only muster restores it.\n";
const META: &str = "meta.json";
const STATE: &str = "state.bin";
const SUMS: &str = "SHA256SUMS";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;

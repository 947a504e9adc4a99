//! Replays what a real Consul was recorded to answer, against any target that speaks HTTP.
//!
//! `data/consul-recorded.json` holds the requests with Consul 1.21.4's answers, `data/skipped.tsv` the
//! rows that muster does not answer yet, each with the part that will bring it. The target is
//! `MUSTER_TARGET` (a URL), or a fresh `muster agent -dev` for each sequence. Knows no crate of muster:
//! it sees what clients see.

pub mod compare;
pub mod exchange;
pub mod record;
pub mod replay;
pub mod skipped;
pub mod target;

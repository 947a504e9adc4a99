//! Replays what a real Consul was recorded to answer, against any target that speaks HTTP and DNS.
//!
//! `data/consul-recorded.json` and `data/consul-more.json` hold the requests with Consul 1.21.4's answers,
//! `data/skipped.tsv` the rows that muster does not answer yet, each with the part that will bring it,
//! `data/differences.tsv` those that it answers otherwise on purpose, and `data/differing-answers.json` how; over DNS
//! those are `data/consul-dns-recorded.json` and `data/dns-differences.json`, with both answers side by side. The
//! target is `MUSTER_TARGET` (a URL), or a fresh `muster agent -dev` for each sequence. Knows no crate of
//! muster: it sees what clients see.
//!
//! With `MUSTER_PEER_CONSUL` (the path of a real one) the same is asked there too, over HTTP and DNS and by queries that
//! block, so that a record which is not true any more is noticed; and `cargo run -p
//! muster-conformance --bin record` writes its answers into `data/consul-more.json`: a row is added there as
//! its request, the program fills in the rest.

pub mod compare;
pub mod dns;
pub mod exchange;
pub mod held;
pub mod names;
pub mod peer;
pub mod record;
pub mod replay;
pub mod skipped;
pub mod target;

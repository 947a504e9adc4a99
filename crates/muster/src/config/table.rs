//! Every configuration key of Consul 1.21.4, and what becomes of it here.
//!
//! To give a key an effect: make its row `works`, with what it does, and ask [`super::Settings`] for it where
//! the effect is. docs/compatibility.md is made from these rows.

mod acl;
mod checks;
mod cluster;
mod dns;
mod http;
mod log;
mod mesh;
mod metrics;
mod network;
mod node;
mod tls;
mod ui;

use super::Key;

const TABLES: [&[Key]; 12] = [
    acl::KEYS,
    checks::KEYS,
    cluster::KEYS,
    dns::KEYS,
    http::KEYS,
    log::KEYS,
    mesh::KEYS,
    metrics::KEYS,
    network::KEYS,
    node::KEYS,
    tls::KEYS,
    ui::KEYS,
];

/// All rows.
pub fn keys() -> impl Iterator<Item = &'static Key> {
    TABLES.into_iter().flatten()
}

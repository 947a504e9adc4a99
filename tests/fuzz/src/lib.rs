//! Fuzz targets: what reads bytes from outside, and `apply`; each with what has to hold for any bytes.
//!
//! A target panics where something does not hold. `corpus/` keeps the inputs that reach something new, and those that
//! once found a fault; `tests/corpus.rs` runs them all in `make test`, and `run` has libFuzzer look for more.

mod draw;
mod target;

use target::{apply, body, dns, filter, hcl, journal, query};

/// One target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and the name of its folder under `corpus/`.
    pub name: &'static str,
    /// Runs it on some bytes.
    pub run: fn(&[u8]),
}

/// All targets.
pub const TARGETS: [Target; 7] = [
    Target { name: "body", run: body::run },
    Target { name: "query", run: query::run },
    Target { name: "filter", run: filter::run },
    Target { name: "dns", run: dns::run },
    Target { name: "hcl", run: hcl::run },
    Target { name: "journal", run: journal::run },
    Target { name: "apply", run: apply::run },
];

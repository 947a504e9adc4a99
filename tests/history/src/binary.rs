//! Which program is tested.

use std::path::PathBuf;

/// The path that a variable names, as tests/history/run sets it.
pub fn named_in(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable).unwrap_or_else(|| panic!("{variable} is not set: use tests/history/run"));
    PathBuf::from(path)
}

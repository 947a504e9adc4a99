//! Where fetched programs and modules stay between runs: `.cache/interop` in the repository.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The cache's directory, made if need be.
pub fn directory() -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("tests/interop is two deep");
    let directory = repository.join(".cache/interop");
    fs::create_dir_all(&directory).unwrap_or_else(|error| panic!("cannot make {}: {error}", directory.display()));
    directory
}

/// Keeps other tests and other runs from making the same thing until it is dropped.
pub fn lock(name: &str) -> File {
    let path = directory().join(format!("{name}.lock"));
    let file = File::create(&path).unwrap_or_else(|error| panic!("cannot make {}: {error}", path.display()));
    file.lock().unwrap_or_else(|error| panic!("cannot lock {}: {error}", path.display()));
    file
}

/// Runs a step that makes something for the cache; fails with all its words if it does.
pub fn make(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?} ended with {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

//! Every stored input of every target, those that once found a fault among them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

use muster_fuzz::{TARGETS, Target};

fn stored(target: &Target) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_stored_input_holds() {
    for target in TARGETS {
        let files = stored(&target);
        assert!(files.len() >= 10, "{} has {} inputs", target.name, files.len());
        for file in files {
            let input = std::fs::read(&file).unwrap();
            let held = std::panic::catch_unwind(|| (target.run)(&input));
            assert!(held.is_ok(), "{} does not hold; see above", file.display());
        }
    }
}

#[test]
fn no_input_and_bytes_of_all_kinds_hold() {
    for target in TARGETS {
        (target.run)(&[]);
        for byte in 0..=u8::MAX {
            (target.run)(&[byte; 40]);
        }
    }
}

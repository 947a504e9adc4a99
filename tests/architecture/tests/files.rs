//! How source files are named, how long they get, and what they say they are for.

use std::ffi::OsStr;

use muster_architecture::{Workspace, crate_table, purpose, rust_files};

/// Over 400 lines a file is to be split; over this it must be.
const LONGEST: usize = 600;

/// Names that say nothing of what is inside. A module is `name.rs` with `name/`, so there is no `mod.rs` either.
const NAMES: &[&str] = &["common", "helper", "helpers", "manager", "misc", "mod", "types", "util", "utils"];

#[test]
fn no_file_is_too_long_to_read() {
    let workspace = Workspace::read().unwrap();
    for package in workspace.crates() {
        for file in rust_files(&package.folder.join("src")).unwrap() {
            let lines = file.production_lines;
            assert!(lines <= LONGEST, "{} has {lines} lines besides tests: split it", file.path.display());
        }
    }
}

#[test]
fn names_say_what_is_inside() {
    let workspace = Workspace::read().unwrap();
    for package in workspace.ours() {
        let folder = package.folder.join("src");
        for file in rust_files(&folder).unwrap() {
            let inside = file.path.strip_prefix(&folder).unwrap();
            let parts = inside.iter().filter_map(OsStr::to_str);
            for part in parts.map(|part| part.strip_suffix(".rs").unwrap_or(part)) {
                assert!(!NAMES.contains(&part), "{} is called {part:?}", file.path.display());
            }
        }
    }
}

#[test]
fn every_crate_says_what_architecture_says_of_it() {
    let workspace = Workspace::read().unwrap();
    let table = crate_table(&workspace.root.join("ARCHITECTURE.md")).unwrap();
    for package in workspace.crates() {
        let row = table.iter().find(|row| row.name == package.name);
        let row = row.unwrap_or_else(|| panic!("{} is not in ARCHITECTURE.md's table", package.name));
        let said = purpose(&package.folder).unwrap();
        assert_eq!(
            said.as_deref(),
            Some(row.purpose.as_str()),
            "{}: its //! (left), ARCHITECTURE.md (right)",
            row.name
        );
    }
}

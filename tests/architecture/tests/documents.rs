//! What documents refer to is there.

use std::collections::BTreeSet;
use std::path::Path;

use muster_architecture::{Workspace, rust_files};

/// The names of all functions in our Rust files: tests among them, most of all.
fn functions(root: &Path) -> std::io::Result<BTreeSet<String>> {
    let name = |line: &str| {
        let (_, after) = line.split_once("fn ")?;
        Some(after.split(|c: char| c != '_' && !c.is_ascii_alphanumeric()).next()?.to_owned())
    };
    let mut names = BTreeSet::new();
    for folder in ["crates", "tests", "examples"] {
        for file in rust_files(&root.join(folder))? {
            names.extend(std::fs::read_to_string(file.path)?.lines().filter_map(name));
        }
    }
    Ok(names)
}

/// What stands between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Names of tests are sentences: three words or more.
fn tests_named_in(text: &str) -> Vec<&str> {
    let is_name = |word: &&str| {
        word.matches('_').count() >= 2
            && word.bytes().all(|b| b == b'_' || b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    quoted(text).filter(is_name).collect()
}

#[test]
fn tests_that_documents_name_exist() {
    let root = Workspace::read().unwrap().root;
    let functions = functions(&root).unwrap();
    let architecture = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let compatibility = std::fs::read_to_string(root.join("docs/compatibility.md")).unwrap();
    let lines = architecture.lines().chain(compatibility.lines().filter(|line| difference(line).is_some()));
    let named: Vec<&str> = lines.flat_map(tests_named_in).collect();
    assert!(named.len() > 30, "the documents name {} tests", named.len());
    let missing: Vec<_> = named.iter().filter(|name| !functions.contains(**name)).collect();
    assert!(missing.is_empty(), "no such test: {missing:?}");
}

/// The number of a row of the closed list; other tables hold Consul's keys, flags and paths.
fn difference(line: &str) -> Option<&str> {
    let number = line.strip_prefix("| ")?.split(' ').next()?;
    let digits = number.strip_prefix(['C', 'I', 'K', 'M', 'N', 'R', 'T'])?;
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}

#[test]
fn each_difference_stands_once_and_names_what_holds_it() {
    let root = Workspace::read().unwrap().root;
    let text = std::fs::read_to_string(root.join("docs/compatibility.md")).unwrap();
    let mut numbers = BTreeSet::new();
    for line in text.lines() {
        let Some(number) = difference(line) else { continue };
        assert!(numbers.insert(number), "{number} stands twice");
        let held_by = line.trim_end().trim_end_matches('|').rsplit('|').next().unwrap_or_default().trim();
        let recorded = held_by.contains("`differences.tsv`") || held_by.starts_with("the same");
        assert!(recorded || !tests_named_in(held_by).is_empty(), "{number} is held by no test");
    }
    assert!(numbers.len() > 80, "{} differences", numbers.len());
}

#[test]
fn files_that_architecture_names_exist() {
    let root = Workspace::read().unwrap().root;
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let paths = quoted(&text).filter(|word| word.contains("/src/") && !word.contains(['<', '{']));
    let missing: Vec<_> = paths.filter(|path| !root.join("crates").join(path).exists()).collect();
    assert!(missing.is_empty(), "no such file under crates/: {missing:?}");
}

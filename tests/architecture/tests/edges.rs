//! Which of our crates may use which: dependencies go one way, along the flow.

use std::collections::{BTreeMap, BTreeSet};

use muster_architecture::{Workspace, crate_table};

/// Every crate of the design with what it may use, by folder name; those that do not exist yet included, so that
/// a new one finds its place. Development dependencies are free; packages under tests/ and examples/ are outside
/// the rule, and so is the binary, which joins all.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("hcl", &[]),
    ("filter", &[]),
    ("docker", &[]),
    ("machine", &["docker"]),
    ("journal", &[]),
    ("catalog", &["model"]),
    ("registry", &["model", "journal", "catalog", "hcl"]),
    ("wire", &["model", "filter"]),
    ("consul-client", &["wire", "catalog", "model"]),
    ("health", &["model", "docker"]),
    ("agent", &["model", "catalog", "health"]),
    ("registrar", &["model", "docker", "catalog"]),
    ("gotemplate", &[]),
    ("template", &["gotemplate", "catalog", "model", "hcl"]),
    ("balance", &["catalog", "model"]),
    ("http", &["registry", "agent", "wire", "model", "catalog"]),
    ("ui", &["registry", "agent", "model"]),
    ("dns", &["registry", "model"]),
];

fn may_use() -> BTreeMap<String, BTreeSet<String>> {
    let package = |name: &&str| format!("muster-{name}");
    MAY_USE.iter().map(|(name, used)| (package(name), used.iter().map(package).collect())).collect()
}

#[test]
fn crates_use_only_what_the_design_lets_them() {
    let workspace = Workspace::read().unwrap();
    let ours: BTreeSet<&str> = workspace.ours().map(|package| package.name.as_str()).collect();
    let may_use = may_use();
    for package in workspace.crates().filter(|package| package.name != "muster") {
        let allowed = may_use.get(&package.name);
        let allowed =
            allowed.unwrap_or_else(|| panic!("{} has no row in MAY_USE and none in the design", package.name));
        for used in package.dependencies.iter().filter(|used| !used.development && ours.contains(used.name.as_str())) {
            assert!(allowed.contains(&used.name), "{} must not use {}", package.name, used.name);
        }
    }
}

#[test]
fn no_crate_uses_the_binary_tests_or_examples() {
    let workspace = Workspace::read().unwrap();
    let crates: BTreeSet<&str> = workspace.crates().map(|package| package.name.as_str()).collect();
    let ours: BTreeSet<&str> = workspace.ours().map(|package| package.name.as_str()).collect();
    for package in workspace.crates() {
        for used in package.dependencies.iter().filter(|used| !used.development && ours.contains(used.name.as_str())) {
            assert!(used.name != "muster" && crates.contains(used.name.as_str()), "{}: {}", package.name, used.name);
        }
    }
}

#[test]
fn the_rule_goes_one_way() {
    let may_use = may_use();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    while done.len() < may_use.len() {
        let next = may_use
            .iter()
            .find(|(name, used)| !done.contains(name.as_str()) && used.iter().all(|used| done.contains(used.as_str())));
        let (name, _) = next.expect("MAY_USE has a cycle, or names a crate that has no row");
        done.insert(name);
    }
}

#[test]
fn architecture_lists_every_crate_with_its_edges() {
    let workspace = Workspace::read().unwrap();
    let table = crate_table(&workspace.root.join("ARCHITECTURE.md")).unwrap();
    let listed: BTreeSet<&str> = table.iter().map(|row| row.name.as_str()).collect();
    let present: BTreeSet<&str> = workspace.crates().map(|package| package.name.as_str()).collect();
    assert_eq!(listed, present, "crates that ARCHITECTURE.md lists (left) and that there are (right)");
    let may_use = may_use();
    for row in table.iter().filter(|row| row.name != "muster") {
        let allowed: BTreeSet<&str> = may_use[&row.name].iter().map(String::as_str).collect();
        let of_present: BTreeSet<&str> = allowed.intersection(&present).copied().collect();
        assert_eq!(row.may_use.iter().map(String::as_str).collect::<BTreeSet<_>>(), of_present, "{}", row.name);
    }
}

//! What muster is built from: no package that needs a foreign tool chain, and only licences that we can pass on.

use muster_architecture::{Workspace, satisfied};

/// They need OpenSSL, cmake or protoc to build.
const BANNED: &[&str] =
    &["openssl-sys", "native-tls", "aws-lc-sys", "aws-lc-rs", "cmake", "prost-build", "protobuf-src"];

/// Licences that ask for no more than a notice.
const ALLOWED: &[&str] = &[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// The persistent maps of the registry's state, under a licence that covers their own files only.
const MPL: &[&str] = &["bitmaps", "imbl", "imbl-sized-chunks"];

#[test]
fn nothing_needs_openssl_cmake_or_protoc() {
    let workspace = Workspace::read().unwrap();
    for package in &workspace.packages {
        assert!(!BANNED.contains(&package.name.as_str()), "{} is in the build", package.name);
    }
}

#[test]
fn every_licence_can_be_passed_on() {
    let workspace = Workspace::read().unwrap();
    for package in &workspace.packages {
        let mpl = MPL.contains(&package.name.as_str());
        let allowed = |licence: &str| ALLOWED.contains(&licence) || (mpl && matches!(licence, "MPL-2.0" | "MPL-2.0+"));
        let answer = satisfied(&package.licence, allowed).unwrap_or_else(|error| panic!("{}: {error}", package.name));
        assert!(answer, "{} {} is under {}", package.name, package.version, package.licence);
    }
}

#[test]
fn our_packages_are_under_both_licences() {
    let workspace = Workspace::read().unwrap();
    for package in workspace.ours() {
        assert_eq!(package.licence, "Apache-2.0 OR MIT", "{}", package.name);
    }
    for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
        assert!(workspace.root.join(name).is_file(), "{name} is missing");
    }
}

#[test]
fn docs_say_why_each_dependency_is_here() {
    let workspace = Workspace::read().unwrap();
    let text = std::fs::read_to_string(workspace.root.join("docs/dependencies.md")).unwrap();
    let ours = |name: &str| workspace.ours().any(|package| package.name == name);
    for package in workspace.ours() {
        for used in package.dependencies.iter().filter(|used| !ours(&used.name)) {
            assert!(
                text.contains(&format!("| `{}` |", used.name)),
                "docs/dependencies.md has no row for {}",
                used.name
            );
        }
    }
}

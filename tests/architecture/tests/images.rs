//! muster's images are the same, whether they are built beside a registry of images or without one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

const FIRST: &str = "FROM scratch AS muster";

/// The stages that make images, in words that do not say where the files come from.
fn stages(file: &str) -> String {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let text = std::fs::read_to_string(repository.join(file)).unwrap();
    let (_, stages) = text.split_once(FIRST).unwrap();
    stages.replace("--from=build ", "").replace(" /layout/", " ")
}

#[test]
fn both_dockerfiles_make_the_same_images() {
    assert_eq!(stages("images/Dockerfile"), stages("images/local/Dockerfile"));
}

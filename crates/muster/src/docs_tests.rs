//! docs/compatibility.md says what the code does: its generated blocks are made here and compared.
//!
//! `UPDATE_DOCS=1 cargo test -p muster docs_tests` writes them anew.

mod commands;
mod endpoints;
mod functions;
mod keys;

use std::collections::BTreeMap;

use crate::command;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/compatibility.md");
const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- end -->";

/// Every generated block with its name.
fn blocks() -> BTreeMap<&'static str, String> {
    let flags = |command| command::table(command).markdown(keys::of_flag);
    BTreeMap::from([
        ("agent flags", flags("agent")),
        ("agent keys", keys::markdown()),
        ("absent client flags", commands::absent_flags()),
        ("commands", commands::markdown()),
        ("consul-template flags", flags("template")),
        ("docker-machine commands", command::machine_markdown()),
        ("endpoints", endpoints::markdown()),
        ("registrator flags", flags("registrator")),
        ("template functions", functions::markdown()),
    ])
}

/// The document with its blocks replaced, and the names of those that are in it, in order.
fn with_blocks(document: &str, blocks: &BTreeMap<&str, String>) -> (String, Vec<String>) {
    let mut text = String::new();
    let mut found = Vec::new();
    let mut rest = document;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (name, after) = after.split_once(" -->").expect("a block's name ends with -->");
        let (_, after) = after.split_once(END).expect("a block has an end");
        let block = blocks.get(name).unwrap_or_else(|| panic!("nothing makes the block {name:?}"));
        text.push_str(&format!("{before}{BEGIN}{name} -->\n{block}{END}"));
        found.push(name.to_owned());
        rest = after;
    }
    text.push_str(rest);
    (text, found)
}

#[test]
fn compatibility_tables_say_what_the_code_does() {
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let blocks = blocks();
    let (expected, mut found) = with_blocks(&document, &blocks);
    found.sort();
    assert_eq!(found, blocks.keys().copied().collect::<Vec<_>>(), "blocks in docs/compatibility.md, each once");
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        return std::fs::write(DOCUMENT, expected).unwrap();
    }
    assert!(
        document == expected,
        "docs/compatibility.md is out of date: UPDATE_DOCS=1 cargo test -p muster docs_tests"
    );
}

#[test]
fn a_block_is_replaced_and_the_rest_stays() {
    let blocks = BTreeMap::from([("a", "new\n".to_owned())]);
    let document = format!("x\n{BEGIN}a -->\nold\n{END}\ny\n");
    let (text, found) = with_blocks(&document, &blocks);
    assert_eq!((text, found), (format!("x\n{BEGIN}a -->\nnew\n{END}\ny\n"), vec!["a".to_owned()]));
}

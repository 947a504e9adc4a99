//! What HashiCorp's hcl (v1.0.1-vault-7) made of texts, recorded; ours makes the same of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use muster_hcl::{Node, Number, Value, parse_hcl};
use serde_json::json;

/// Lines of `text => OK tree` or `text => ERR`, the text and the tree as JSON.
const RECORDED: &str = include_str!("data/recorded.txt");

/// Where ours refuses what the original takes, and why.
const STRICTER: [(&str, &str); 2] =
    [("a =", "a key without a value is a mistake, not nothing"), ("a = \"\\uD800\"", "half of a character")];

/// Where ours takes what the original refuses, and why.
const LAXER: [(&str, &str); 2] = [
    ("\u{feff}a = 1", "Windows editors write it"),
    ("a { b = 1 }\na = [1]", "whoever reads the key says what is wrong with a 1 among blocks"),
];

fn plain(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => json!(null),
        Value::Bool(value) => json!(value),
        Value::Number(Number::Integer { value, .. }) => json!(value),
        // Go writes whole floats without a point.
        Value::Number(Number::Float(value)) if value.fract() == 0.0 => json!(*value as i64),
        Value::Number(Number::Float(value)) => json!(value),
        Value::Text(text) => json!(text),
        Value::List(nodes) => nodes.iter().map(plain).collect(),
        Value::Object(object) => {
            object.members.iter().map(|member| (member.key.clone(), plain(&member.node))).collect()
        }
    }
}

#[test]
fn reads_what_the_original_reads() {
    let mut count = 0;
    for line in RECORDED.lines() {
        let (text, expected) = line.split_once(" => ").unwrap();
        let text: String = serde_json::from_str(text).unwrap();
        let got = parse_hcl(text.as_bytes());
        count += 1;
        if STRICTER.iter().any(|(stricter, _)| *stricter == text) {
            assert!(got.is_err(), "{text:?}");
            continue;
        }
        if LAXER.iter().any(|(laxer, _)| *laxer == text) {
            assert!(got.is_ok(), "{text:?}");
            continue;
        }
        match expected.strip_prefix("OK ") {
            None => assert!(got.is_err(), "{text:?} is {got:?}, the original refuses it"),
            Some(tree) => {
                let tree: serde_json::Value = serde_json::from_str(tree).unwrap();
                let got = got.unwrap_or_else(|error| panic!("{text:?}: {error}"));
                assert_eq!(plain(&got), tree, "{text:?}");
            }
        }
    }
    assert_eq!(count, RECORDED_CASES);
}

const RECORDED_CASES: usize = 160;

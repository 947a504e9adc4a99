//! Positions, bounds, and that no text whatever makes the reader panic.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use muster_hcl::{Base, MAX_DEPTH, Node, Number, Position, Value, parse, parse_hcl, parse_json};
use proptest::prelude::*;

fn refused(text: &str) -> String {
    parse(text.as_bytes()).unwrap_err().to_string()
}

fn at(line: u32, column: u32) -> Position {
    Position { line, column }
}

#[test]
fn every_node_knows_where_it_was_written() {
    let root = parse_hcl(b"a = 1\nb \"x\" {\n  c = [\n    true,\n    \"y\" ]\n}\n").unwrap();
    let root = root.object().unwrap();
    assert_eq!(root.get("a").unwrap().position, at(1, 5));
    let labelled = root.get("b").unwrap().object().unwrap().get("x").unwrap();
    let list = labelled.object().unwrap().get("c").unwrap();
    assert_eq!(list.position, at(3, 7));
    let Value::List(items) = &list.value else { panic!("{list:?}") };
    assert_eq!(items.iter().map(|item| item.position).collect::<Vec<_>>(), [at(4, 5), at(5, 5)]);
    assert_eq!(root.members[1].position, at(2, 1));
}

#[test]
fn a_json_file_without_anything_asks_for_nothing() {
    for text in ["", " \n", "null", " null\n"] {
        assert!(parse_json(text.as_bytes()).unwrap().object().unwrap().members.is_empty(), "{text:?}");
    }
    assert!(parse_json(b"null x").is_err());
}

#[test]
fn octal_and_hexadecimal_stay_visible() {
    let base_of = |text: &str| match parse_hcl(text.as_bytes()).unwrap().object().unwrap().get("a").unwrap().value {
        Value::Number(Number::Integer { value, base }) => (value, base),
        ref other => panic!("{other:?}"),
    };
    assert_eq!(base_of("a = 0600"), (384, Base::Octal));
    assert_eq!(base_of("a = 0x1f"), (31, Base::Hexadecimal));
    assert_eq!(base_of("a = 600"), (600, Base::Decimal));
    assert_eq!(base_of("a = 0"), (0, Base::Decimal));
}

#[test]
fn a_block_has_seven_labels_at_most() {
    let text = |labels| format!("a {}{{ }}", "b ".repeat(labels));
    assert!(parse_hcl(text(7).as_bytes()).is_ok());
    assert!(refused(&text(8)).contains("in each other"), "{}", refused(&text(8)));
}

#[test]
fn mistakes_are_told_with_their_place() {
    let cases = [
        ("a = 1\nb", "2:2: key \"b\" needs a = with a value, or a block in braces"),
        ("a = yes", "1:5: the word yes where a value should be: a string needs quotes"),
        ("a = \"x\nb = 1", "1:5: a string does not end: a \" is missing"),
        ("a = <<EOF\nx", "1:5: a heredoc does not end: a line with nothing but EOF is missing"),
        ("a {\n  b = 1\n", "3:1: the end of the text where } should be"),
        ("a b = 1", "1:5: key \"a\" has labels, so a block in braces must follow"),
        ("a = [1 2]", "1:8: a number in a list where a comma or ] should be"),
        ("a = 09", "1:5: 09 is not a number that can be read"),
        ("a = \"\\q\"", "1:6: illegal escape in a string"),
        ("a = 1\na { }", "2:1: key \"a\" is a list here and was something else before"),
        ("a { }\na b { }", "2:1: key \"a\" stands with labels and without"),
        ("a = 1;", "1:6: illegal character ';'"),
        ("{\"a\": 1", "1:8: the end of the text where a comma or } should be"),
        ("{\"a\": yes}", "1:7: the word yes where a value should be: a string needs quotes"),
        ("{\"a\": 01}", "1:7: 01 is not a number that can be read"),
        ("{\"a\":\n 1} x", "2:5: the object has ended, and more follows"),
        ("{a: 1}", "1:2: 'a' where a key in quotes should be"),
        ("{\"a\": \"\t\"}", "1:8: a control character in a string: write it as \\u00XX"),
    ];
    for (text, expected) in cases {
        assert_eq!(refused(text), expected, "{text:?}");
    }
    assert_eq!(parse(b"a = 1\nb = \"\xff\"").unwrap_err().to_string(), "2:6: the text is not UTF-8");
}

#[test]
fn json_is_told_by_its_brace_and_keeps_the_last_of_a_repeated_key() {
    let root = parse(b" {\"a\": 1, \"a\": {\"b\": null}, \"c\": \"\\u00e9\\ud83d\\ude00\", \"d\": 1e2}").unwrap();
    let root = root.object().unwrap();
    assert_eq!(root.members.len(), 3);
    assert_eq!(root.get("a").unwrap().object().unwrap().get("b").unwrap().value, Value::Null);
    assert_eq!(root.get("c").unwrap().value, Value::Text("é😀".to_owned()));
    assert_eq!(root.get("d").unwrap().value, Value::Number(Number::Float(100.0)));
}

#[test]
fn nesting_is_bounded() {
    let lists = |depth: usize| format!("a = {}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(lists(MAX_DEPTH).as_bytes()).is_ok());
    assert!(refused(&lists(MAX_DEPTH + 1)).ends_with("more than 64 objects or lists in each other"));
    assert!(refused(&"a {".repeat(100_000)).contains("in each other"));
    assert!(refused(&"{\"a\":".repeat(100_000)).contains("in each other"));
    assert!(refused(&format!("{}{{ }}", "a ".repeat(100_000))).contains("in each other"));
}

/// A tree that HCL can write, and its text.
fn written(node: &Node) -> String {
    match &node.value {
        Value::Null => "\"\"".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(Number::Integer { value, .. }) => value.to_string(),
        Value::Number(Number::Float(value)) => format!("{value:?}"),
        Value::Text(text) => {
            let escaped: String = text.chars().map(|character| format!("\\U{:08x}", u32::from(character))).collect();
            format!("\"{escaped}\"")
        }
        Value::List(nodes) => format!("[{}]", nodes.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Object(object) => {
            let members: Vec<_> =
                object.members.iter().map(|member| format!("{} = {}", member.key, written(&member.node))).collect();
            format!("{{ {} }}", members.join("\n"))
        }
    }
}

/// Without places, which the written text has others of.
fn values(node: &Node) -> String {
    written(node)
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (parse_hcl(&text), parse_json(&text));
    }

    #[test]
    fn no_near_miss_makes_it_panic(parts in proptest::collection::vec(prop_oneof![
        Just("a"), Just("="), Just("{"), Just("}"), Just("["), Just("]"), Just(","), Just("\""), Just("${"),
        Just("\\"), Just("<<E\n"), Just("<<-E\n"), Just("E\n"), Just("\n"), Just("0x"), Just("1e"), Just("-"),
        Just("true"), Just("/*"), Just("#"), Just("é"), Just(":"), Just("null"), Just("\\u12"), Just("\r\n"),
    ], 0..60)) {
        let text: String = parts.concat();
        let _ = (parse_hcl(text.as_bytes()), parse_json(text.as_bytes()));
    }

    #[test]
    fn what_was_read_is_read_again_from_its_own_text(
        number in any::<i64>(),
        text in any::<String>(),
        flag in any::<bool>(),
        float in -1e9_f64..1e9,
    ) {
        let escaped: String = text.chars().map(|character| format!("\\U{:08x}", u32::from(character))).collect();
        let source = format!("a = {number}\nb = \"{escaped}\"\nc = [{flag}, {float:?}]\nd {{ e = 1 }}\nd {{ f = 2 }}\n");
        let first = parse_hcl(source.as_bytes()).unwrap();
        let root = first.object().unwrap();
        prop_assert_eq!(&root.get("b").unwrap().value, &Value::Text(text));
        let again: String = root.members.iter().map(|member| format!("{} = {}\n", member.key, written(&member.node))).collect();
        let second = parse_hcl(again.as_bytes()).unwrap();
        prop_assert_eq!(values(&first), values(&second));
    }
}

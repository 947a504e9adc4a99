//! Whatever text comes in, the answer is a value or an error, never a panic or an overflowing stack.

use std::fmt::Write;

use muster_gotemplate::{Delimiters, Functions, Map, Template, Type, Value, sprintf};
use proptest::prelude::*;

/// Pieces that templates are made of, so that random texts get past the lexer.
const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{{-",
    "-}}",
    " ",
    "\n",
    "if",
    "else",
    "end",
    "range",
    "with",
    "define",
    "block",
    "template",
    "break",
    "continue",
    "\"x\"",
    "`y`",
    "'c'",
    "1",
    "-2.5",
    "1i",
    ".",
    ".a",
    ".b.c",
    "$",
    "$x",
    ":=",
    "=",
    ",",
    "|",
    "(",
    ")",
    "nil",
    "true",
    "print",
    "printf",
    "index",
    "slice",
    "len",
    "eq",
    "lt",
    "and",
    "not",
    "call",
    "html",
    "\"%d%v\"",
    "{{/*",
    "*/}}",
    "text",
    "é",
    "\\",
    "{{end}}",
    "{{range .a}}",
    "{{if .b}}",
];

fn data() -> Value {
    let list = Value::strings(["x", "y"]);
    let inner = Map::new(Type::String, Type::Interface, vec![("c".into(), Value::int(1))]);
    let pairs = vec![("a".into(), list), ("b".into(), Value::Map(inner.into()))];
    Value::Map(Map::new(Type::String, Type::Interface, pairs).into())
}

fn run(text: &[u8]) {
    if let Ok(template) = Template::parse("t", text, &Delimiters::default(), &Functions::new()) {
        let _ = template.execute(&mut Vec::new(), &data());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_parsed_or_refused(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        run(&text);
        run(&[b"{{", &text[..], b"}}"].concat());
    }

    #[test]
    fn any_order_of_pieces_is_executed_or_refused(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..40)
    ) {
        run(pieces.concat().as_bytes());
        run(pieces.join(" ").as_bytes());
    }

    #[test]
    fn any_format_is_printed(
        format in "[%a-zA-Z0-9\\[\\]*.+# -]{0,20}",
        number in any::<i64>(),
        float in any::<f64>(),
        text in proptest::collection::vec(any::<u8>(), 0..8),
    ) {
        let arguments = [Value::int(number), Value::Float(float), Value::from(text), Value::Nil, data()];
        sprintf(format.as_bytes(), &arguments);
        sprintf(format!("%{format}").as_bytes(), &arguments[1..]);
    }
}

#[test]
fn deep_nesting_is_refused_before_the_stack_is_full() {
    for (open, close) in
        [("{{if 1}}", "{{end}}"), ("{{(", ")}}"), ("{{range 1}}", "{{end}}"), ("{{with 1}}", "{{end}}")]
    {
        let inner = open.trim_start_matches("{{");
        let deep = if open == "{{(" {
            format!("{{{{{}1{}}}}}", inner.repeat(20_000), ")".repeat(20_000))
        } else {
            format!("{}{}", open.repeat(20_000), close.repeat(20_000))
        };
        let error = Template::parse("t", deep.as_bytes(), &Delimiters::default(), &Functions::new()).unwrap_err();
        assert_eq!(error.to_string(), "template: t:1: max expression depth exceeded");
    }
    let mut chain = "{{if 0}}".to_owned();
    for _ in 0..20_000 {
        chain.push_str("{{else if 0}}");
    }
    chain.push_str("{{end}}");
    assert!(Template::parse("t", chain.as_bytes(), &Delimiters::default(), &Functions::new()).is_err());
}

#[test]
fn what_may_be_nested_is_executed() {
    let mut text = String::new();
    for _ in 0..99 {
        text.push_str("{{if 1}}");
    }
    write!(text, "{{{{{}1{}}}}}", "(".repeat(99), ")".repeat(99)).unwrap();
    for _ in 0..99 {
        text.push_str("{{end}}");
    }
    let template = Template::parse("t", text.as_bytes(), &Delimiters::default(), &Functions::new()).unwrap();
    let mut out = Vec::new();
    template.execute(&mut out, &Value::Nil).unwrap();
    assert_eq!(out, b"1");
}

#[test]
fn endless_recursion_is_an_error() {
    let text = br#"{{define "r"}}{{if 1}}{{range 1}}{{with 1}}{{template "r" (((1)))}}{{end}}{{end}}{{end}}{{end}}{{template "r"}}"#;
    let template = Template::parse("t", text, &Delimiters::default(), &Functions::new()).unwrap();
    let error = template.execute(&mut Vec::new(), &Value::Nil).unwrap_err();
    assert_eq!(error.problem(), "exceeded maximum template depth (1000)");
}

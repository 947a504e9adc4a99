//! Wrong input, derived from the table: every key has every class of it in both formats, whatever its kind.

use muster_hcl::{Node, Value as Tree};
use serde_json::{Value, json};

use super::super::key::{MAX_ITEMS, MAX_TEXT_BYTES};
use super::super::source::source;
use super::*;

type Read = Result<Vec<Setting>, String>;

/// Reads a text; what is wrong with it is told as the program tells it.
fn read(text: &[u8], format: Format) -> Read {
    let read = source("F", text, format).and_then(|mut source| {
        grow(&mut source.root);
        layer::read(&source)
    });
    let settings = read.map(|entries| entries.into_iter().map(|(_, entry)| entry.setting).collect());
    settings.map_err(|error| crate::exit::one_line(&error))
}

/// Stands for a string that is too long: to read so many of them would take its time.
const LONG: &str = "<long>";

fn grow(node: &mut Node) {
    let long = || "x".repeat(MAX_TEXT_BYTES + 1);
    match &mut node.value {
        Tree::Text(text) if text == LONG => *text = long(),
        Tree::List(items) => items.iter_mut().for_each(grow),
        Tree::Object(object) => {
            for member in &mut object.members {
                if member.key == LONG {
                    member.key = long();
                }
                grow(&mut member.node);
            }
        }
        _ => {}
    }
}

fn written(value: &Value, format: Format) -> String {
    match (value, format) {
        (Value::Object(object), Format::Hcl) => {
            let members = object.iter().map(|(name, value)| format!("{name:?} = {} ", written(value, format)));
            format!("{{ {}}}", members.collect::<String>())
        }
        (Value::Array(items), Format::Hcl) => {
            let items: Vec<_> = items.iter().map(|item| written(item, format)).collect();
            format!("[{}]", items.join(", "))
        }
        (value, _) => value.to_string(),
    }
}

/// A file in which these stand from the second line on, each on its own, in the group where the key stands.
fn file(key: &Key, members: &[(&str, &str)], format: Format) -> String {
    let groups: Vec<_> = key.path.split('.').rev().skip(1).collect();
    let (mut open, mut close) = (String::new(), String::new());
    for group in groups.iter().rev() {
        open += &if format == Format::Json { format!("{{\"{group}\":") } else { format!("{group} {{ ") };
        close += "}";
    }
    let member = |(name, value): &(&str, &str)| match format {
        Format::Json => format!("\"{name}\":{value}"),
        Format::Hcl => format!("{name} = {value}"),
    };
    let members: Vec<_> = members.iter().map(member).collect();
    match format {
        Format::Json => format!("{open}{{\n{}\n}}{close}", members.join(",\n")),
        Format::Hcl => format!("{open}\n{}\n{close}", members.join("\n")),
    }
}

fn last(key: &Key) -> &'static str {
    key.path.rsplit('.').next().unwrap()
}

/// Values that are wrong for a key of this kind, of each type that there is.
fn wrong(kind: Kind) -> Vec<Value> {
    let types = [json!(true), json!(1), json!(1.5), json!("x"), json!(["x"]), json!([[]]), json!({"x": [1]})];
    let takes = |value: &Value| match kind {
        Kind::Bool => value.is_boolean(),
        Kind::Int => value.is_i64(),
        Kind::Number => value.is_number(),
        Kind::Text => value.is_string(),
        Kind::List => *value == json!(["x"]),
        Kind::Blocks | Kind::Free => value.is_object(),
        Kind::Any => true,
        Kind::Duration | Kind::Map | Kind::Items(_) => false,
    };
    types.into_iter().filter(|value| !takes(value)).collect()
}

fn right(kind: Kind) -> Value {
    match kind {
        Kind::Bool => json!(true),
        Kind::Int => json!(7),
        Kind::Number => json!(1.5),
        Kind::Text => json!("x"),
        Kind::Duration => json!("10s"),
        Kind::List => json!(["x"]),
        Kind::Map => json!({"x": "y"}),
        Kind::Blocks => json!([{"x": 1}]),
        Kind::Items(names) => json!([{ names[0]: "x" }]),
        Kind::Free | Kind::Any => json!({"x": 1}),
    }
}

/// Texts of values that are too large for a key of this kind.
fn oversize(kind: Kind, format: Format) -> Vec<String> {
    let long = LONG;
    let list = |value: Value| Value::Array(vec![value; MAX_ITEMS + 1]);
    let names: serde_json::Map<_, _> = (0..=MAX_ITEMS).map(|place| (format!("n{place}"), json!("x"))).collect();
    let values = match kind {
        Kind::Bool | Kind::Int => return vec!["9".repeat(400)],
        Kind::Number => return vec!["9".repeat(400), "1e999".to_owned()],
        Kind::Text | Kind::Duration => vec![json!(long)],
        Kind::List => vec![json!([long]), list(json!("x"))],
        Kind::Map => vec![json!({"x": long}), json!({ long: "x" }), Value::Object(names)],
        Kind::Items(items) => vec![json!([{ items[0]: long }]), list(json!({}))],
        // Whoever reads them bounds what is in them; what nobody reads is bounded by the file.
        Kind::Blocks | Kind::Free | Kind::Any => Vec::new(),
    };
    values.iter().map(|value| written(value, format)).collect()
}

/// Runs a class over every key and both formats; the number of cases.
fn every_key(class: impl Fn(&'static Key, Format) -> usize) -> usize {
    keys().map(|key| class(key, Format::Json) + class(key, Format::Hcl)).sum()
}

/// One line that begins with that line of the file and has all these in it.
fn assert_told(read: Read, line: u32, parts: &[&str], case: &str) {
    let case = &case[..case.len().min(300)];
    let told = read.expect_err(case);
    assert!(told.starts_with(&format!("F:{line}:")) && !told.contains('\n'), "{case}: {told}");
    assert!(parts.iter().all(|part| told.contains(part)), "{case}: {told}\n{parts:?}");
    assert!(told.len() < 3000, "{case}: {} bytes", told.len());
}

#[test]
fn of_every_key_another_type_is_told() {
    let cases = every_key(|key, format| {
        let wrong = wrong(key.kind);
        for value in &wrong {
            let text = file(key, &[(last(key), &written(value, format))], format);
            assert_told(read(text.as_bytes(), format), 2, &[key.path], &text);
        }
        wrong.len()
    });
    assert!(cases > 3000, "{cases}");
}

#[test]
fn beside_every_key_an_unknown_one_is_told() {
    every_key(|key, format| {
        let unknown = match key.path.rsplit_once('.') {
            Some((group, _)) => format!("invalid config key {group}.nonsense"),
            None => "invalid config key nonsense".to_owned(),
        };
        let right = written(&right(key.kind), format);
        for value in ["1", "[]", &right] {
            let text = file(key, &[("nonsense", value), (last(key), &right)], format);
            assert_told(read(text.as_bytes(), format), 2, &[&unknown], &text);
        }
        if let Kind::Items(_) = key.kind {
            let text = file(key, &[(last(key), &written(&json!([{"nonsense": "x"}]), format))], format);
            let unknown = format!("invalid config key {}[0].nonsense", key.path);
            assert_told(read(text.as_bytes(), format), 2, &[&unknown], &text);
        }
        3
    });
}

#[test]
fn of_every_key_bytes_that_are_no_text_are_told() {
    every_key(|key, format| {
        for value in [&b"\"\xff\""[..], b"\"\xc3\"", b"\xfe"] {
            let text = file(key, &[(last(key), "@")], format);
            let (before, after) = text.split_once('@').unwrap();
            let bytes = [before.as_bytes(), value, after.as_bytes()].concat();
            assert_told(read(&bytes, format), 2, &["not UTF-8"], &text);
        }
        3
    });
}

#[test]
fn of_every_key_that_comes_twice_the_last_counts_and_is_looked_at() {
    every_key(|key, format| {
        let right = written(&right(key.kind), format);
        let wrong = wrong(key.kind);
        for value in &wrong {
            let text = file(key, &[(last(key), &right), (last(key), &written(value, format))], format);
            let told = read(text.as_bytes(), format).expect_err(&text);
            assert!(told.starts_with("F:") && told.contains(last(key)) && !told.contains('\n'), "{text}: {told}");
        }
        let shouted = last(key).to_uppercase();
        let text = file(key, &[(last(key), &right), (&shouted, &right)], format);
        assert_told(read(text.as_bytes(), format), 3, &["invalid config key", &shouted, "stands there too"], &text);
        let twice = read(file(key, &[(last(key), &right), (last(key), &right)], format).as_bytes(), format);
        let once = read(file(key, &[(last(key), &right)], format).as_bytes(), format);
        match (&twice, key.kind, format) {
            // Lists and blocks of HCL go on; where one block is wanted, two are one too many, as for Consul.
            (Ok(_), Kind::List | Kind::Blocks | Kind::Items(_) | Kind::Any, Format::Hcl) => {}
            (Err(told), Kind::Map | Kind::Free, Format::Hcl) => assert!(told.contains("a list of 2"), "{told}"),
            _ => assert_eq!(twice.is_ok(), once.is_ok(), "{}: {twice:?}", key.path),
        }
        // Blocks have their places in them.
        if let (Ok(twice), Ok(once), Format::Json) = (twice, once, format)
            && key.kind != Kind::Blocks
        {
            assert_eq!(twice, once, "{}", key.path);
        }
        wrong.len() + 2
    });
}

#[test]
fn of_every_key_what_is_too_large_is_told() {
    every_key(|key, format| {
        let values = oversize(key.kind, format);
        for value in &values {
            let text = file(key, &[(last(key), value)], format);
            let told = read(text.as_bytes(), format).expect_err(key.path);
            assert!(told.starts_with("F:2:") && told.len() < 3000, "{}: {told}", key.path);
            // A number that is none is told before anybody knows whose it is.
            assert!(told.contains(key.path) || told.contains("is not a number"), "{}: {told}", key.path);
        }
        values.len()
    });
}

#[test]
fn of_every_key_deep_nesting_is_told() {
    every_key(|key, format| {
        let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(200), close.repeat(200));
        let objects = if format == Format::Json { deep("{\"a\":", "}") } else { deep("{ a = ", " }") };
        for value in [deep("[", "]"), objects] {
            let text = file(key, &[(last(key), &value)], format);
            assert_told(read(text.as_bytes(), format), 2, &["more than 64 objects or lists"], key.path);
        }
        2
    });
}

#[test]
fn of_every_key_a_missing_value_is_told() {
    every_key(|key, format| {
        let text = file(key, &[(last(key), "")], format);
        let told = read(text.as_bytes(), format).expect_err(&text);
        assert!(told.starts_with("F:") && told.contains("should be"), "{text}: {told}");
        let whole = file(key, &[(last(key), &written(&right(key.kind), format))], format);
        let cut = &whole[..whole.rfind(last(key)).unwrap() + last(key).len()];
        let told = read(cut.as_bytes(), format).expect_err(cut);
        assert!(told.starts_with("F:2:") && !told.contains('\n'), "{cut}: {told}");
        if format == Format::Json {
            let null = file(key, &[(last(key), "null")], format);
            assert_eq!(read(null.as_bytes(), format), Ok(Vec::new()), "{null}");
        }
        3
    });
}

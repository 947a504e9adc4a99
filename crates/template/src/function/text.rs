//! Text in, text out.

use std::sync::Arc;

use muster_gotemplate::{Function, Functions, Map, Signature, Type, Value};

use super::{add_text, failed, text, texts};

pub(super) fn add(functions: &mut Functions) {
    add_text(functions, "toLower", |[text]| text.chars().map(|c| one_char(c, c.to_lowercase())).collect());
    add_text(functions, "toUpper", |[text]| text.chars().map(|c| one_char(c, c.to_uppercase())).collect());
    add_text(functions, "trimSpace", |[text]| text.trim().to_owned());
    add_text(functions, "trim", |[set, text]| text.trim_matches(|c| set.contains(c)).to_owned());
    add_text(functions, "trimPrefix", |[prefix, text]| text.strip_prefix(prefix).unwrap_or(text).to_owned());
    add_text(functions, "trimSuffix", |[suffix, text]| text.strip_suffix(suffix).unwrap_or(text).to_owned());
    add_text(functions, "replaceAll", |[from, to, text]| text.replace(from, to));

    let signature = Signature::new([Type::String, Type::slice(Type::String)], Type::String).fallible();
    functions.insert("join", Function::new(signature, |arguments| Ok(join(&arguments[0], &arguments[1]))));

    let signature = Signature::new([Type::String, Type::String], Type::slice(Type::String)).fallible();
    let split = |arguments: &[Value]| {
        let [separator, text] = texts(arguments);
        Ok(Value::strings(pieces(&separator, &text)))
    };
    functions.insert("split", Function::new(signature, split));

    let strings = Type::map(Type::String, Type::String);
    let signature = Signature::new([Type::String, Type::String, Type::String], strings).fallible();
    functions.insert("splitToMap", Function::new(signature, |arguments| Ok(split_to_map(texts(arguments)))));

    let signature = Signature::new([Type::INT, Type::String], Type::String).fallible();
    let indent = |arguments: &[Value]| match arguments[0].underlying() {
        Value::Int(_, spaces) if *spaces >= 0 => Ok(Value::from(indented(*spaces as usize, &text(&arguments[1])))),
        _ => Err(failed("indent value must be a positive integer")),
    };
    functions.insert("indent", Function::new(signature, indent));

    let signature = Signature::new([Type::Interface, Type::Interface], Type::Bool).fallible();
    let contains = |arguments: &[Value]| Ok(Value::Bool(holds(&arguments[1], &arguments[0])));
    functions.insert("contains", Function::new(signature.clone(), contains));
    let is_in = |arguments: &[Value]| Ok(Value::Bool(holds(&arguments[0], &arguments[1])));
    functions.insert("in", Function::new(signature, is_in));
}

/// Go changes case one character to one; what would become several stays, but for the dotted capital I.
fn one_char(c: char, mut changed: impl Iterator<Item = char>) -> char {
    match (changed.next(), changed.next()) {
        (Some(one), None) => one,
        (Some('i'), Some(_)) => 'i',
        _ => c,
    }
}

fn join(separator: &Value, items: &Value) -> Value {
    let Value::Slice(items) = items.underlying() else {
        return Value::from("");
    };
    let items: Vec<&[u8]> = items.items().iter().map(|item| item.as_bytes().unwrap_or_default()).collect();
    Value::from(items.join(separator.as_bytes().unwrap_or_default()))
}

/// An empty separator parts every two characters, as in Go; nothing but space has no pieces.
fn pieces<'t>(separator: &str, text: &'t str) -> Vec<&'t str> {
    let text = text.trim();
    match (text, separator) {
        ("", _) => Vec::new(),
        (text, "") => text.split("").filter(|piece| !piece.is_empty()).collect(),
        (text, separator) => text.split(separator).collect(),
    }
}

fn split_to_map([pairs, parts, text]: [String; 3]) -> Value {
    let pair = |piece: &str| {
        let (key, value) = piece.split_once(&*parts)?;
        Some((Value::from(key), Value::from(value)))
    };
    let found = pieces(&pairs, &text).into_iter().filter_map(pair);
    Value::Map(Arc::new(Map::of_strings(found)))
}

/// Lines with nothing in them stay so.
fn indented(spaces: usize, text: &str) -> String {
    let prefix = " ".repeat(spaces);
    text.split_inclusive('\n')
        .map(|line| if line == "\n" { line.to_owned() } else { format!("{prefix}{line}") })
        .collect()
}

/// A list that holds an equal integer, float or string; a string that holds a string.
fn holds(list: &Value, wanted: &Value) -> bool {
    let same_text = |item: &Value| {
        item.as_bytes().is_some() && item.type_of() == wanted.type_of() && item.as_bytes() == wanted.as_bytes()
    };
    match list.underlying() {
        Value::Slice(slice) => slice.items().iter().any(|item| match (item.underlying(), wanted.underlying()) {
            (Value::Int(_, a), Value::Int(_, b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b,
            _ => same_text(item),
        }),
        Value::String(haystack) if list.type_of() == wanted.type_of() => {
            let needle = wanted.as_bytes().unwrap_or_default();
            needle.is_empty() || haystack.windows(needle.len()).any(|window| window == needle)
        }
        _ => false,
    }
}

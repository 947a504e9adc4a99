//! Whether an answer is the recorded one, but for what differs from run to run.
//!
//! The record names UUIDs `U1`, `U2` …, indexes by rank `I1`, `I2` …. An answer fits if one UUID stands
//! wherever the record has one name, and if indexes are equal and ordered where the ranks are. So rows
//! that are left out do not shift the others.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::exchange::Answer;
use crate::record::{Body, Extent, Row};

/// Which of the target's UUIDs and indexes stand for which of the record's names, so far.
#[derive(Debug, Clone, Default)]
pub struct Correspondence {
    uuids: BTreeMap<String, String>,
    indexes: BTreeMap<u64, u64>,
}

/// What one answer says of that.
#[derive(Debug, Default)]
struct Pairs {
    uuids: Vec<(String, String)>,
    indexes: Vec<(u64, u64)>,
    highest: u64,
}

impl Correspondence {
    /// Compares an answer and, if it fits, keeps what it said. `lowest_index` is the highest index that
    /// the same request was answered before. Returns what does not fit.
    pub fn compare(&mut self, row: &Row, answer: &Answer, lowest_index: u64) -> Vec<String> {
        let mut problems = Vec::new();
        let mut pairs = Pairs::default();
        if row.status != answer.status {
            problems.push(format!("status {} instead of {}", answer.status, row.status));
        }
        if let Err(problem) = compare_body(row, answer, &mut pairs) {
            problems.push(problem);
        }
        problems.extend(compare_headers(row, answer, lowest_index.max(pairs.highest)));
        let mut next = self.clone();
        problems.extend(next.take(pairs));
        if problems.is_empty() {
            *self = next;
        }
        problems
    }

    fn take(&mut self, pairs: Pairs) -> Option<String> {
        for (name, uuid) in pairs.uuids {
            let other = self.uuids.iter().find(|(known, value)| (**known == name) != (**value == uuid));
            if let Some((known, value)) = other {
                return Some(format!("{name} is {uuid}, but {known} is {value}"));
            }
            self.uuids.insert(name, uuid);
        }
        for (rank, index) in pairs.indexes {
            let other = self.indexes.iter().find(|(known, value)| rank.cmp(known) != index.cmp(value));
            if let Some((known, value)) = other {
                return Some(format!("I{rank} is {index}, but I{known} is {value}"));
            }
            self.indexes.insert(rank, index);
        }
        None
    }
}

fn compare_headers(row: &Row, answer: &Answer, lowest_index: u64) -> Vec<String> {
    let mut problems = Vec::new();
    for name in row.names.iter().copied() {
        let (expected, actual) = (row.headers.get(name), answer.headers.get(name));
        let fits = match (expected.map(String::as_str), actual) {
            // That of events is made of their IDs: it goes up and down.
            (Some("ok"), Some(index)) if name == "x-consul-index" && row.target.starts_with("/v1/event/list") => {
                index.parse().is_ok_and(|index: u64| index > 0)
            }
            (Some("ok"), Some(index)) if name == "x-consul-index" => {
                index.parse().is_ok_and(|index: u64| index >= lowest_index.max(1))
            }
            (expected, actual) => expected == actual.map(String::as_str),
        };
        if !fits {
            let below = if name == "x-consul-index" { format!(" (at least {lowest_index})") } else { String::new() };
            problems.push(format!("{name}: {actual:?} instead of {expected:?}{below}"));
        }
    }
    problems
}

fn compare_body(row: &Row, answer: &Answer, pairs: &mut Pairs) -> Result<(), String> {
    if row.extent == Extent::Nothing {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&answer.body);
    match &row.body_answered {
        Body::Text(expected) => {
            let same = same_text(expected, &without_modify_index(&text), pairs);
            if same { Ok(()) } else { Err(format!("body {text:?} instead of {expected:?}")) }
        }
        Body::Json(expected) => {
            let (mut expected, mut actual) = (
                expected.clone(),
                serde_json::from_str::<Value>(&text).map_err(|error| format!("body {text:?} is no JSON: {error}"))?,
            );
            actual = row.extent.of(&actual);
            if row.target.starts_with("/v1/catalog/services") {
                sort_lists(&mut expected);
                sort_lists(&mut actual);
            }
            same_json(&expected, &actual, "body", pairs)
        }
    }
}

fn same_json(expected: &Value, actual: &Value, at: &str, pairs: &mut Pairs) -> Result<(), String> {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            if let Some(extra) = actual.keys().find(|name| !expected.contains_key(*name)) {
                return Err(format!("{at}.{extra} should not be there"));
            }
            for (name, value) in expected {
                let at = format!("{at}.{name}");
                let other = actual.get(name).ok_or_else(|| format!("{at} is missing"))?;
                same_member(name, value, other, &at, pairs)?;
            }
            Ok(())
        }
        (Value::Array(expected), Value::Array(actual)) => {
            if expected.len() != actual.len() {
                return Err(format!("{at} has {} elements instead of {}", actual.len(), expected.len()));
            }
            let mut elements = expected.iter().zip(actual).enumerate();
            elements.try_for_each(|(n, (expected, actual))| same_json(expected, actual, &format!("{at}[{n}]"), pairs))
        }
        (Value::String(expected_text), Value::String(text)) if same_text(expected_text, text, pairs) => Ok(()),
        (expected, actual) if expected == actual => Ok(()),
        _ => Err(format!("{at} is {actual} instead of {expected}")),
    }
}

fn same_member(name: &str, expected: &Value, actual: &Value, at: &str, pairs: &mut Pairs) -> Result<(), String> {
    let is_index = name == "CreateIndex" || name == "ModifyIndex";
    if is_index {
        pairs.highest = pairs.highest.max(actual.as_u64().unwrap_or_default());
    }
    let rank = expected.as_str().and_then(|text| text.strip_prefix('I')).and_then(|rank| rank.parse().ok());
    match (rank, actual.as_u64()) {
        (Some(rank), Some(index @ 1..)) if is_index => {
            pairs.indexes.push((rank, index));
            Ok(())
        }
        _ if name == "ContentHash" && expected == "HASH" && actual.as_str().is_some_and(|hash| !hash.is_empty()) => {
            Ok(())
        }
        _ => same_json(expected, actual, at, pairs),
    }
}

/// Whether two texts are the same with the record's `U1` standing for a UUID.
fn same_text(expected: &str, actual: &str, pairs: &mut Pairs) -> bool {
    let (names, pattern) = cut(expected, |text| {
        let digits = text.strip_prefix('U')?.chars().take_while(char::is_ascii_digit).count();
        (digits > 0).then_some(1 + digits)
    });
    if names.is_empty() {
        return expected == actual;
    }
    let (uuids, rest) = cut(actual, |text| is_uuid(text).then_some(UUID_LENGTH));
    if pattern != rest {
        return false;
    }
    pairs.uuids.extend(names.into_iter().zip(uuids));
    true
}

const UUID_LENGTH: usize = 36;

pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() >= UUID_LENGTH
        && text.bytes().take(UUID_LENGTH).enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Cuts out what `length` recognises at a place: the pieces, and the text with a mark for each.
fn cut(text: &str, length: impl Fn(&str) -> Option<usize>) -> (Vec<String>, String) {
    let (mut pieces, mut rest, mut at) = (Vec::new(), String::new(), 0);
    while let Some(c) = text[at..].chars().next() {
        match length(&text[at..]) {
            Some(length) => {
                pieces.push(text[at..at + length].to_owned());
                rest.push('\0');
                at += length;
            }
            None => {
                rest.push(c);
                at += c.len_utf8();
            }
        }
    }
    (pieces, rest)
}

pub(crate) fn without_modify_index(text: &str) -> String {
    let Some((before, after)) = text.split_once("modify index ") else { return text.to_owned() };
    format!("{before}modify index N{}", after.trim_start_matches(|c: char| c.is_ascii_digit()))
}

fn sort_lists(value: &mut Value) {
    for list in value.as_object_mut().into_iter().flatten().filter_map(|(_, tags)| tags.as_array_mut()) {
        list.sort_by_key(Value::to_string);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(body: Value, headers: &[(&str, &str)]) -> Row {
        Row {
            method: "GET".into(),
            target: "/".into(),
            body: None,
            sent_headers: Vec::new(),
            extent: Extent::Whole,
            names: &["allow", "x-consul-index", "x-consul-reason"],
            status: 200,
            headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            body_answered: match body {
                Value::String(text) => Body::Text(text),
                json => Body::Json(json),
            },
        }
    }

    fn answer(body: &str, headers: &[(&str, &str)]) -> Answer {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Answer { status: 200, headers, body: body.into() }
    }

    const A: &str = "0a000000-0000-0000-0000-00000000000a";
    const B: &str = "0b000000-0000-0000-0000-00000000000b";

    #[test]
    fn indexes_must_be_equal_and_ordered_as_the_ranks() {
        let mut seen = Correspondence::default();
        let mut index = |rank: &str, index: u64| {
            let body = json!({ "ModifyIndex": index }).to_string();
            seen.compare(&row(json!({ "ModifyIndex": rank }), &[]), &answer(&body, &[]), 0)
        };
        assert_eq!(index("I1", 17), [""; 0]);
        assert_eq!(index("I3", 30), [""; 0]);
        assert_eq!(index("I2", 18), [""; 0]);
        assert_eq!(index("I2", 19), ["I2 is 19, but I2 is 18"]);
        assert_eq!(index("I4", 30), ["I4 is 30, but I3 is 30"]);
        assert_eq!(index("I4", 16), ["I4 is 16, but I1 is 17"]);
        assert_eq!(index("I4", 31), [""; 0]);
    }

    #[test]
    fn a_uuid_stands_for_one_name_only() {
        let mut seen = Correspondence::default();
        let mut text = |expected: &str, actual: &str| {
            seen.compare(&row(Value::from(expected), &[]), &answer(actual, &[]), 0).len()
        };
        assert_eq!(text("Session id 'U1' not found", &format!("Session id '{A}' not found")), 0);
        assert_eq!(text("U1 U2", &format!("{A} {B}")), 0);
        assert_eq!(text("U2", A), 1);
        assert_eq!(text("U3", B), 1);
        assert_eq!(text("U1", "U1"), 1);
        assert_eq!(text("modify index N != 1", "modify index 77 != 1"), 0);
    }

    #[test]
    fn every_difference_in_a_body_is_seen() {
        let expected = json!({ "a": [1, null], "ContentHash": "HASH", "CreateIndex": 0 });
        let compare =
            |body: &str| Correspondence::default().compare(&row(expected.clone(), &[]), &answer(body, &[]), 0);
        assert_eq!(compare(r#"{"ContentHash":"ab","a":[1,null],"CreateIndex":0}"#), [""; 0]);
        for other in [
            r#"{"ContentHash":"ab","a":[1,null],"CreateIndex":0,"b":1}"#,
            r#"{"ContentHash":"ab","a":[1],"CreateIndex":0}"#,
            r#"{"ContentHash":"ab","a":[1,0],"CreateIndex":0}"#,
            r#"{"ContentHash":"","a":[1,null],"CreateIndex":0}"#,
            r#"{"ContentHash":"ab","a":[1,null],"CreateIndex":5}"#,
            r#"{"a":[1,null],"CreateIndex":0}"#,
            "{",
        ] {
            assert_eq!(compare(other).len(), 1, "{other}");
        }
    }

    #[test]
    fn every_difference_in_headers_is_seen() {
        let expected = row(json!({ "ModifyIndex": "I1" }), &[("x-consul-index", "ok"), ("allow", "GET")]);
        let compare = |headers: &[(&str, &str)], lowest: u64| {
            let answer = answer(r#"{"ModifyIndex":7}"#, headers);
            Correspondence::default().compare(&expected, &answer, lowest).len()
        };
        assert_eq!(compare(&[("x-consul-index", "7"), ("allow", "GET"), ("date", "x")], 7), 0);
        assert_eq!(compare(&[("x-consul-index", "6"), ("allow", "GET")], 0), 1);
        assert_eq!(compare(&[("x-consul-index", "8"), ("allow", "GET")], 9), 1);
        assert_eq!(compare(&[("x-consul-index", "x"), ("allow", "PUT")], 0), 2);
        assert_eq!(compare(&[("allow", "GET"), ("x-consul-reason", "x")], 0), 2);
    }
}

//! The record: sequences of requests with Consul's answers.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// What was recorded first.
const RECORD: &str = include_str!("../data/consul-recorded.json");
/// What was recorded since, by this package's program `record`.
const MORE: &str = include_str!("../data/consul-more.json");

/// A request with its recorded answer.
#[derive(Debug, Clone)]
pub struct Row {
    /// `GET` and the like.
    pub method: String,
    /// Path and query, as they went over the wire. `$1` is the first ID that the sequence was answered.
    pub target: String,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// Headers sent.
    pub sent_headers: Vec<(String, String)>,
    /// How much of the body counts.
    pub extent: Extent,
    /// The answer's status.
    pub status: u16,
    /// The answer's headers, lower-case, of those in `names`.
    pub headers: BTreeMap<String, String>,
    /// The headers that were recorded.
    pub names: &'static [&'static str],
    /// The answer's body.
    pub body_answered: Body,
}

/// A recorded body.
#[derive(Debug, Clone)]
pub enum Body {
    /// JSON, with `U1`, `I1`, `HASH` in place of what differs from run to run.
    Json(Value),
    /// Any other.
    Text(String),
}

/// How much of a body is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// What stands at these JSON pointers; the rest tells of the program that answers.
    Only(Vec<String>),
    /// Names and types, not values.
    Shape,
    /// Nothing of the body.
    Nothing,
}

/// The headers of the first record. One that a row does not have was not answered.
const HEADERS: &[&str] = &[
    "allow",
    "content-type",
    "x-consul-default-acl-policy",
    "x-consul-effective-consistency",
    "x-consul-index",
    "x-consul-knownleader",
    "x-consul-query-backend",
    "x-consul-reason",
];

/// The headers of what was recorded since.
pub const MORE_HEADERS: &[&str] = &[
    "age",
    "allow",
    "content-encoding",
    "content-security-policy",
    "content-type",
    "location",
    "vary",
    "x-cache",
    "x-consul-default-acl-policy",
    "x-consul-effective-consistency",
    "x-consul-index",
    "x-consul-knownleader",
    "x-consul-lastcontact",
    "x-consul-query-backend",
    "x-consul-reason",
    "x-content-type-options",
];

/// The sequences by name.
pub fn sequences() -> BTreeMap<String, Vec<Row>> {
    let mut all = BTreeMap::new();
    for (text, names) in [(RECORD, HEADERS), (MORE, MORE_HEADERS)] {
        let record: BTreeMap<String, Vec<Value>> = serde_json::from_str(text).expect("the record is JSON");
        for (name, rows) in record {
            let rows = rows.iter().map(|value| row(value, names)).collect();
            assert!(all.insert(name.clone(), rows).is_none(), "{name:?} is recorded twice");
        }
    }
    all
}

impl Row {
    /// The request as the skip list names it.
    pub fn request(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// Reads a row; what it does not say of an answer is empty.
pub fn row(value: &Value, names: &'static [&'static str]) -> Row {
    let text = |value: &Value| value.as_str().expect("a string of the record").to_owned();
    let request = value["request"].as_array().expect("each row has a request");
    let pairs = |value: Option<&Value>| -> Vec<(String, String)> {
        let members = value.and_then(Value::as_object).into_iter().flatten();
        members.map(|(name, value)| (name.clone(), text(value))).collect()
    };
    Row {
        method: text(&request[0]),
        target: text(&request[1]),
        body: body(value, request.get(2)),
        sent_headers: pairs(request.get(3)),
        extent: extent(value),
        status: value["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or_default(),
        headers: pairs(value.get("headers")).into_iter().collect(),
        names,
        body_answered: match (value.get("json"), value.get("text")) {
            (Some(json), _) => Body::Json(json.clone()),
            (None, text) => Body::Text(text.and_then(Value::as_str).unwrap_or_default().to_owned()),
        },
    }
}

/// A body stands in the request itself; one that is not UTF-8 in `base64`, a long one in `parts`, each a text and
/// how often it comes.
fn body(row: &Value, inline: Option<&Value>) -> Option<Vec<u8>> {
    if let Some(text) = row.get("base64").and_then(Value::as_str) {
        return Some(STANDARD.decode(text).expect("base64 of the record"));
    }
    if let Some(parts) = row.get("parts").and_then(Value::as_array) {
        let part = |part: &Value| {
            let times = part[1].as_u64().and_then(|times| usize::try_from(times).ok()).expect("a count");
            part[0].as_str().expect("a text of the record").repeat(times)
        };
        return Some(parts.iter().map(part).collect::<String>().into_bytes());
    }
    match inline {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone().into_bytes()),
        Some(json) => Some(json.to_string().into_bytes()),
    }
}

fn extent(row: &Value) -> Extent {
    match row.get("compare") {
        None => Extent::Whole,
        Some(Value::String(how)) if how == "shape" => Extent::Shape,
        Some(Value::String(how)) if how == "nothing" => Extent::Nothing,
        Some(Value::Array(pointers)) => {
            Extent::Only(pointers.iter().map(|pointer| pointer.as_str().expect("a pointer").to_owned()).collect())
        }
        Some(other) => panic!("a row compares {other}"),
    }
}

impl Extent {
    /// What of a body counts.
    pub fn of(&self, value: &Value) -> Value {
        match self {
            Self::Whole => value.clone(),
            Self::Nothing => Value::Null,
            Self::Only(pointers) => {
                let part = |pointer: &String| (pointer.clone(), value.pointer(pointer).cloned().unwrap_or(Value::Null));
                Value::Object(pointers.iter().map(part).collect())
            }
            Self::Shape => shape(value),
        }
    }
}

fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::Array(items) => Value::Array(items.iter().map(shape).collect()),
        Value::String(_) => Value::from("string"),
        Value::Number(_) => Value::from("number"),
        Value::Bool(_) => Value::from("bool"),
        Value::Null => Value::Null,
    }
}

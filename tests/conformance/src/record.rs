//! The record: sequences of requests with Consul's answers.

use std::collections::BTreeMap;

use serde_json::Value;

const RECORD: &str = include_str!("../data/consul-recorded.json");

/// A request with its recorded answer.
#[derive(Debug, Clone)]
pub struct Row {
    /// `GET` and the like.
    pub method: String,
    /// Path and query, as they went over the wire. `$1` is the first ID that the sequence was answered.
    pub target: String,
    /// The body.
    pub body: Option<String>,
    /// Headers sent.
    pub sent_headers: Vec<(String, String)>,
    /// The answer's status.
    pub status: u16,
    /// The answer's headers, lower-case, of those in [`HEADERS`].
    pub headers: BTreeMap<String, String>,
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

/// The headers that were recorded. One that a row does not have was not answered.
pub const HEADERS: [&str; 8] = [
    "allow",
    "content-type",
    "x-consul-default-acl-policy",
    "x-consul-effective-consistency",
    "x-consul-index",
    "x-consul-knownleader",
    "x-consul-query-backend",
    "x-consul-reason",
];

/// The sequences by name.
pub fn sequences() -> BTreeMap<String, Vec<Row>> {
    let record: BTreeMap<String, Vec<Value>> = serde_json::from_str(RECORD).expect("the record is JSON");
    record.into_iter().map(|(name, rows)| (name, rows.iter().map(row).collect())).collect()
}

impl Row {
    /// The request as the skip list names it.
    pub fn request(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

fn row(value: &Value) -> Row {
    let text = |value: &Value| value.as_str().expect("a string of the record").to_owned();
    let request = value["request"].as_array().expect("each row has a request");
    let body = match request.get(2) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(json) => Some(json.to_string()),
    };
    let pairs = |value: Option<&Value>| -> Vec<(String, String)> {
        let members = value.and_then(Value::as_object).into_iter().flatten();
        members.map(|(name, value)| (name.clone(), text(value))).collect()
    };
    Row {
        method: text(&request[0]),
        target: text(&request[1]),
        body,
        sent_headers: pairs(request.get(3)),
        status: value["status"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status"),
        headers: pairs(value.get("headers")).into_iter().collect(),
        body_answered: match value.get("json") {
            Some(json) => Body::Json(json.clone()),
            None => Body::Text(text(&value["text"])),
        },
    }
}

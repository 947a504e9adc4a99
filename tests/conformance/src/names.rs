//! An answer as the record keeps it: what differs from run to run has a name instead.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::compare::{is_uuid, without_modify_index};
use crate::exchange::Answer;
use crate::record::{Extent, Row};

/// The names that a sequence has given so far.
#[derive(Debug, Default)]
pub struct Names {
    uuids: Vec<String>,
    indexes: BTreeSet<u64>,
}

impl Names {
    /// Notes what stands in an answer, and gives what the record is to say of it: `status`, `headers`, and `json` or
    /// `text`. Indexes stand there as they are until [`Self::rank`] knows all of the sequence.
    pub fn take(&mut self, row: &Row, answer: &Answer) -> Map<String, Value> {
        let mut recorded = Map::new();
        recorded.insert("status".into(), json!(answer.status));
        let headers = answer.headers.iter().filter(|(name, _)| row.names.contains(&name.as_str()));
        let headers: BTreeMap<_, _> = headers
            .map(|(name, value)| (name.clone(), if name == "x-consul-index" { "ok" } else { value }.to_owned()))
            .collect();
        recorded.insert("headers".into(), json!(headers));
        if row.extent == Extent::Nothing {
            recorded.insert("text".into(), json!(""));
            return recorded;
        }
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let is_json = answer.headers.get("content-type").is_some_and(|kind| kind == "application/json");
        match serde_json::from_str::<Value>(&text) {
            Ok(value) if is_json => {
                let mut value = row.extent.of(&value);
                if row.target.starts_with("/v1/catalog/services") {
                    sort_lists(&mut value);
                }
                let value = if row.extent == Extent::Shape { value } else { self.named(&value, "") };
                recorded.insert("json".into(), value);
            }
            _ => {
                let text = self.without_uuids(&without_modify_index(&text));
                recorded.insert("text".into(), json!(text));
            }
        }
        recorded
    }

    fn named(&mut self, value: &Value, name: &str) -> Value {
        match value {
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.named(value, name))).collect()
            }
            Value::Array(items) => Value::Array(items.iter().map(|item| self.named(item, "")).collect()),
            Value::String(_) if name == "ContentHash" => json!("HASH"),
            Value::String(text) => json!(self.without_uuids(text)),
            Value::Number(number) if is_index(name) => {
                self.indexes.extend(number.as_u64().filter(|index| *index > 1));
                value.clone()
            }
            other => other.clone(),
        }
    }

    fn without_uuids(&mut self, text: &str) -> String {
        let (mut named, mut at) = (String::new(), 0);
        while let Some(c) = text[at..].chars().next() {
            // The one that is all zeros is a text that requests send.
            let uuid = is_uuid(&text[at..]).then(|| &text[at..at + 36]).filter(|uuid| !uuid.starts_with("00000000-"));
            match uuid {
                Some(uuid) => {
                    let place = self.uuids.iter().position(|known| known == uuid).unwrap_or_else(|| {
                        self.uuids.push(uuid.to_owned());
                        self.uuids.len() - 1
                    });
                    named.push_str(&format!("U{}", place + 1));
                    at += 36;
                }
                None => {
                    named.push(c);
                    at += c.len_utf8();
                }
            }
        }
        named
    }

    /// Gives indexes their ranks, once the whole sequence is noted.
    pub fn rank(&self, value: &mut Value, name: &str) {
        match value {
            Value::Object(members) => members.iter_mut().for_each(|(name, value)| self.rank(value, name)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.rank(item, "")),
            Value::Number(number) if is_index(name) => {
                let index = number.as_u64().filter(|index| *index > 1);
                if let Some(rank) = index.and_then(|index| self.indexes.iter().position(|known| *known == index)) {
                    *value = json!(format!("I{}", rank + 1));
                }
            }
            _ => {}
        }
    }
}

fn is_index(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    name == "CreateIndex" || name == "ModifyIndex"
}

fn sort_lists(value: &mut Value) {
    for list in value.as_object_mut().into_iter().flatten().filter_map(|(_, tags)| tags.as_array_mut()) {
        list.sort_by_key(Value::to_string);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{MORE_HEADERS, row};

    #[test]
    fn what_differs_from_run_to_run_has_a_name() {
        let request = row(&json!({"request": ["GET", "/v1/x"]}), MORE_HEADERS);
        let id = "0a000000-0000-4000-8000-00000000000a";
        let headers = [("x-consul-index", "17"), ("date", "today"), ("content-type", "application/json")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        let body = json!({"ID": id, "Again": format!("of {id}"), "ModifyIndex": 17, "CreateIndex": 12, "Port": 17});
        let answer = Answer { status: 200, headers, body: body.to_string().into_bytes() };
        let mut names = Names::default();
        let mut recorded = Value::Object(names.take(&request, &answer));
        names.rank(&mut recorded, "");
        assert_eq!(
            recorded["json"],
            json!({"ID": "U1", "Again": "of U1", "ModifyIndex": "I2", "CreateIndex": "I1", "Port": 17})
        );
        assert_eq!(recorded["headers"], json!({"x-consul-index": "ok", "content-type": "application/json"}));
    }
}

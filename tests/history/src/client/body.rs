//! Requests as Consul's HTTP API wants them, and its answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::{Method, StatusCode};
use muster_testbed::probe::Answer as HttpAnswer;
use serde_json::{Value, json};

use super::in_query;
use crate::event::{Answer, Entry, Instance, Reply, Request, Step};

/// A request on the wire.
pub(super) struct Sent {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: String,
}

fn put(path: String, body: String) -> Sent {
    Sent { method: Method::PUT, path, body }
}

fn get(path: String) -> Sent {
    Sent { method: Method::GET, path, body: String::new() }
}

pub(super) fn of(request: &Request) -> Sent {
    match request {
        Request::Transaction { marker, steps } => {
            let marker = Step::Set(marker.clone(), String::new());
            let steps: Vec<Value> = std::iter::once(&marker).chain(steps).map(step).collect();
            put("/v1/txn".to_owned(), Value::from(steps).to_string())
        }
        Request::Put { key, value, cas } => {
            let cas = cas.map(|index| format!("?cas={index}")).unwrap_or_default();
            put(format!("/v1/kv/{key}{cas}"), value.clone())
        }
        Request::Delete { key, cas } => {
            Sent { method: Method::DELETE, path: format!("/v1/kv/{key}?cas={cas}"), body: String::new() }
        }
        Request::Acquire { key, session } => put(format!("/v1/kv/{key}?acquire={session}"), session.clone()),
        Request::Release { key, session } => put(format!("/v1/kv/{key}?release={session}"), session.clone()),
        Request::Get { key } => get(format!("/v1/kv/{key}")),
        Request::Watch { key, after, wait } => get(format!("/v1/kv/{key}?index={after}&wait={}ms", wait.as_millis())),
        Request::Tree { prefix } => get(format!("/v1/kv/{}?recurse", in_query(prefix))),
        Request::CreateSession { lock_delay, deletes, node } => {
            let behavior = if *deletes { "delete" } else { "release" };
            let delay = format!("{}ms", lock_delay.as_millis());
            let body = json!({"Node": node, "LockDelay": delay, "Behavior": behavior, "NodeChecks": ["alive"]});
            put("/v1/session/create".to_owned(), body.to_string())
        }
        Request::DestroySession { session } => put(format!("/v1/session/destroy/{session}"), String::new()),
        Request::Session { session } => get(format!("/v1/session/info/{session}")),
        Request::SetCheck { node, critical } => {
            let status = if *critical { "critical" } else { "passing" };
            let check = json!({"Node": node, "CheckID": "alive", "Name": "alive", "Status": status});
            register(json!({"Node": node, "Address": "10.1.1.1", "Check": check}))
        }
        Request::Register { service, version } if version % 2 == 1 => {
            let instance = json!({"ID": service, "Service": service, "Meta": {"version": version.to_string()}});
            register(json!({"Node": format!("node-of-{service}"), "Address": "10.1.1.2", "Service": instance}))
        }
        Request::Register { service, .. } => {
            let body = json!({"Node": format!("node-of-{service}"), "ServiceID": service});
            put("/v1/catalog/deregister".to_owned(), body.to_string())
        }
        Request::Instances { service } => get(format!("/v1/catalog/service/{service}")),
    }
}

fn register(body: Value) -> Sent {
    put("/v1/catalog/register".to_owned(), body.to_string())
}

fn step(step: &Step) -> Value {
    let value = |text: &str| STANDARD.encode(text);
    let operation = match step {
        Step::Set(key, text) => json!({"Verb": "set", "Key": key, "Value": value(text)}),
        Step::Cas(key, text, index) => json!({"Verb": "cas", "Key": key, "Value": value(text), "Index": index}),
        Step::Delete(key) => json!({"Verb": "delete", "Key": key}),
        Step::DeleteCas(key, index) => json!({"Verb": "delete-cas", "Key": key, "Index": index}),
        Step::CheckIndex(key, index) => json!({"Verb": "check-index", "Key": key, "Index": index}),
        Step::Get(key) => json!({"Verb": "get", "Key": key}),
    };
    json!({"KV": operation})
}

/// The reply to a request; `None` if it is an error.
pub(super) fn read(request: &Request, answer: &HttpAnswer) -> Option<Reply> {
    let ok = answer.status == StatusCode::OK;
    let json = || answer.json().ok();
    match request {
        Request::Transaction { .. } if answer.status == StatusCode::CONFLICT => rolled_back(&json()?),
        Request::Get { .. } | Request::Watch { .. } | Request::Tree { .. }
            if answer.status == StatusCode::NOT_FOUND =>
        {
            Some(Reply::Entries(Answer { index: index(answer)?, list: Vec::new() }))
        }
        _ if !ok => None,
        Request::Transaction { .. } => {
            let results =
                json()?["Results"].as_array()?.iter().map(|result| entry(&result["KV"])).collect::<Option<_>>();
            Some(Reply::Committed(results?))
        }
        Request::Put { .. } | Request::Delete { .. } | Request::Acquire { .. } | Request::Release { .. } => {
            Some(Reply::Held(json()?.as_bool()?))
        }
        Request::Get { .. } | Request::Watch { .. } | Request::Tree { .. } => {
            let list = json()?.as_array()?.iter().map(entry).collect::<Option<_>>()?;
            Some(Reply::Entries(Answer { index: index(answer)?, list }))
        }
        Request::CreateSession { .. } => Some(Reply::Session(json()?["ID"].as_str()?.to_owned())),
        Request::DestroySession { .. } | Request::SetCheck { .. } | Request::Register { .. } => Some(Reply::Done),
        Request::Session { .. } => {
            let sessions = json()?;
            let ids = sessions.as_array()?.iter().map(|session| Some(session["ID"].as_str()?.to_owned()));
            Some(Reply::Found(Answer { index: index(answer)?, list: ids.collect::<Option<_>>()? }))
        }
        Request::Instances { .. } => {
            let list = json()?.as_array()?.iter().map(instance).collect::<Option<_>>()?;
            Some(Reply::Instances(Answer { index: index(answer)?, list }))
        }
    }
}

fn rolled_back(json: &Value) -> Option<Reply> {
    let errors = json["Errors"].as_array()?;
    let mut steps =
        errors.iter().map(|error| usize::try_from(error["OpIndex"].as_u64()?).ok()).collect::<Option<Vec<_>>>()?;
    steps.sort_unstable();
    Some(Reply::RolledBack(steps))
}

fn index(answer: &HttpAnswer) -> Option<u64> {
    answer.headers.get("X-Consul-Index")?.to_str().ok()?.parse().ok()
}

fn entry(json: &Value) -> Option<Entry> {
    let value = match json["Value"].as_str() {
        Some(text) => Some(String::from_utf8(STANDARD.decode(text).ok()?).ok()?),
        None => None,
    };
    Some(Entry {
        key: json["Key"].as_str()?.to_owned(),
        value,
        created: json["CreateIndex"].as_u64()?,
        modified: json["ModifyIndex"].as_u64()?,
        lock: json["LockIndex"].as_u64()?,
        session: json["Session"].as_str().map(str::to_owned),
    })
}

fn instance(json: &Value) -> Option<Instance> {
    let version = json["ServiceMeta"]["version"].as_str()?.parse().ok()?;
    Some(Instance { version, modified: json["ModifyIndex"].as_u64()? })
}

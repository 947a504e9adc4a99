//! Every body of the record that concerns this crate, read and written again.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use muster_model::{Check, Indexed, Node};
use muster_wire::answer::{self, AgentCheckAnswer, AgentHealthRow, CatalogServiceRow, CheckRow, InstanceRow, Stored};
use muster_wire::query::{Params, QueryOptions, Scope, passing};
use muster_wire::request::{self, KvDelete, KvGet, KvPut};
use muster_wire::{Status, read};
use serde_json::Value;

struct Row {
    sequence: String,
    method: String,
    target: String,
    body: Vec<u8>,
    headers: BTreeMap<String, String>,
    status: u16,
    json: Option<Value>,
    text: Option<String>,
}

/// The record's rows, with ranks of indexes (`I7`) as numbers (107).
fn rows() -> Vec<Row> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/conformance/data/consul-recorded.json");
    let record: BTreeMap<String, Vec<Value>> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let row = |sequence: &str, row: &Value| {
        let request = row["request"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let body = match request.get(2) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(text)) => text.clone().into_bytes(),
            Some(json) => json.to_string().into_bytes(),
        };
        let headers = request.get(3).and_then(Value::as_object).into_iter().flatten();
        Row {
            sequence: sequence.to_owned(),
            method: text(&request[0]),
            target: text(&request[1]),
            body,
            headers: headers.map(|(name, value)| (name.clone(), text(value))).collect(),
            status: u16::try_from(row["status"].as_u64().unwrap()).unwrap(),
            json: row.get("json").cloned().map(ranks_to_numbers),
            text: row.get("text").and_then(Value::as_str).map(str::to_owned),
        }
    };
    record.iter().flat_map(|(sequence, list)| list.iter().map(move |value| row(sequence, value))).collect()
}

fn ranks_to_numbers(mut value: Value) -> Value {
    match &mut value {
        Value::Array(items) => items.iter_mut().for_each(|item| *item = ranks_to_numbers(item.take())),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                *member = match member.as_str().and_then(|text| text.strip_prefix('I')) {
                    Some(rank) if name.ends_with("Index") => Value::from(100 + rank.parse::<u64>().unwrap()),
                    _ => ranks_to_numbers(member.take()),
                };
            }
        }
        _ => {}
    }
    value
}

/// The rows that were answered with JSON and 200 at a path.
fn answered(path: &str) -> Vec<(Row, Vec<u8>)> {
    let rows = rows().into_iter().filter(|row| row.method == "GET" && row.status == 200 && row.json.is_some());
    let rows: Vec<_> = rows.filter(|row| row.target.starts_with(path)).collect();
    rows.into_iter()
        .map(|row| (row.json.as_ref().unwrap().to_string().into_bytes(), row))
        .map(|(b, r)| (r, b))
        .collect()
}

fn assert_same(row: &Row, written: &[u8]) {
    let value: Value = serde_json::from_slice(written).unwrap();
    assert_eq!(Some(&value), row.json.as_ref(), "{}", row.target);
    let pretty: Value = serde_json::from_slice(&muster_wire::json::pretty(written)).unwrap();
    assert_eq!(value, pretty);
}

#[test]
fn health_service_goes_there_and_back() {
    let rows = answered("/v1/health/service/");
    assert!(rows.len() >= 8, "{}", rows.len());
    for (row, body) in rows {
        let entries = read::health_service(&body).unwrap();
        assert_eq!(entries.refused, []);
        let mut out = Vec::new();
        let instances = entries.entries.iter().map(|entry| InstanceRow {
            node: Stored::from(&entry.node),
            service: Stored::from(&entry.service),
            checks: entry.checks.iter().map(Stored::from),
        });
        answer::health_service(&mut out, "dc1", instances);
        assert_same(&row, &out);
    }
}

/// The one service that the record's plain check lists speak of.
fn service_of(row: &Value) -> Option<muster_model::Service> {
    let id = row["ServiceID"].as_str().filter(|id| !id.is_empty())?;
    let body = serde_json::json!({ "ID": id, "Name": row["ServiceName"], "Tags": row["ServiceTags"] });
    Some(request::register_service(body.to_string().as_bytes()).unwrap().service)
}

#[test]
fn health_checks_go_there_and_back() {
    let mut seen = 0;
    for path in ["/v1/health/node/", "/v1/health/checks/", "/v1/health/state/"] {
        for (row, body) in answered(path) {
            let checks = read::health_checks(&body).unwrap().entries;
            let items = row.json.as_ref().unwrap().as_array().unwrap();
            let services: Vec<_> = items.iter().map(service_of).collect();
            let nodes = items.iter().map(|item| muster_model::NodeName::new(item["Node"].as_str().unwrap()).unwrap());
            let nodes: Vec<_> = nodes.collect();
            let mut out = Vec::new();
            let each = checks.iter().zip(&services).zip(&nodes);
            answer::health_checks(
                &mut out,
                each.map(|((check, service), node)| CheckRow { node, check: check.into(), service: service.as_ref() }),
            );
            assert_same(&row, &out);
            seen += items.len();
        }
    }
    assert!(seen >= 6, "{seen}");
}

#[test]
fn catalog_goes_there_and_back() {
    for (row, body) in answered("/v1/catalog/node/") {
        let entry = read::catalog_node(&body).unwrap();
        let mut out = Vec::new();
        let services = entry.iter().flat_map(|entry| &entry.services.entries).map(Stored::from);
        answer::catalog_node(&mut out, "dc1", entry.as_ref().map(|entry| Stored::from(&entry.node)), services);
        assert_same(&row, &out);
        let mut list = Vec::new();
        let services = entry.iter().flat_map(|entry| &entry.services.entries).map(Stored::from);
        answer::node_services(&mut list, "dc1", entry.as_ref().map(|entry| Stored::from(&entry.node)), Some(services));
        let other = answered(&row.target.replace("/node/", "/node-services/"));
        if let Some((row, _)) = other.first() {
            assert_same(row, &list);
        }
    }
    for (row, _) in answered("/v1/catalog/service/") {
        // Written from the registrations of the same sequence.
        let wanted = row.json.as_ref().unwrap().as_array().unwrap().clone();
        let registered = registered(&row.sequence);
        let rows: Vec<_> = wanted
            .iter()
            .map(|item| {
                let (node, service) =
                    registered.iter().find(|(node, _)| node.name.as_str() == item["Node"].as_str().unwrap()).unwrap();
                let index = muster_model::Index(item["CreateIndex"].as_u64().unwrap());
                (node, Indexed { value: service.clone(), created: index, modified: index })
            })
            .collect();
        let mut out = Vec::new();
        let rows = rows.iter().map(|(node, service)| CatalogServiceRow { node, service: service.into() });
        answer::catalog_service(&mut out, "dc1", rows);
        assert_same(&row, &out);
    }
}

fn registered(sequence: &str) -> Vec<(Node, muster_model::Service)> {
    let rows = rows().into_iter().filter(|row| row.sequence == sequence && row.target == "/v1/catalog/register");
    let registrations = rows.filter_map(|row| request::register(&row.body).ok());
    registrations.filter_map(|registration| Some((registration.node, registration.service?))).collect()
}

#[test]
fn kv_goes_there_and_back() {
    let mut seen = 0;
    for (row, body) in answered("/v1/kv/") {
        let mut out = Vec::new();
        if row.target.contains("keys") {
            answer::kv_keys(&mut out, read::kv_keys(&body).unwrap().iter().map(String::as_str));
        } else {
            answer::kv_entries(&mut out, &read::kv_entries(&body).unwrap());
        }
        assert_same(&row, &out);
        seen += 1;
    }
    assert!(seen >= 13, "{seen}");
}

#[test]
fn agent_services_and_checks_are_written_as_recorded() {
    let rows = rows();
    let register = |id: &str| {
        let bodies = rows.iter().filter(|row| row.target == "/v1/agent/service/register" && row.status == 200);
        let mut registrations = bodies.map(|row| request::register_service(&row.body).unwrap());
        registrations.find(|registration| registration.service.id.as_str() == id).unwrap()
    };
    let mut oapi = register("oapi").service;
    let expected = answered("/v1/agent/services?filter=Service==oapi").remove(0).0;
    let mut out = Vec::new();
    answer::agent_services(&mut out, "dc1", [&oapi]);
    assert_same(&expected, &out);
    let read_again = read::agent_services(&out).unwrap();
    assert_eq!((read_again.entries, read_again.refused), (vec![oapi.clone()], vec![]));

    let hash = answer::content_hash(&oapi);
    oapi.port += 1;
    assert_ne!(hash, answer::content_hash(&oapi));
    oapi.port -= 1;
    assert_eq!(hash, answer::content_hash(&oapi));
    out.clear();
    answer::agent_service(&mut out, "dc1", &oapi, "HASH");
    assert_same(&answered("/v1/agent/service/oapi").remove(0).0, &out);

    let two = register("two");
    let node = muster_model::NodeName::new("rec").unwrap();
    let checks: Vec<Check> = two.checks.iter().enumerate().map(|(at, check)| made(&two, at, check)).collect();
    out.clear();
    let answers = checks.iter().map(|check| AgentCheckAnswer { check, service: Some(&two.service) });
    answer::agent_checks(&mut out, &node, answers);
    assert_same(&answered("/v1/agent/checks?filter=ServiceID==two").remove(0).0, &out);
}

#[test]
fn agent_health_is_written_as_recorded() {
    let rows = rows();
    let registered = rows.iter().find(|row| row.target == "/v1/agent/service/register").unwrap();
    let oapi = request::register_service(&registered.body).unwrap();
    let node = muster_model::NodeName::new("rec").unwrap();
    let mut check = made(&oapi, 0, &oapi.checks[0]);
    check.id = muster_model::CheckId::new("service:oapi").unwrap();
    let mut seen = 0;
    for row in rows.iter().filter(|row| row.target.starts_with("/v1/agent/health/service/") && row.json.is_some()) {
        let json = row.json.as_ref().unwrap();
        let first = if json.is_array() { &json[0] } else { json };
        let there = first["Checks"].is_array();
        if there {
            check.status = muster_model::CheckStatus::lenient(first["Checks"][0]["Status"].as_str().unwrap());
            check.output = first["Checks"][0]["Output"].as_str().unwrap().into();
        }
        let instance = there.then(|| AgentHealthRow {
            aggregated_status: check.status.as_str(),
            service: &oapi.service,
            checks: [&check],
        });
        let mut out = Vec::new();
        if json.is_array() {
            answer::agent_health_name(&mut out, "dc1", &node, instance);
        } else {
            answer::agent_health_id(&mut out, "dc1", &node, instance);
        }
        assert_same(row, &out);
        seen += 1;
    }
    assert_eq!(seen, 5);
}

/// The check that an agent makes of the `at`th request.
fn made(registration: &request::ServiceRegistration, at: usize, check: &request::CheckRequest) -> Check {
    let service = &registration.service;
    Check {
        id: muster_model::CheckId::new(format!("service:{}:{}", service.id, at + 1)).unwrap(),
        name: check.name.clone().unwrap_or_else(|| format!("Service '{}' check", service.name).into()),
        status: check.status.clone().unwrap_or(muster_model::CheckStatus::Critical),
        notes: check.notes.clone(),
        output: "".into(),
        service_id: Some(service.id.clone()),
        kind: check.definition.probe.kind().into(),
        definition: Some(check.definition.clone().into()),
    }
}

/// What this crate says to a request: nothing, or the refusal with its status.
fn refusal(row: &Row) -> Option<(Status, String)> {
    let (path, query) = row.target.split_once('?').unwrap_or((&row.target, ""));
    let params = Params::parse(query).unwrap();
    let agent = |error: request::AgentRequestError| (error.status(), error.to_string());
    let catalog = |error: request::CatalogRequestError| (error.status(), error.to_string());
    let kv = |error: request::BadKvRequest| (error.status(), error.to_string());
    let written = match (&*row.method, path) {
        ("PUT", "/v1/agent/service/register") => request::register_service(&row.body).map(drop).map_err(agent),
        ("PUT", "/v1/agent/check/register") => request::register_check(&row.body).map(drop).map_err(agent),
        ("PUT", path) if path.starts_with("/v1/agent/check/update/") => {
            request::update_check(&row.body).map(drop).map_err(agent)
        }
        ("PUT", "/v1/catalog/register") => request::register(&row.body).map(drop).map_err(catalog),
        ("PUT", "/v1/catalog/deregister") => request::deregister(&row.body).map(drop).map_err(catalog),
        (method, path) if path.starts_with("/v1/kv/") => {
            let key = muster_wire::query::unescape_path(&path[7..]).unwrap();
            match method {
                "GET" => KvGet::read(&key, &params).map(drop).map_err(kv),
                "PUT" => KvPut::read(&key, &params).map(drop).map_err(kv),
                "DELETE" => KvDelete::read(&key, &params).map(drop).map_err(kv),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    };
    if let Err(refusal) = written {
        return Some(refusal);
    }
    if row.method != "GET" {
        return None;
    }
    let header = |name: &str| row.headers.get(name).map(String::as_str);
    let options = Scope::Namespace.check(&params, header).and_then(|()| QueryOptions::read(&params, header));
    let options = options.and_then(|_| passing(&params).map(drop));
    options.err().map(|error| (error.status(), error.to_string()))
}

/// Refusals of the record that are somebody else's: the routing's, the registry's or the agent's.
const NOT_OURS: &[&str] = &[
    "Missing value for enable",
    "Invalid value for enable",
    "Invalid URL path",
    "method ",
    "Unknown service ID",
    "Unknown check ID",
    "unknown service ID",
    "ServiceID \"none\" does not exist",
    "Scripts are disabled",
    "Failed to create boolean expression evaluator",
    "No path to datacenter",
    "ACL support disabled",
    "raft apply failed: invalid session",
    "Session ",
    "Invalid Session TTL",
    "Invalid Behavior",
    "apply failed",
    "Failed to parse body",
];

#[test]
fn refuses_exactly_what_consul_refuses_in_its_words() {
    let (mut refused, mut taken) = (0, 0);
    for row in rows() {
        let what = format!("{} {} {}", row.method, row.target, String::from_utf8_lossy(&row.body));
        match refusal(&row) {
            Some((status, text)) => {
                assert_eq!((status.code(), Some(&text)), (row.status, row.text.as_ref()), "{what}");
                refused += 1;
            }
            None if row.status < 400 => taken += 1,
            None => {
                let text = row.text.unwrap_or_default();
                let session_body = row.target.starts_with("/v1/session/");
                let state_in_words = row.target.starts_with("/v1/agent/health/");
                let missing_argument = row.target.ends_with('/') && text.starts_with("Missing ");
                let others = text.is_empty()
                    || session_body
                    || state_in_words
                    || missing_argument
                    || NOT_OURS.iter().any(|start| text.starts_with(start));
                assert!(others, "{what} should be refused with {text}");
            }
        }
    }
    assert!(refused >= 40 && taken >= 150, "{refused} refused, {taken} taken");
}

#[test]
fn refusals_stand_in_the_record() {
    use muster_wire::Refusal;
    let text = str::to_owned;
    let rows = rows();
    for refusal in [
        Refusal::UnknownEndpoint,
        Refusal::UnknownPath,
        Refusal::MethodNotAllowed(text("POST")),
        Refusal::MissingServiceName,
        Refusal::MissingNodeName,
        Refusal::MissingCheckState,
        Refusal::MissingServiceId,
        Refusal::MissingEnable,
        Refusal::InvalidEnable(text("x")),
        Refusal::UnknownDatacenter,
        Refusal::NoSuchService(text("none")),
        Refusal::UnknownServiceId(text("none")),
        Refusal::UnknownCheckId(text("none")),
        Refusal::NoServiceForCheck(text("none")),
        Refusal::NoCatalogServiceForCheck { service: text("missing"), check: text("nosvc") },
        Refusal::ScriptsDisabled,
    ] {
        let said = Some(refusal.to_string());
        let there = rows.iter().any(|row| row.text == said && row.status == refusal.status().code());
        assert!(there, "{refusal}");
    }
}

use std::collections::BTreeMap;

use crate::answer::AgentCheckAnswer;
use muster_filter::{Field, Fields};
use muster_model::{CheckId, CheckStatus, Index, Meta, ServiceAddress, ServiceId, ServiceName, Weights};
use serde_json::Value as Json;

use super::*;
use crate::answer::{self, CatalogServiceRow, CheckRow, InstanceRow, Stored};

fn pairs(list: &[(&str, &str)]) -> Meta {
    list.iter().map(|(key, text)| (Arc::from(*key), Arc::from(*text))).collect()
}

fn node() -> Node {
    Node {
        name: NodeName::new("n1").unwrap(),
        id: Arc::from("cafe"),
        address: Arc::from("10.0.0.1"),
        tagged_addresses: pairs(&[("lan", "10.0.0.1"), ("wan", "1.2.3.4")]),
        meta: pairs(&[("rack", "a b"), ("é-1", "\"q\"")]),
    }
}

fn service() -> Service {
    Service {
        id: ServiceId::new("host:web:80").unwrap(),
        name: ServiceName::new("web").unwrap(),
        tags: vec![Arc::from("a"), Arc::from("b=c")],
        address: Arc::from("10.0.0.2"),
        tagged_addresses: [(Arc::from("lan_ipv4"), ServiceAddress { address: Arc::from("10.0.0.3"), port: 81 })].into(),
        meta: pairs(&[("env", "prod")]),
        port: 80,
        socket_path: Arc::from("/run/web"),
        weights: Weights { passing: 3, warning: 2 },
        enable_tag_override: true,
    }
}

fn check(id: &str, service: Option<&Service>) -> Check {
    Check {
        id: CheckId::new(id).unwrap(),
        name: Arc::from("a check"),
        status: CheckStatus::Warning,
        notes: Arc::from("see \\ there"),
        output: Arc::from("line\nline"),
        service_id: service.map(|service| service.id.clone()),
        kind: Arc::from("ttl"),
        definition: None,
    }
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Json {
    let mut out = Vec::new();
    write(&mut out);
    serde_json::from_slice(&out).unwrap()
}

/// Go and JSON quote alike as far as these texts go; only backquotes hold a quote.
fn quoted(text: &str) -> String {
    if text.contains('"') { format!("`{text}`") } else { Json::from(text).to_string() }
}

/// Asks `takes` for every field of the table what the answer shows, and for something else.
fn agrees(fields: &Fields, prefix: &str, json: &Json, takes: &dyn Fn(&str) -> bool) {
    for (name, field) in fields {
        let selector = if prefix.is_empty() { (*name).to_owned() } else { format!("{prefix}.{name}") };
        agrees_in(*field, &selector, &json[*name], takes);
    }
}

fn agrees_in(field: Field, selector: &str, json: &Json, takes: &dyn Fn(&str) -> bool) {
    let yes = |text: String| assert!(takes(&text), "{text}");
    let no = |text: String| assert!(!takes(&text), "{text}");
    let empty = |is: bool| format!("{selector} is {}empty", if is { "" } else { "not " });
    match field {
        Field::Text => {
            let text = json.as_str().unwrap_or_default();
            yes(format!("{selector} == {}", quoted(text)));
            no(format!("{selector} == `something else`"));
        }
        Field::Int => {
            let number = json.as_i64().unwrap_or_default();
            yes(format!("{selector} == {number}"));
            no(format!("{selector} == {}", number + 1));
        }
        Field::Bool => yes(format!("{selector} == {}", json.as_bool().unwrap_or_default())),
        Field::Texts => {
            let texts = json.as_array().cloned().unwrap_or_default();
            yes(empty(texts.is_empty()));
            no(empty(!texts.is_empty()));
            texts.iter().for_each(|text| yes(format!("{text} in {selector}")));
            no(format!("other in {selector}"));
        }
        Field::TextMap | Field::RecordMap(_) => {
            let map = json.as_object().cloned().unwrap_or_default();
            yes(empty(map.is_empty()));
            for (key, value) in &map {
                yes(format!("{} in {selector}", quoted(key)));
                let beyond = format!("{selector}[{}]", quoted(key));
                match field {
                    Field::RecordMap(fields) => agrees(fields, &beyond, value, takes),
                    _ => agrees_in(Field::Text, &beyond, value, takes),
                }
            }
            no(format!("other in {selector}"));
        }
        Field::Record(fields) => agrees(fields, selector, json, takes),
        Field::Records(fields) => {
            let list = json.as_array().cloned().unwrap_or_default();
            yes(empty(list.is_empty()));
            list.iter().for_each(|item| agrees(fields, selector, item, takes));
        }
    }
}

/// Members of answers that Consul's filters cannot name.
const UNFILTERED: &[&str] =
    &["CreateIndex", "ModifyIndex", "Definition", "ServiceLocality", "Datacenter", "ContentHash"];

fn is_complete(fields: &Fields, json: &Json) {
    for name in json.as_object().unwrap().keys() {
        let known = fields.iter().any(|(field, _)| field == name);
        assert!(known || UNFILTERED.contains(&name.as_str()), "{name} cannot be asked for");
    }
}

fn agree_and_complete(fields: &Fields, json: &Json, takes: &dyn Fn(&str) -> bool) {
    agrees(fields, "", json, takes);
    is_complete(fields, json);
}

#[test]
fn nodes_are_asked_for_what_their_answer_shows() {
    let node = node();
    let list = written(|out| answer::catalog_nodes(out, "dc1", [Stored::unindexed(&node)]));
    let takes = |text: &str| NodeFilter::new(text).unwrap().takes(&node, "dc1");
    agree_and_complete(node::FIELDS, &list[0], &takes);
}

#[test]
fn instances_are_asked_for_what_their_answer_shows() {
    let service = service();
    let list = written(|out| answer::agent_services(out, "dc1", [&service]));
    let takes = |text: &str| ServiceFilter::new(text).unwrap().takes(&service);
    agree_and_complete(service::FIELDS, &list["host:web:80"], &takes);
}

#[test]
fn service_rows_are_asked_for_what_their_answer_shows() {
    let (node, service) = (node(), service());
    let row = CatalogServiceRow { node: &node, service: Stored::unindexed(&service) };
    let list = written(|out| answer::catalog_service(out, "dc1", [row]));
    let takes = |text: &str| ServiceRowFilter::new(text).unwrap().takes(&node, &service, "dc1");
    agree_and_complete(service_row::FIELDS, &list[0], &takes);
}

#[test]
fn health_rows_are_asked_for_what_their_answer_shows() {
    let (node, service) = (node(), service());
    let stored = |check| Indexed { value: Arc::new(check), created: Index(1), modified: Index(1) };
    let checks = [stored(check("serfHealth", None)), stored(check("service:web", Some(&service)))];
    for only in [&checks[..0], &checks[..1], &checks[1..]] {
        let row = InstanceRow {
            node: Stored::unindexed(&node),
            service: Stored::unindexed(&service),
            checks: only.iter().map(Stored::from),
        };
        let list = written(|out| answer::health_service(out, "dc1", [row]));
        let takes = |text: &str| InstanceFilter::new(text).unwrap().takes(&node, &service, only, "dc1");
        agree_and_complete(instance::FIELDS, &list[0], &takes);
        is_complete(node::FIELDS, &list[0]["Node"]);
        is_complete(service::FIELDS, &list[0]["Service"]);
    }
    let takes = |text: &str| InstanceFilter::new(text).unwrap().takes(&node, &service, &checks, "dc1");
    assert!(takes("Checks.ServiceID == `` and Checks.ServiceName != ``"), "of some check or other");
    assert!(!takes("not Checks.Status == warning"));
}

#[test]
fn checks_are_asked_for_what_their_answer_shows() {
    let (name, service) = (NodeName::new("n1").unwrap(), service());
    let check = check("c", Some(&service));
    let row = CheckRow { node: &name, check: Stored::unindexed(&check), service: Some(&service) };
    let list = written(|out| answer::health_checks(out, [row]));
    let takes = |text: &str| CheckFilter::new(text).unwrap().takes(&name, &check, Some(&service));
    agree_and_complete(check::FIELDS, &list[0], &takes);
    let answer = AgentCheckAnswer { check: &check, service: Some(&service) };
    let list = written(|out| answer::agent_checks(out, &name, [answer]));
    let takes = |text: &str| CheckFilter::new(text).unwrap().takes(&name, &check, Some(&service));
    agree_and_complete(check::FIELDS, &list["c"], &takes);
}

#[test]
fn what_is_never_set_is_empty_wherever_it_lies() {
    let mut service = service();
    service.tagged_addresses = BTreeMap::new();
    let takes = |text: &str| ServiceFilter::new(text).unwrap().takes(&service);
    for text in [
        "Kind == ``",
        "Proxy.LocalServicePort == 0",
        "Connect.Native != true",
        "Proxy.Upstreams is empty",
        "not Proxy.Upstreams.Datacenter == ``",
        "not Proxy.Expose.Paths.ListenerPort != 80",
        "TaggedAddresses is empty",
        "TaggedAddresses.lan.Port != 80",
        "not TaggedAddresses.lan.Port == 0",
    ] {
        assert!(takes(text), "{text}");
    }
}

#[test]
fn refusals_are_in_consuls_words() {
    let text = |result: Result<ServiceRowFilter, BadFilter>| result.unwrap_err().to_string();
    let unknown = "Failed to create boolean expression evaluator: Selector \"ModifyIndex\" is not valid";
    assert_eq!(text(ServiceRowFilter::new("ModifyIndex == 1")), unknown);
    let operator = "Failed to create boolean expression evaluator: Invalid match operator \"Is Empty\" for selector \
                    \"ServicePort\"";
    assert_eq!(text(ServiceRowFilter::new("ServicePort is empty")), operator);
    assert_eq!(NodeFilter::new("Service == a").unwrap_err().status(), Status::Internal);
}

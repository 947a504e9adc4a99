//! Every endpoint that clients of service discovery call has its wrong input in the record: a route without fails here.

use std::collections::{BTreeMap, BTreeSet};

use muster_conformance::record::{self, Body, Row};
use muster_http::ROUTES;

/// What can be wrong with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    NoJson,
    NotUtf8,
    TooDeep,
    Twice,
    Type,
    Unknown,
    Missing,
    TooLong,
}

use Wrong::{Missing, NoJson, NotUtf8, TooDeep, TooLong, Twice, Type, Unknown};

/// What a body of JSON goes through. Consul sets no bound to these bodies; ours is a difference (C8) with a test of its
/// own.
const JSON: &[Wrong] = &[NoJson, NotUtf8, TooDeep, Twice, Type, Unknown, Missing];

/// What no unmodified client of service discovery calls: routes that begin so. Every other route of the router is one
/// that they call.
const OTHERS: &[&str] = &[
    "/v1/acl/",
    "/v1/agent/force-leave/",
    "/v1/agent/host",
    "/v1/agent/join/",
    "/v1/agent/leave",
    "/v1/agent/metrics",
    "/v1/agent/reload",
    "/v1/agent/token/",
    "/v1/agent/version",
    "/v1/catalog/connect/",
    "/v1/catalog/gateway-services/",
    "/v1/connect/",
    "/v1/coordinate/",
    "/v1/health/connect/",
    "/v1/health/ingress/",
    "/v1/operator/",
    "/v1/query",
    "/v1/snapshot",
];

/// What the bodies of those that take one go through, by method and pattern. What a wrong path, method, option or
/// argument is answered is asked of all.
const BODIES: &[(&str, &str, &[Wrong])] = &[
    ("PUT", "/v1/agent/check/register", JSON),
    ("PUT", "/v1/agent/check/update/", JSON),
    ("PUT", "/v1/agent/service/register", JSON),
    ("PUT", "/v1/catalog/deregister", JSON),
    ("PUT", "/v1/catalog/register", JSON),
    ("PUT", "/v1/kv/", &[TooLong]),
    // Nothing has to be in it: every field has a value of its own.
    ("PUT", "/v1/session/create", &[NoJson, NotUtf8, TooDeep, Twice, Type, Unknown]),
    ("PUT", "/v1/txn", &[NoJson, NotUtf8, TooDeep, Twice, Type, Unknown, Missing, TooLong]),
];

/// Writes whose body nobody reads, or whose body is any bytes.
const NO_BODIES: &[&str] = &[
    "/v1/agent/check/deregister/",
    "/v1/agent/check/fail/",
    "/v1/agent/check/pass/",
    "/v1/agent/check/warn/",
    "/v1/agent/maintenance",
    "/v1/agent/service/deregister/",
    "/v1/agent/service/maintenance/",
    "/v1/event/fire/",
    "/v1/session/destroy/",
    "/v1/session/renew/",
];

/// The methods and endpoints that have to be there, whatever the router says.
const NEEDED: &str = include_str!("../data/needed.tsv");

/// They take no option that could be wrong, nor an argument: all that can be wrong is the method.
const NO_OPTIONS: &[&str] = &["/v1/agent/self"];

/// The endpoints that clients of service discovery call, with each of their methods.
fn endpoints() -> impl Iterator<Item = (&'static str, &'static str)> {
    let called = ROUTES.iter().filter(|route| !OTHERS.iter().any(|other| route.pattern.starts_with(other)));
    called.flat_map(|route| route.methods.iter().map(|method| (*method, route.pattern)))
}

#[test]
fn every_route_is_called_by_clients_or_listed_and_the_lists_are_true() {
    let begins = |other: &&&str| !ROUTES.iter().any(|route| route.pattern.starts_with(**other));
    assert_eq!(OTHERS.iter().find(begins), None, "no route begins so");
    let is_there = |method: &str, pattern: &str| endpoints().any(|(other, there)| (other, there) == (method, pattern));
    for (method, pattern, _) in BODIES {
        assert!(is_there(method, pattern), "{method} {pattern} is no route that clients call");
    }
    for pattern in NO_BODIES {
        assert!(is_there("PUT", pattern), "PUT {pattern} is no route that clients call");
    }
    for (method, pattern) in endpoints().filter(|(method, _)| !["GET", "DELETE"].contains(method)) {
        let listed = BODIES.iter().any(|(other, body, _)| (*other, *body) == (method, pattern));
        assert!(listed || NO_BODIES.contains(&pattern), "what does the body of {method} {pattern} go through?");
    }
}

#[test]
fn what_clients_cannot_do_without_is_there_and_has_rows_of_wrong_input() {
    let recorded = recorded();
    let mut count = 0;
    for line in NEEDED.lines().filter(|line| !line.starts_with('#')) {
        let (method, endpoint) = line.split_once('\t').expect("a method and an endpoint");
        let wanted = endpoint.split_once(':').map_or(endpoint, |(before, _)| before);
        let is_there = endpoints().any(|there| there == (method, wanted));
        assert!(is_there, "{method} {endpoint} is no route, or listed as one that no client calls");
        let mut rows = recorded.get(wanted).into_iter().flatten().filter(|row| row.status >= 400);
        let refused = rows.any(|row| row.method == method) || NO_OPTIONS.contains(&wanted);
        assert!(refused, "no wrong input of {method} {endpoint} is recorded");
        count += 1;
    }
    assert_eq!(count, 40, "endpoints in data/needed.tsv");
}

/// The route of a target, as the router finds it: the longest pattern that fits.
fn pattern(target: &str) -> Option<&'static str> {
    let path = target.split('?').next().unwrap_or_default();
    let fits = |pattern: &&str| path == *pattern || (pattern.ends_with('/') && path.starts_with(*pattern));
    ROUTES.iter().map(|route| route.pattern).filter(fits).max_by_key(|pattern| pattern.len())
}

fn recorded() -> BTreeMap<&'static str, Vec<Row>> {
    let mut rows: BTreeMap<_, Vec<Row>> = BTreeMap::new();
    for row in record::sequences().into_values().flatten() {
        if let Some(pattern) = pattern(&row.target) {
            rows.entry(pattern).or_default().push(row);
        }
    }
    rows
}

#[test]
fn every_endpoint_has_rows_of_wrong_input() {
    let rows = recorded();
    let none = Vec::new();
    let mut lacking = Vec::new();
    for (method, pattern) in endpoints() {
        let rows = rows.get(pattern).unwrap_or(&none);
        let is_refused = |row: &&Row| row.status >= 400;
        let another_method = rows.iter().filter(is_refused).any(|row| row.status == 405);
        // What is not there, and what is wrong with an option or an argument.
        let refused = rows.iter().filter(is_refused).any(|row| row.method == method);
        if !another_method || !(refused || NO_OPTIONS.contains(&pattern)) {
            lacking.push(format!("{method} {pattern}: another method {another_method}, a wrong request {refused}"));
        }
    }
    assert!(lacking.is_empty(), "no wrong input is recorded of:\n{}", lacking.join("\n"));
}

#[test]
fn every_body_has_each_kind_of_wrong_input() {
    let rows = recorded();
    let none = Vec::new();
    let mut lacking = Vec::new();
    for (method, pattern, wanted) in BODIES {
        let rows = rows.get(pattern).unwrap_or(&none).iter().filter(|row| row.method == *method);
        let found: BTreeSet<Wrong> = rows.flat_map(kinds).collect();
        for kind in wanted.iter().filter(|kind| !found.contains(kind)) {
            lacking.push(format!("{method} {pattern}: {kind:?}"));
        }
    }
    assert!(lacking.is_empty(), "no such wrong body is recorded:\n{}", lacking.join("\n"));
}

/// What is wrong with a row's body.
fn kinds(row: &Row) -> BTreeSet<Wrong> {
    let body = row.body.as_deref().unwrap_or_default();
    let text = String::from_utf8_lossy(body);
    let answer = match &row.body_answered {
        Body::Text(text) => text.clone(),
        Body::Json(json) => json.to_string(),
    };
    let deep = depth(&text) > 1000;
    let holds = [
        (NotUtf8, std::str::from_utf8(body).is_err()),
        (TooDeep, deep),
        (NoJson, !deep && serde_json::from_str::<serde_json::Value>(&text).is_err()),
        (Twice, names_twice(&text)),
        (Type, answer.contains("cannot unmarshal")),
        (Unknown, text.to_lowercase().contains("\"unknown\"")),
        (Missing, ["{}", "null", "[{}]"].contains(&&*text)),
        (TooLong, row.status == 413),
    ];
    holds.into_iter().filter(|(_, holds)| *holds).map(|(kind, _)| kind).collect()
}

fn depth(text: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for character in text.chars() {
        match character {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

/// Whether a flat object of the text has a name twice, whatever its case.
fn names_twice(text: &str) -> bool {
    let objects = text.split(['{', '}']).filter(|object| object.contains("\":"));
    objects.into_iter().any(|object| {
        let names = object.split("\":").filter_map(|before| before.rsplit('"').next()).map(str::to_lowercase);
        let mut names: Vec<String> = names.collect();
        // What stands behind the last colon is a value.
        names.pop();
        let count = names.len();
        names.iter().collect::<BTreeSet<_>>().len() < count
    })
}

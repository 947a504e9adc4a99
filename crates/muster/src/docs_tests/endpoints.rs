//! Consul's endpoints, and which of them are here.

use std::collections::BTreeSet;
use std::fmt::Write;

use muster_http::ROUTES;

/// All of Consul 1.21.4's endpoints under `/v1/` with their methods; none where we have not looked.
const CONSULS: &[(&str, &str)] = &[
    ("/v1/acl/auth-method", "PUT"),
    ("/v1/acl/auth-method/:name", "GET PUT DELETE"),
    ("/v1/acl/auth-methods", "GET"),
    ("/v1/acl/binding-rule", "PUT"),
    ("/v1/acl/binding-rule/:id", "GET PUT DELETE"),
    ("/v1/acl/binding-rules", "GET"),
    ("/v1/acl/bootstrap", "PUT"),
    ("/v1/acl/login", "POST"),
    ("/v1/acl/logout", "POST"),
    ("/v1/acl/policies", "GET"),
    ("/v1/acl/policy", "PUT"),
    ("/v1/acl/policy/:id", "GET PUT DELETE"),
    ("/v1/acl/policy/name/:name", "GET"),
    ("/v1/acl/replication", "GET"),
    ("/v1/acl/role", "PUT"),
    ("/v1/acl/role/:id", "GET PUT DELETE"),
    ("/v1/acl/role/name/:name", "GET"),
    ("/v1/acl/roles", "GET"),
    ("/v1/acl/templated-policies", "GET"),
    ("/v1/acl/templated-policy/name/:name", "GET"),
    ("/v1/acl/templated-policy/preview/:name", "POST"),
    ("/v1/acl/token", "PUT"),
    ("/v1/acl/token/:id", "GET PUT DELETE"),
    ("/v1/acl/token/self", "GET"),
    ("/v1/acl/tokens", "GET"),
    ("/v1/agent/check/deregister/:id", "PUT"),
    ("/v1/agent/check/fail/:id", "PUT"),
    ("/v1/agent/check/pass/:id", "PUT"),
    ("/v1/agent/check/register", "PUT"),
    ("/v1/agent/check/update/:id", "PUT"),
    ("/v1/agent/check/warn/:id", "PUT"),
    ("/v1/agent/checks", "GET"),
    ("/v1/agent/connect/authorize", ""),
    ("/v1/agent/connect/ca/leaf/:service", ""),
    ("/v1/agent/connect/ca/roots", "GET"),
    ("/v1/agent/force-leave/:node", "PUT"),
    ("/v1/agent/health/service/id/:id", "GET"),
    ("/v1/agent/health/service/name/:name", "GET"),
    ("/v1/agent/host", "GET"),
    ("/v1/agent/join/:address", "PUT"),
    ("/v1/agent/leave", "PUT"),
    ("/v1/agent/maintenance", "PUT"),
    ("/v1/agent/members", "GET"),
    ("/v1/agent/metrics", "GET"),
    ("/v1/agent/metrics/stream", "GET"),
    ("/v1/agent/monitor", "GET"),
    ("/v1/agent/reload", "PUT"),
    ("/v1/agent/self", "GET"),
    ("/v1/agent/service/:id", "GET"),
    ("/v1/agent/service/deregister/:id", "PUT"),
    ("/v1/agent/service/maintenance/:id", "PUT"),
    ("/v1/agent/service/register", "PUT"),
    ("/v1/agent/services", "GET"),
    ("/v1/agent/token/:kind", "PUT"),
    ("/v1/agent/version", "GET"),
    ("/v1/catalog/connect/:service", "GET"),
    ("/v1/catalog/datacenters", "GET"),
    ("/v1/catalog/deregister", "PUT"),
    ("/v1/catalog/gateway-services/:gateway", "GET"),
    ("/v1/catalog/node-services/:node", "GET"),
    ("/v1/catalog/node/:node", "GET"),
    ("/v1/catalog/nodes", "GET"),
    ("/v1/catalog/register", "PUT"),
    ("/v1/catalog/service/:name", "GET"),
    ("/v1/catalog/services", "GET"),
    ("/v1/config", ""),
    ("/v1/config/:kind", ""),
    ("/v1/connect/ca/configuration", ""),
    ("/v1/connect/ca/roots", "GET"),
    ("/v1/connect/intentions", "GET POST"),
    ("/v1/coordinate/datacenters", "GET"),
    ("/v1/coordinate/node/:node", "GET"),
    ("/v1/coordinate/nodes", "GET"),
    ("/v1/coordinate/update", "PUT"),
    ("/v1/discovery-chain/:service", ""),
    ("/v1/event/fire/:name", "PUT"),
    ("/v1/event/list", "GET"),
    ("/v1/exported-services", ""),
    ("/v1/health/checks/:name", "GET"),
    ("/v1/health/connect/:service", "GET"),
    ("/v1/health/ingress/:service", "GET"),
    ("/v1/health/node/:node", "GET"),
    ("/v1/health/service/:name", "GET"),
    ("/v1/health/state/:state", "GET"),
    ("/v1/internal/acl/authorize", "POST"),
    ("/v1/internal/federation-states", ""),
    ("/v1/internal/service-virtual-ip", ""),
    ("/v1/internal/ui/catalog-overview", "GET"),
    ("/v1/internal/ui/exported-services", ""),
    ("/v1/internal/ui/gateway-intentions/:gateway", ""),
    ("/v1/internal/ui/gateway-services-nodes/:gateway", ""),
    ("/v1/internal/ui/metrics-proxy/:path", ""),
    ("/v1/internal/ui/node/:node", "GET"),
    ("/v1/internal/ui/nodes", "GET"),
    ("/v1/internal/ui/service-topology/:service", ""),
    ("/v1/internal/ui/services", "GET"),
    ("/v1/kv/:key", "GET PUT DELETE"),
    ("/v1/operator/autopilot/configuration", "GET PUT"),
    ("/v1/operator/autopilot/health", "GET"),
    ("/v1/operator/autopilot/state", "GET"),
    ("/v1/operator/keyring", "GET POST PUT DELETE"),
    ("/v1/operator/raft/configuration", "GET"),
    ("/v1/operator/raft/peer", "DELETE"),
    ("/v1/operator/raft/transfer-leader", "POST"),
    ("/v1/operator/usage", "GET"),
    ("/v1/operator/utilization", "GET"),
    ("/v1/peering/:name", ""),
    ("/v1/peering/establish", ""),
    ("/v1/peering/token", ""),
    ("/v1/peerings", ""),
    ("/v1/query", "GET POST"),
    ("/v1/query/:id", "GET PUT DELETE"),
    ("/v1/query/:id/execute", "GET"),
    ("/v1/query/:id/explain", "GET"),
    ("/v1/session/create", "PUT"),
    ("/v1/session/destroy/:id", "PUT"),
    ("/v1/session/info/:id", "GET"),
    ("/v1/session/list", "GET"),
    ("/v1/session/node/:node", "GET"),
    ("/v1/session/renew/:id", "PUT"),
    ("/v1/snapshot", "GET PUT"),
    ("/v1/status/leader", "GET"),
    ("/v1/status/peers", "GET"),
    ("/v1/txn", "PUT"),
];

/// What is said of endpoints that are there, but not with all that Consul has behind them.
const NOTES: &[(&str, &str)] = &[
    ("/v1/acl/", "ACLs are off: answers as Consul does then"),
    ("/v1/agent/host", "memory, processors and host as Linux tells; no disk"),
    ("/v1/agent/join/", "this node itself; any other: 501"),
    ("/v1/agent/token/", "ACLs are off: answers as Consul does then"),
    ("/v1/catalog/connect/", "there is no mesh: always an empty list"),
    ("/v1/catalog/gateway-services/", "there is no mesh: always an empty list"),
    ("/v1/connect/intentions", "there are none: GET answers so, POST 501"),
    ("/v1/health/connect/", "there is no mesh: always an empty list"),
    ("/v1/health/ingress/", "there is no mesh: always an empty list"),
    ("/v1/query", "there are none: GET answers so, POST 501"),
];

/// The route that would serve an endpoint: its path up to the argument.
fn pattern(endpoint: &str) -> &str {
    match endpoint.split_once(':') {
        Some((before, argument)) if !argument.contains('/') => before,
        _ => endpoint,
    }
}

pub fn markdown() -> String {
    let mut text = String::from("| endpoint | methods | here |\n|---|---|---|\n");
    for (endpoint, methods) in CONSULS {
        let route = ROUTES.iter().find(|route| route.pattern == pattern(endpoint));
        let note = NOTES.iter().find(|(prefix, _)| endpoint.starts_with(prefix));
        let here = match route {
            None => "absent".to_owned(),
            Some(_) if note.is_some() => note.map(|(_, note)| (*note).to_owned()).unwrap_or_default(),
            Some(route) if methods.split(' ').eq(route.methods.iter().copied()) => "same".to_owned(),
            Some(route) => format!("only {}", route.methods.join(" ")),
        };
        let _ = writeln!(text, "| `{endpoint}` | {methods} | {here} |");
    }
    text
}

#[test]
fn every_route_is_one_of_consuls_endpoints() {
    let consuls: BTreeSet<&str> = CONSULS.iter().map(|(endpoint, _)| pattern(endpoint)).collect();
    for route in ROUTES {
        assert!(consuls.contains(route.pattern), "{}", route.pattern);
    }
    assert!(CONSULS.windows(2).all(|pair| pair[0].0 < pair[1].0), "in order, each once");
}

/// The list is that of the conformance tests, which ask that each has its wrong input in the record.
#[test]
fn what_clients_cannot_do_without_is_not_absent() {
    let needed = include_str!("../../../../tests/conformance/data/needed.tsv");
    let table = markdown();
    for line in needed.lines().filter(|line| !line.starts_with('#')) {
        let (method, endpoint) = line.split_once('\t').expect("a method and an endpoint");
        let row = table.lines().find(|row| row.starts_with(&format!("| `{endpoint}` |")));
        let row = row.unwrap_or_else(|| panic!("no row of {endpoint}"));
        assert!(row.contains(method) && row.ends_with("| same |"), "{method}: {row}");
    }
}

use std::collections::BTreeMap;
use std::time::Duration;

use muster_catalog::{CatalogError, CheckRegistration, LocalAgent, Registration};
use muster_consul_client::{ClientConfig, ConsulClient};
use muster_model::{CheckDefinition, CheckId, CheckStatus, Index, Service, ServiceId, ServiceName, Weights};
use serde_json::{Value, json};

use crate::server::{FakeRegistry, Reply, Then, start_raw};

fn service(id: &str) -> Service {
    Service {
        id: ServiceId::new(id).unwrap(),
        name: ServiceName::new("web").unwrap(),
        tags: vec!["a".into()],
        address: "10.0.0.1".into(),
        tagged_addresses: BTreeMap::new(),
        meta: BTreeMap::from([("k".into(), "v".into())]),
        port: 8080,
        socket_path: "".into(),
        weights: Weights::default(),
        enable_tag_override: false,
    }
}

#[tokio::test]
async fn registers_with_checks_that_replace_those_before() {
    let registry = FakeRegistry::start(|_| Reply::json("")).await;
    let check = CheckRegistration {
        id: Some(CheckId::new("web-ttl").unwrap()),
        name: None,
        notes: "n".into(),
        status: Some(CheckStatus::Passing),
        definition: CheckDefinition::ttl(Duration::from_secs(10)),
    };
    let registration = Registration { service: service("host:web:80"), checks: vec![check] };
    registry.client().register(&registration).await.unwrap();
    let seen = registry.only();
    assert_eq!((&*seen.method, &*seen.target), ("PUT", "/v1/agent/service/register"));
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    for (field, expected) in [
        ("ID", json!("host:web:80")),
        ("Name", json!("web")),
        ("Tags", json!(["a"])),
        ("Address", json!("10.0.0.1")),
        ("Port", json!(8080)),
        ("Meta", json!({"k": "v"})),
    ] {
        assert_eq!(body[field], expected, "{field} of {body}");
    }
    let check = &body["Checks"][0];
    assert_eq!((&check["CheckID"], &check["Status"]), (&json!("web-ttl"), &json!("passing")), "{body}");
    assert_eq!(check["TTL"], json!("10s"), "{body}");
}

#[tokio::test]
async fn names_in_paths_are_escaped() {
    let registry = FakeRegistry::start(|_| Reply::json("")).await;
    let client = registry.client();
    for id in ["host:web.1:80:udp", "scope/member", "a b?c#d%2F", "../up", "한글"] {
        client.deregister(&ServiceId::new(id).unwrap()).await.unwrap();
        client.report(&CheckId::new(id).unwrap(), CheckStatus::Warning, "hm").await.unwrap();
    }
    for seen in registry.seen() {
        assert_eq!(seen.method, "PUT");
        assert!(!seen.target.contains(['?', '#', ' ']) && !seen.target.contains(".."), "{}", seen.target);
    }
    let targets: Vec<_> = registry.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(targets[0], "/v1/agent/service/deregister/host%3Aweb.1%3A80%3Audp");
    assert_eq!(targets[2], "/v1/agent/service/deregister/scope/member");
    assert_eq!(targets[3], "/v1/agent/check/update/scope/member");
    assert_eq!(targets[4], "/v1/agent/service/deregister/a%20b%3Fc%23d%252F");
}

#[tokio::test]
async fn reports_status_and_output() {
    let registry = FakeRegistry::start(|_| Reply::json("")).await;
    let check = CheckId::new("service:oapi").unwrap();
    registry.client().report(&check, CheckStatus::Critical, "out \"x\"").await.unwrap();
    let body: Value = serde_json::from_str(&registry.only().body).unwrap();
    assert_eq!(body, json!({"Status": "critical", "Output": "out \"x\""}));
}

#[tokio::test]
async fn lists_the_agents_services() {
    let registry = FakeRegistry::start(|_| {
        Reply::json(
            r#"{"oapi":{"ID":"oapi","Service":"oapi","Tags":["t"],"Meta":{"m":"1"},"Port":9000,"Address":"","Weights":{"Passing":1,"Warning":1},"EnableTagOverride":false,"Datacenter":"dc1"}}"#,
        )
    })
    .await;
    let services = registry.client().services().await.unwrap();
    assert_eq!(services.len(), 1);
    let oapi = &services[&ServiceId::new("oapi").unwrap()];
    assert_eq!((oapi.name.as_str(), oapi.port, &*oapi.tags[0]), ("oapi", 9000, "t"));
    assert_eq!(registry.only().target, "/v1/agent/services");
}

#[tokio::test]
async fn a_ping_wants_a_leader() {
    for (reply, expected) in [
        (r#""127.0.0.1:8300""#, Ok(())),
        (r#""""#, Err("registry cannot answer now: No cluster leader")),
        ("null", Err("leader is a null, not a string")),
        ("<html>", Err("is not understood")),
    ] {
        let registry = FakeRegistry::start(move |_| Reply::json(reply)).await;
        match (registry.client().ping().await, expected) {
            (Ok(()), Ok(())) => {}
            (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
            (found, _) => panic!("{reply}: {found:?}"),
        }
    }
}

#[tokio::test]
async fn the_history_is_asked_at_once_and_then_waited_for() {
    let registry = FakeRegistry::start(|_| Reply::json("[]").index(7)).await;
    let client = registry.client();
    assert_eq!(client.history(None).await.unwrap(), Index(7));
    assert_eq!(client.history(Some(Index(7))).await.unwrap(), Index(7));
    let targets: Vec<_> = registry.seen().into_iter().map(|seen| seen.target).collect();
    let watched = "/v1/health/service/muster-registrar";
    assert_eq!(targets, [watched.to_owned(), format!("{watched}?index=7&wait=600s")]);
}

#[tokio::test]
async fn a_registry_that_goes_away_while_it_holds_an_answer_back_is_unreachable() {
    let address = start_raw(&[], Then::Close).await;
    let client = ConsulClient::new(ClientConfig::new(&address)).unwrap();
    let error = client.history(Some(Index(7))).await.unwrap_err();
    assert!(matches!(error, CatalogError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn refusals_are_told_apart() {
    use CatalogError as E;
    type Is = fn(&CatalogError) -> bool;
    let not_found: Is = |error| matches!(error, E::NotFound { .. });
    let refused: Is = |error| matches!(error, E::Refused { .. });
    let unavailable: Is = |error| matches!(error, E::Unavailable { .. });
    let bad_answer: Is = |error| matches!(error, E::BadAnswer { .. });
    let unknown = "Unknown service ID \"x\". Ensure that the service ID is passed, not the service name.";
    let cases: [(u16, &'static str, Is, &str); 11] = [
        (404, unknown, not_found, unknown),
        // Consul before 1.11.
        (500, unknown, not_found, unknown),
        (500, "No path to datacenter", not_found, "No path to datacenter"),
        (500, "No cluster leader", unavailable, "registry cannot answer now: No cluster leader"),
        (429, "slow down", unavailable, "registry cannot answer now: slow down"),
        (503, "", unavailable, "registry cannot answer now: 503 Service Unavailable"),
        (400, "Missing service name", refused, "registry refused: Missing service name"),
        (403, "Permission denied: token\nlacks", refused, "registry refused: Permission denied: token lacks"),
        (404, "Invalid URL path", refused, "registry refused: Invalid URL path"),
        (500, "CheckID \"x\" does not have associated TTL", refused, "registry refused: CheckID"),
        (302, "", bad_answer, "status 302 Found"),
    ];
    for (status, text, is, expected) in cases {
        let registry = FakeRegistry::start(move |_| Reply::error(status, text)).await;
        let error = registry.client().deregister(&ServiceId::new("x").unwrap()).await.unwrap_err();
        assert!(is(&error) && error.to_string().contains(expected), "{status} {text:?}: {error:?}");
        assert!(!error.to_string().contains('\n'), "one line: {error}");
    }
}

#[tokio::test]
async fn a_web_server_is_not_taken_for_a_registry() {
    for (status, expected) in
        [(404, "404 Not Found, a web page: is this a registry?"), (502, "registry cannot answer now: 502 Bad Gateway")]
    {
        let registry = FakeRegistry::start(move |_| {
            Reply::error(status, "<html><head><title>nginx</title>").header("content-type", "text/html")
        })
        .await;
        let error = registry.client().deregister(&ServiceId::new("x").unwrap()).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.is_passing());
    }
}

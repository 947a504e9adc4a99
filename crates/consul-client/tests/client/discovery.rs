use std::sync::Arc;
use std::time::Duration;

use muster_catalog::{CatalogError, Data, Discovery, Fetched, InstanceQuery, Query, Wait};
use muster_consul_client::{ClientConfig, ConsulClient};
use muster_model::{CheckStatus, Index, Key, ServiceName};

use crate::server::{FakeRegistry, Reply};

/// As Consul 1.21 answered, but for numbers.
const INSTANCES: &str = r#"[
 {"Node":{"ID":"","Node":"o1","Address":"10.1.0.1","Datacenter":"dc1","TaggedAddresses":null,"Meta":{"rack":"a"},"CreateIndex":11,"ModifyIndex":11},
  "Service":{"ID":"oweb1","Service":"oweb","Tags":["v1","blue"],"Address":"","Meta":{"k":"v"},"Port":80,"Weights":{"Passing":1,"Warning":1},"EnableTagOverride":false,"Proxy":{"Mode":"","MeshGateway":{},"Expose":{}},"Connect":{},"PeerName":"","CreateIndex":11,"ModifyIndex":12},
  "Checks":[{"Node":"o1","CheckID":"oc1","Name":"alive","Status":"passing","Notes":"","Output":"","ServiceID":"oweb1","ServiceName":"oweb","ServiceTags":["v1","blue"],"Type":"","Interval":"","Timeout":"","ExposedPort":0,"Definition":{},"CreateIndex":11,"ModifyIndex":13}]},
 {"Node":{"ID":"","Node":"o2","Address":"10.1.0.2","Datacenter":"dc1","TaggedAddresses":null,"Meta":null,"CreateIndex":14,"ModifyIndex":14},
  "Service":{"ID":"oweb","Service":"oweb","Tags":["v2"],"Address":"10.9.9.9","Meta":null,"Port":8080,"Weights":{"Passing":5,"Warning":2},"EnableTagOverride":true,"Proxy":{},"Connect":{},"PeerName":"","CreateIndex":15,"ModifyIndex":15},
  "Checks":[{"Node":"o2","CheckID":"node","Name":"node","Status":"warning","Notes":"","Output":"hm","ServiceID":"","ServiceName":"","ServiceTags":[],"Type":"","Definition":{},"CreateIndex":16,"ModifyIndex":16},
            {"Node":"o2","CheckID":"oc2","Name":"svc","Status":"critical","Notes":"","Output":"","ServiceID":"oweb","ServiceName":"oweb","ServiceTags":["v2"],"Type":"","Definition":{},"CreateIndex":16,"ModifyIndex":16}]}]"#;
const VALUE: &str = r#"[{"LockIndex":0,"Key":"open/a","Flags":42,"Value":"dHdv","CreateIndex":7,"ModifyIndex":9}]"#;

fn instances(service: &str) -> InstanceQuery {
    let service = ServiceName::new(service).unwrap();
    InstanceQuery { service, tag: None, passing_only: false, near: None, datacenter: None }
}

fn key(key: &str) -> Query {
    Query::Key { key: Key::new(key).unwrap(), datacenter: None }
}

const SERVICES: Query = Query::Services { datacenter: None };

fn wait(after: u64) -> Option<Wait> {
    Some(Wait { after: Index(after), at_most: Duration::from_secs(60) })
}

/// What a client with a maximum staleness of two seconds, as consul-template has, gets.
async fn fetch_stale(registry: &FakeRegistry, query: &Query, wait: Option<Wait>) -> Result<Fetched, CatalogError> {
    let config = ClientConfig { max_stale: Some(Duration::from_secs(2)), ..ClientConfig::new(&registry.address) };
    ConsulClient::new(config).unwrap().fetch(query, wait).await
}

#[tokio::test]
async fn instances_come_with_nodes_and_checks() {
    let registry = FakeRegistry::start(|_| Reply::json(INSTANCES).index(16)).await;
    let fetched = registry.client().fetch(&Query::Instances(instances("oweb")), None).await.unwrap();
    assert_eq!(registry.only().target, "/v1/health/service/oweb");
    assert_eq!(fetched.index, Index(16));
    let Data::Instances(found) = fetched.data else { panic!() };
    let [first, second] = &found[..] else { panic!("{found:?}") };
    assert_eq!((first.node.value.name.as_str(), &*first.node.value.address), ("o1", "10.1.0.1"));
    assert_eq!((first.service.value.id.as_str(), first.service.value.port), ("oweb1", 80));
    assert_eq!((first.service.created, first.service.modified), (Index(11), Index(12)));
    assert_eq!(first.service.value.tags, [Arc::from("v1"), Arc::from("blue")]);
    assert_eq!(first.checks[0].value.status, CheckStatus::Passing);
    assert_eq!(second.service.value.weights.passing, 5);
    assert_eq!(second.checks.iter().map(|check| check.value.id.as_str()).collect::<Vec<_>>(), ["node", "oc2"]);
    assert_eq!(second.checks[0].value.service_id, None);
}

#[tokio::test]
async fn every_condition_is_asked_for() {
    let registry = FakeRegistry::start(|_| Reply::json("[]").index(3)).await;
    let query = Query::Instances(InstanceQuery {
        tag: Some("a&b".into()),
        passing_only: true,
        near: Some("_agent".into()),
        datacenter: Some("dc2".into()),
        ..instances("my web")
    });
    let fetched = fetch_stale(&registry, &query, wait(3)).await.unwrap();
    assert_eq!(fetched.data, Data::Instances(Arc::new([])));
    let target = "/v1/health/service/my%20web?passing=1&tag=a%26b&near=_agent&dc=dc2&stale=&index=3&wait=60000ms";
    assert_eq!(registry.only().target, target);
}

#[tokio::test]
async fn services_come_by_name_with_sorted_tags() {
    let body = r#"{"web":["b","a"],"consul":[]}"#;
    let registry = FakeRegistry::start(move |_| Reply::json(body).index(9)).await;
    let fetched = registry.client().fetch(&SERVICES, wait(8)).await.unwrap();
    assert_eq!(registry.only().target, "/v1/catalog/services?index=8&wait=60000ms");
    let Data::Services(services) = fetched.data else { panic!() };
    let found: Vec<_> = services.iter().map(|service| (service.name.as_str(), service.tags.len())).collect();
    assert_eq!(found, [("consul", 0), ("web", 2)]);
    assert_eq!(&*services[1].tags[0], "a");
}

#[tokio::test]
async fn a_value_is_decoded() {
    let registry = FakeRegistry::start(|_| Reply::json(VALUE).index(9)).await;
    let fetched = registry.client().fetch(&key("open/a"), None).await.unwrap();
    assert_eq!(registry.only().target, "/v1/kv/open/a");
    let Data::Value(Some(entry)) = fetched.data else { panic!() };
    assert_eq!((&*entry.value, entry.flags, entry.modified), (b"two".as_slice(), 42, Index(9)));
}

#[tokio::test]
async fn a_missing_key_is_an_answer_with_an_index_to_block_on() {
    let registry = FakeRegistry::start(|_| Reply::error(404, "").index(5)).await;
    let fetched = registry.client().fetch(&key("none"), wait(4)).await.unwrap();
    assert_eq!(fetched, Fetched { index: Index(5), data: Data::Value(None) });
    let registry = FakeRegistry::start(|_| Reply::error(404, "")).await;
    let refused = registry.client().fetch(&key("none"), None).await;
    assert!(refused.is_err(), "without an index it is not a registry's answer: {refused:?}");
}

#[tokio::test]
async fn another_key_than_the_asked_one_is_not_taken() {
    let registry = FakeRegistry::start(|_| Reply::json(VALUE).index(9)).await;
    let refused = registry.client().fetch(&key("open/b"), None).await.unwrap_err();
    assert!(matches!(refused, CatalogError::BadAnswer { .. }), "{refused}");
}

#[tokio::test]
async fn an_index_that_goes_back_is_handed_on() {
    let registry = FakeRegistry::start(|seen| match seen.target.contains("index=100") {
        true => Reply::json("{}").index(7),
        false => Reply::json("{}").index(100),
    })
    .await;
    let client = registry.client();
    assert_eq!(client.fetch(&SERVICES, None).await.unwrap().index, Index(100));
    assert_eq!(client.fetch(&SERVICES, wait(100)).await.unwrap().index, Index(7));
}

#[tokio::test]
async fn an_index_is_never_0() {
    let registry = FakeRegistry::start(|_| Reply::json("{}").index(0)).await;
    assert_eq!(registry.client().fetch(&SERVICES, None).await.unwrap().index, Index(1));
}

#[tokio::test]
async fn an_answer_that_is_too_old_is_asked_for_again_from_the_leader() {
    let registry = FakeRegistry::start(|seen| match seen.target.contains("stale") {
        true => Reply::json(r#"{"old":[]}"#).index(5).header("x-consul-lastcontact", 2001),
        false => Reply::json(r#"{"new":[]}"#).index(6).header("x-consul-lastcontact", 0),
    })
    .await;
    let fetched = fetch_stale(&registry, &SERVICES, wait(4)).await.unwrap();
    assert_eq!(fetched.index, Index(6));
    let targets: Vec<_> = registry.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(targets, ["/v1/catalog/services?stale=&index=4&wait=60000ms", "/v1/catalog/services"]);
}

#[tokio::test]
async fn an_answer_that_is_old_but_not_too_old_is_taken() {
    let registry = FakeRegistry::start(|_| Reply::json("{}").index(5).header("x-consul-lastcontact", 2000)).await;
    assert_eq!(fetch_stale(&registry, &SERVICES, None).await.unwrap().index, Index(5));
    assert_eq!(registry.only().target, "/v1/catalog/services?stale=");
}

#[tokio::test]
async fn an_entry_with_an_unusable_name_does_not_take_its_neighbours_along() {
    let body = INSTANCES.replace("\"ID\":\"oweb1\"", "\"ID\":\"oweb\\n1\"");
    let registry = FakeRegistry::start(move |_| Reply::json(body.clone()).index(16)).await;
    let fetched = registry.client().fetch(&Query::Instances(instances("oweb")), None).await.unwrap();
    let Data::Instances(found) = fetched.data else { panic!() };
    assert_eq!(found.iter().map(|one| one.service.value.id.as_str()).collect::<Vec<_>>(), ["oweb"]);
}

#[tokio::test]
async fn connections_are_kept_and_blocking_queries_have_their_own() {
    let registry = FakeRegistry::start(|_| Reply::json("{}").index(5)).await;
    let client = registry.client();
    for _ in 0..3 {
        client.fetch(&SERVICES, None).await.unwrap();
        client.fetch(&SERVICES, wait(4)).await.unwrap();
    }
    assert_eq!((registry.seen().len(), registry.connections()), (6, 2));
}

#[tokio::test]
async fn the_token_goes_with_every_request() {
    let registry = FakeRegistry::start(|_| Reply::json("{}").index(5)).await;
    let config = ClientConfig { token: Some("b1gs33cr3t".to_owned()), ..ClientConfig::new(&registry.address) };
    ConsulClient::new(config).unwrap().fetch(&SERVICES, None).await.unwrap();
    assert_eq!(registry.only().token.as_deref(), Some("b1gs33cr3t"));
}

#[tokio::test]
async fn a_registry_on_a_socket_is_reached() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("consul.sock");
    let registry = FakeRegistry::start_on_socket(&path, |_| Reply::json("{}").index(5)).await;
    assert_eq!(registry.client().fetch(&SERVICES, None).await.unwrap().index, Index(5));
    assert_eq!(registry.only().target, "/v1/catalog/services");
}

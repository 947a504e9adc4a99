//! What holds for every request, and the endpoints that wait for something else than an index.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::Read;
use std::sync::Arc;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use muster_http::Said;
use server::{Server, answer};

#[path = "running/server.rs"]
#[allow(dead_code, reason = "of what tests ask of a server, these need a part")]
mod server;

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test]
async fn events_come_back_in_order_and_wake_who_waits() {
    let server = Arc::new(Server::start(|_| ()).await);
    let (head, body) = server.ask("GET", "/v1/event/list", "").await;
    assert_eq!((header(&head, "x-consul-index"), &*body), (Some("1"), "[]"));
    let waiting = Arc::clone(&server);
    let waiter = tokio::spawn(async move { waiting.get("/v1/event/list?index=1&wait=5m").await });
    for (name, payload) in [("first", "a"), ("second", "b")] {
        server.ask("PUT", &format!("/v1/event/fire/{name}"), payload).await;
    }
    assert_eq!(waiter.await.unwrap()[0]["Name"], "first");
    let list = server.get("/v1/event/list").await;
    let seen: Vec<_> = list.as_array().unwrap().iter().map(|event| (&event["Name"], &event["LTime"])).collect();
    assert_eq!(json!(seen), json!([["first", 2], ["second", 3]]));
    assert_eq!(server.get("/v1/event/list?name=second").await[0]["Payload"], "Yg==");
}

#[tokio::test]
async fn only_the_last_256_events_are_kept() {
    let server = Server::start(|_| ()).await;
    for number in 0..258 {
        server.ask("PUT", &format!("/v1/event/fire/e{number}"), "").await;
    }
    let list = server.get("/v1/event/list").await;
    assert_eq!((list.as_array().unwrap().len(), &list[0]["Name"]), (256, &json!("e2")));
}

#[tokio::test]
async fn an_instance_is_waited_for_by_its_hash() {
    let server = Arc::new(Server::start(|_| ()).await);
    server.put("/v1/agent/service/register", &json!({"Name": "web", "Port": 80})).await;
    let hash = server.get("/v1/agent/service/web").await["ContentHash"].as_str().unwrap().to_owned();
    let target = format!("/v1/agent/service/web?hash={hash}&wait=5m");
    let waiting = Arc::clone(&server);
    let waiter = tokio::spawn({
        let target = target.clone();
        async move { waiting.get(&target).await }
    });
    server.put("/v1/agent/service/register", &json!({"Name": "other", "Port": 1})).await;
    server.put("/v1/agent/service/register", &json!({"Name": "web", "Port": 81})).await;
    let changed = waiter.await.unwrap();
    assert_eq!(changed["Port"], 81, "another instance is no change");
    assert_eq!(server.get(&target).await, changed, "another hash is answered at once");
    let same = format!("/v1/agent/service/web?wait=1ms&hash={}", changed["ContentHash"].as_str().unwrap());
    assert_eq!(server.get(&same).await, changed, "the wait ends");
    let waiting = Arc::clone(&server);
    let same = same.replace("wait=1ms", "wait=5m");
    let waiter = tokio::spawn(async move { waiting.ask("GET", &same, "").await });
    server.ask("PUT", "/v1/agent/service/deregister/web", "").await;
    let (head, body) = waiter.await.unwrap();
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    assert_eq!(body, "unknown service ID: web");
}

#[tokio::test]
async fn long_answers_are_compressed_for_who_takes_it() {
    let server = Server::start(|_| ()).await;
    let value = "0123456789".repeat(200);
    server.ask("PUT", "/v1/kv/long", &value).await;
    server.ask("PUT", "/v1/kv/short", "x").await;
    let ask = async |target: &str| {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\naccept-encoding: gzip\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        (String::from_utf8(bytes[..end].to_vec()).unwrap(), bytes[end + 4..].to_vec())
    };
    let (head, body) = ask("/v1/kv/long?raw").await;
    assert_eq!(header(&head, "content-encoding"), Some("gzip"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*body).read_to_string(&mut text).unwrap();
    assert_eq!(text, value);
    let (head, body) = ask("/v1/kv/short?raw").await;
    assert_eq!((header(&head, "content-encoding"), &*body), (None, &b"x"[..]));
}

#[tokio::test]
async fn a_client_with_too_many_connections_is_told_and_let_go() {
    let server = Server::start(|api| api.connections.allow(1)).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    first.write_all(b"GET /v1/status/leader HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut byte = [0];
    first.read_exact(&mut byte).await.unwrap();
    let mut second = TcpStream::connect(server.address).await.unwrap();
    let (head, _) = answer(&mut second).await;
    assert!(head.starts_with("HTTP/1.1 429"), "{head}");
    drop(first);
    while server.ask("GET", "/v1/status/leader", "").await.0.starts_with("HTTP/1.1 429") {}
}

/// Consul sets no bound to most bodies (C8).
#[tokio::test]
async fn a_body_that_is_too_long_is_refused_unread_and_changes_nothing() {
    let server = Server::start(|_| ()).await;
    for target in [
        "/v1/agent/service/register",
        "/v1/agent/check/register",
        "/v1/agent/check/update/x",
        "/v1/catalog/register",
        "/v1/catalog/deregister",
        "/v1/session/create",
        "/v1/event/fire/x",
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let length = (8 << 20) + 1;
        let request = format!("PUT {target} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{{");
        stream.write_all(request.as_bytes()).await.unwrap();
        let (head, body) = answer(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 413"), "{target}: {head}");
        let expected = format!("Request body({length} bytes) too large, max size: 8388608 bytes.");
        assert!(body.starts_with(&expected), "{target}: {body}");
    }
    assert_eq!(server.get("/v1/agent/services").await, json!({}));
    assert_eq!(server.get("/v1/event/list").await, json!([]));
}

#[tokio::test]
async fn what_the_configuration_shuts_is_refused_and_its_headers_are_everywhere() {
    let server = Server::start(|api| {
        api.settings.block_endpoints = vec!["/v1/agent/self".into()];
        api.settings.allow_write_from = vec!["10.0.0.0/8".parse().unwrap()];
        api.settings.response_headers = vec![("x-mine".parse().unwrap(), "yes".parse().unwrap())];
    })
    .await;
    for (method, target, status, text) in [
        ("GET", "/v1/agent/self", "403", "Endpoint is blocked by agent configuration"),
        ("GET", "/v1/agent/%73elf", "403", "Endpoint is blocked by agent configuration"),
        ("PUT", "/v1/kv/a", "403", "Access is restricted"),
        ("DELETE", "/v1/kv/a", "403", "Access is restricted"),
        ("PUT", "/v1/catalog/nodes", "405", "method PUT not allowed"),
        ("GET", "/v1/kv/a?keys", "404", ""),
        ("OPTIONS", "/v1/kv/a", "200", ""),
        (
            "GET",
            "/nope",
            "404",
            "Invalid URL path: if attempting to use the HTTP API, ensure the path starts with '/v1/'\n",
        ),
    ] {
        let (head, body) = server.ask(method, target, "").await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{method} {target}: {head}");
        assert_eq!(body, text, "{method} {target}");
        assert_eq!(header(&head, "x-mine"), Some("yes"), "{method} {target}");
    }
    assert!(server.ask("GET", "/v1/kv/a", "").await.0.starts_with("HTTP/1.1 404"), "nothing was written");
}

#[tokio::test]
async fn a_second_request_on_a_connection_may_have_bare_quotes_too() {
    let server = Server::start(|_| ()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"PUT /v1/kv/a HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n\"<>").await.unwrap();
    let mut seen = Vec::new();
    while !seen.ends_with(b"true") {
        let mut buffer = [0; 512];
        let count = stream.read(&mut buffer).await.unwrap();
        seen.extend_from_slice(&buffer[..count]);
    }
    stream.write_all(b"GET /v1/kv/a?raw&x=\"<>\" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let (head, body) = answer(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(body, "\"<>", "a body is left as it is");
}

#[tokio::test]
async fn a_client_may_ask_the_process_to_leave() {
    let leave = CancellationToken::new();
    let server = Server::start(|api| api.control.leave = leave.clone()).await;
    server.ask("GET", "/v1/agent/leave", "").await;
    assert!(!leave.is_cancelled(), "a GET is refused");
    assert!(server.ask("PUT", "/v1/agent/leave", "").await.0.starts_with("HTTP/1.1 200"));
    leave.cancelled().await;
}

#[tokio::test]
async fn a_reload_says_what_went_wrong() {
    let server = Server::start(|_| ()).await;
    assert!(
        server.ask("PUT", "/v1/agent/reload", "").await.0.starts_with("HTTP/1.1 501"),
        "there is nothing to reload"
    );
    let failing = || -> std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + Send>> {
        Box::pin(async { Err("no such file".to_owned()) })
    };
    let server = Server::start(|api| api.control.reload = Some(Box::new(failing))).await;
    let (head, body) = server.ask("PUT", "/v1/agent/reload", "").await;
    assert!(head.starts_with("HTTP/1.1 500"), "{head}");
    assert_eq!(body, "no such file");
}

#[tokio::test]
async fn near_is_this_node_or_no_order() {
    let server = Server::start(|_| ()).await;
    for (node, address) in [("a", "10.0.0.1"), ("z", "10.0.0.2")] {
        server.put("/v1/catalog/register", &json!({"Node": node, "Address": address})).await;
    }
    let order = async |query: &str| {
        let rows = server.get(&format!("/v1/catalog/nodes?{query}")).await;
        let names = rows.as_array().unwrap().iter().map(|row| row["Node"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(order("near=_agent").await, ["here", "a", "z"]);
    assert_eq!(order("near=HERE").await, ["here", "a", "z"]);
    assert_eq!(order("near=z").await, ["a", "here", "z"], "nobody has measured how far that is");
    assert_eq!(order("near=_agent&filter=Node!=here").await, ["a", "z"]);
}

#[tokio::test]
async fn what_consul_panics_on_is_answered() {
    let server = Server::start(|_| ()).await;
    let (head, body) = server.ask("PUT", "/v1/txn", "[null]").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}\n{body}");
    server.put("/v1/agent/service/register", &json!({"Name": "web", "Checks": [null]})).await;
    assert_eq!(server.get("/v1/agent/checks").await, json!({}));
}

#[tokio::test]
async fn a_wrong_input_changes_nothing() {
    let server = Server::start(|_| ()).await;
    let index = || async { server.ask("GET", "/v1/catalog/nodes", "").await };
    let before = index().await;
    for (target, body) in [
        ("/v1/catalog/register", r#"{"Node":"n","Address":"a","Service":{"Service":"s","Port":"x"}}"#),
        (
            "/v1/catalog/register",
            r#"{"Node":"n","Address":"a","Checks":[{"CheckID":"c"},{"CheckID":"d","ServiceID":"x"}]}"#,
        ),
        ("/v1/catalog/register", r#"{"Node":"n","Address":"a","Service":{"Service":"s","Meta":{"a b":"c"}}}"#),
        ("/v1/agent/service/register", r#"{"Name":"s","Checks":[{"TTL":"1h"},{"TTL":"x"}]}"#),
        ("/v1/agent/service/register", r#"{"Name":"s","Weights":{"Passing":-1}}"#),
        ("/v1/txn", r#"[{"KV":{"Verb":"set","Key":"k","Value":"YQ=="}},{"KV":{"Verb":"get","Key":"none"}}]"#),
        ("/v1/txn", r#"[{"Node":{"Verb":"set","Node":{"Node":"n","Address":"a"}}},{"KV":{"Verb":"nope","Key":"k"}}]"#),
        ("/v1/session/create", r#"{"TTL":"1s"}"#),
    ] {
        let (head, text) = server.ask("PUT", target, body).await;
        assert!(!head.starts_with("HTTP/1.1 200"), "{target} {body}: {head}\n{text}");
        assert_eq!(index().await.1, before.1, "{target} {body}");
    }
    assert_eq!(server.get("/v1/agent/services").await, json!({}));
    assert_eq!(server.get("/v1/agent/checks").await, json!({}));
    assert_eq!(server.get("/v1/session/list").await, json!([]));
    assert!(server.ask("GET", "/v1/kv/?keys", "").await.1.contains("[]"));
}

#[tokio::test]
async fn metrics_are_what_is_so_now() {
    let server = Server::start(|_| ()).await;
    server.put("/v1/agent/service/register", &json!({"Name": "web", "Port": 80})).await;
    server.ask("PUT", "/v1/kv/a", "1").await;
    server.ask("PUT", "/v1/session/create", r#"{"TTL":"30s"}"#).await;
    let metrics = server.get("/v1/agent/metrics").await;
    let gauge = |name: &str| {
        let gauges = metrics["Gauges"].as_array().unwrap();
        gauges.iter().find(|gauge| gauge["Name"] == name).unwrap_or_else(|| panic!("{name} in {metrics}"))["Value"]
            .clone()
    };
    for (name, value) in [
        ("consul.members.servers", 1),
        ("consul.server.isLeader", 1),
        ("consul.session_ttl.active", 1),
        ("consul.state.kv_entries", 1),
        ("consul.state.nodes", 1),
        ("consul.state.service_instances", 1),
        ("consul.state.services", 1),
    ] {
        assert_eq!(gauge(name), value, "{name}");
    }
    let timestamp = metrics["Timestamp"].as_str().unwrap();
    assert!(
        timestamp.ends_with(" +0000 UTC") && timestamp.len() == "2006-01-02 15:04:05 +0000 UTC".len(),
        "{timestamp}"
    );
    let (head, body) = server.ask("GET", "/v1/agent/metrics?format=prometheus", "").await;
    let reason = Some("Prometheus is not enabled since its retention time is not positive");
    assert_eq!((header(&head, "x-consul-reason"), &*body), (reason, ""));
}

#[tokio::test]
async fn prometheus_is_answered_if_it_may_ask() {
    let server = Server::start(|api| {
        api.settings.telemetry =
            muster_http::Telemetry { prefix: "own".to_owned(), host: Some("my-host".to_owned()), prometheus: true };
    })
    .await;
    let (head, body) = server.ask("GET", "/v1/agent/metrics?format=prometheus", "").await;
    assert_eq!(header(&head, "content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let line = "\nown_my_host_state_nodes{datacenter=\"dc1\"} 1\n";
    assert!(body.contains(line), "{body}");
    let head = server.ask_with("/v1/agent/metrics", "accept: text/plain;version=0.4.0;q=0.5, */*").await;
    assert_eq!(header(&head, "content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
}

#[tokio::test]
async fn indented_answers_end_with_one_line_feed_and_others_with_none() {
    let server = Server::start(|_| ()).await;
    server.ask("PUT", "/v1/kv/a", "x").await;
    for target in ["/v1/status/leader", "/v1/kv/a", "/v1/catalog/nodes", "/v1/agent/self", "/v1/health/service/nope"] {
        for separator in ["?", "?index=1&wait=1ms&"] {
            let (_, plain) = server.ask("GET", &format!("{target}{separator}x"), "").await;
            assert!(!plain.ends_with('\n'), "{target}: {plain:?}");
            let (_, pretty) = server.ask("GET", &format!("{target}{separator}pretty"), "").await;
            assert!(pretty.ends_with('\n') && !pretty.ends_with("\n\n"), "{target}: {pretty:?}");
        }
    }
    let always = Server::start(|api| api.always_pretty = true).await;
    for (target, end) in [("/v1/catalog/nodes", "\n]"), ("/v1/catalog/nodes?pretty", "\n]\n")] {
        let (_, pretty) = always.ask("GET", target, "").await;
        assert!(pretty.starts_with("[\n    {\n        \"") && pretty.ends_with(end), "{target}: {pretty:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_another_coordinate_waits_to_the_end() {
    let server = Server::start(|_| ()).await;
    for target in ["/v1/coordinate/nodes", "/v1/coordinate/node/here"] {
        let (head, body) = server.ask("GET", target, "").await;
        assert_eq!(header(&head, "x-consul-index"), Some("1"), "{target}");
        let waiting = format!("{target}?index=1&wait=5m");
        let early = tokio::time::timeout(std::time::Duration::from_secs(240), server.ask("GET", &waiting, ""));
        assert!(early.await.is_err(), "{target}");
        let (head, same) = server.ask("GET", &format!("{target}?index=1&wait=1s"), "").await;
        assert_eq!((header(&head, "x-consul-index"), same), (Some("1"), body), "{target}");
    }
    let head = server.ask_with("/v1/coordinate/node/nope", "accept-encoding: gzip").await;
    assert!(head.starts_with("HTTP/1.1 404") && header(&head, "x-consul-index").is_none(), "{head}");
}

#[tokio::test]
async fn what_an_agent_says_of_itself_is_true() {
    let server = Server::start(|api| {
        api.settings.max_head_bytes = 5000;
        api.settings.block_endpoints = vec!["/v1/txn".into()];
        api.settings.response_headers = vec![("x-mine".parse().unwrap(), "yes".parse().unwrap())];
        api.connections.allow(7);
        let time = std::time::Duration::from_secs(90);
        api.about.settings = vec![("MaxQueryTime", Said::Time(time)), ("DNSPort", Said::Number(-1))];
    })
    .await;
    let own = server.get("/v1/agent/self").await;
    let shown = &own["DebugConfig"];
    assert_eq!(shown["HTTPMaxHeaderBytes"], 5000);
    assert_eq!(shown["HTTPBlockEndpoints"], json!(["/v1/txn"]));
    assert_eq!(shown["HTTPResponseHeaders"], json!({"x-mine": "yes"}));
    assert_eq!((&shown["HTTPMaxConnsPerClient"], &shown["DNSPort"]), (&json!(7), &json!(-1)));
    assert_eq!((&shown["MaxQueryTime"], &shown["NodeName"]), (&json!("1m30s"), &json!("here")));
    let without = ["ConnectCAConfig", "GossipLANGossipNodes", "RaftProtocol", "RPCRateLimit", "UIConfig", "TLS"];
    assert!(without.iter().all(|key| shown.get(key).is_none()), "nothing is said of what is not there");
}

//! HTTP itself: what is a request, and how it is read.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use muster_http::{RateMode, RequestLimits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use server::{Server, answer};

#[path = "running/server.rs"]
#[allow(dead_code, reason = "of what tests ask of a server, these need a part")]
mod server;

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// One request as it is given, and all that comes back.
async fn raw(server: &Server, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    answer(&mut stream).await
}

#[tokio::test]
async fn a_put_that_is_refused_anyway_is_not_asked_for_its_body() {
    let server = Server::start(|_| ()).await;
    let waiting = "host: x\r\nexpect: 100-continue\r\ncontent-length: 5\r\n";
    let (head, body) = raw(&server, &format!("PUT /v1/kv/?x HTTP/1.1\r\n{waiting}\r\n")).await;
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
    assert_eq!((header(&head, "connection"), &*body), (Some("close"), "Missing key name"));
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!("PUT /v1/kv/a HTTP/1.1\r\n{waiting}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let expected = "HTTP/1.1 100 Continue\r\n\r\n";
    let mut asked = vec![0; expected.len()];
    stream.read_exact(&mut asked).await.unwrap();
    assert_eq!(String::from_utf8(asked).unwrap(), expected);
    stream.write_all(b"value").await.unwrap();
    let (head, body) = answer(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(body, "true");
}

#[tokio::test]
async fn a_body_that_nobody_wants_is_read_over_and_the_next_request_answered() {
    let server = Server::start(|_| ()).await;
    let body = "GET /v1/\"x\" HTTP/1.1\r\n".repeat(4000);
    let first = format!("PUT /v1/kv/?x HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let second = "GET /v1/kv/?keys&x=\"<>\" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(first.as_bytes()).await.unwrap();
    assert_eq!(next_answer(&mut stream).await.1, "Missing key name");
    stream.write_all(second.as_bytes()).await.unwrap();
    let (head, body) = answer(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(body, "[]");
}

#[tokio::test]
async fn the_whole_server_is_asked_for_its_options_only() {
    let server = Server::start(|_| ()).await;
    for (method, status) in [("OPTIONS", "200"), ("GET", "400")] {
        let (head, body) = raw(&server, &format!("{method} * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}");
        assert_eq!((header(&head, "content-length"), &*body), (Some("0"), ""));
    }
}

#[tokio::test]
async fn a_refused_head_says_how_long_its_text_would_be() {
    let server = Server::start(|_| ()).await;
    let (head, body) = server.ask("HEAD", "/v1/kv/a", "").await;
    assert!(head.starts_with("HTTP/1.1 405"), "{head}");
    assert_eq!((header(&head, "content-length"), &*body), (Some("23"), ""), "method HEAD not allowed");
}

#[tokio::test]
async fn the_head_of_a_request_may_be_as_long_as_the_configuration_says() {
    let ask = async |server: &Server, bytes: usize| {
        let long = "x".repeat(bytes);
        let request =
            format!("GET /v1/status/leader HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-long: {long}\r\n\r\n");
        raw(server, &request).await.0
    };
    let usual = Server::start(|_| ()).await;
    assert!(ask(&usual, 1 << 20).await.starts_with("HTTP/1.1 200"), "a little over it, as in Go's server");
    assert!(ask(&usual, (1 << 20) + 4096).await.starts_with("HTTP/1.1 431"));
    let short = Server::start(|api| api.settings.max_head_bytes = 100).await;
    assert!(ask(&short, 4000).await.starts_with("HTTP/1.1 200"));
    assert!(ask(&short, 4200).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn what_is_no_request_is_answered_by_its_status_alone_and_does_nothing() {
    let server = Server::start(|_| ()).await;
    let many: String = (0..101).map(|number| format!("x-{number}: x\r\n")).collect();
    let long = "x".repeat(65_536);
    for (request, status) in [
        ("PUT /v1/kv/a HTTP/1.2\r\nhost: x\r\ncontent-length: 1\r\n\r\nx".to_owned(), "400"),
        ("PUT /v1/kv/a HTTP/1.1\r\nhost: x\r\nx-folded: a\r\n b\r\ncontent-length: 1\r\n\r\nx".to_owned(), "400"),
        ("PUT /v1/kv/a b HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\nx".to_owned(), "400"),
        ("PUT /v1/kv/a HTTP/1.1\r\nhost: x\r\ncontent-length: one\r\n\r\nx".to_owned(), "400"),
        (format!("PUT /v1/kv/a HTTP/1.1\r\nhost: x\r\n{many}content-length: 1\r\n\r\nx"), "431"),
        (format!("PUT /v1/kv/a?{long} HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\nx"), "414"),
    ] {
        let (head, body) = raw(&server, &request).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}");
        assert_eq!((header(&head, "content-length"), &*body), (Some("0"), ""), "{head}");
    }
    let chunked = "PUT /v1/kv/a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n";
    let (head, body) = raw(&server, chunked).await;
    assert!(head.starts_with("HTTP/1.1 500"), "{head}");
    assert_eq!(body, "invalid byte in chunk length");
    assert!(server.ask("GET", "/v1/kv/a", "").await.0.starts_with("HTTP/1.1 404"), "nothing was written");
}

#[tokio::test]
async fn broken_chunks_are_told_as_consul_tells_them() {
    let server = Server::start(|_| ()).await;
    let [length, end] = ["zz\r\nx\r\n0\r\n\r\n", "1\r\nxx\r\n0\r\n\r\n"];
    for (path, chunks, status, text) in [
        ("/v1/kv/a", end, 500, "malformed chunked encoding"),
        ("/v1/txn", length, 400, "Failed to parse body: invalid byte in chunk length"),
        ("/v1/catalog/register", length, 400, "Request decode failed: invalid byte in chunk length"),
        ("/v1/agent/check/update/x", length, 400, "Request decode failed: invalid byte in chunk length"),
        // Consul makes a session, and fires an event, of what it could read.
        ("/v1/session/create", length, 400, "Request decode failed: invalid byte in chunk length"),
        ("/v1/event/fire/x", length, 400, "Request decode failed: invalid byte in chunk length"),
    ] {
        let head = format!("PUT {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
        let (head, body) = raw(&server, &(head + chunks)).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {head}");
        assert_eq!(body, text, "{path}");
    }
}

#[tokio::test]
async fn a_query_string_that_is_none_is_told_before_anything_else() {
    let server = Server::start(|api| api.settings.block_endpoints = vec!["/v1/agent/self".into()]).await;
    for (method, path) in
        [("GET", "/v1/acl/tokens"), ("GET", "/v1/agent/self"), ("POST", "/v1/kv/a"), ("PUT", "/v1/kv/a")]
    {
        for query in ["%", "a=%zz", "a;b"] {
            let (head, body) = server.ask(method, &format!("{path}?{query}"), "x").await;
            assert!(head.starts_with("HTTP/1.1 500"), "{method} {path}?{query}: {head}");
            assert_eq!(body, "");
        }
    }
}

#[tokio::test]
async fn requests_whose_headers_do_not_fit_are_refused_and_do_nothing() {
    let server = Server::start(|_| ()).await;
    let coded = "transfer-encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
    for (headers, status, text) in [
        ("content-length: 1\r\n\r\nx", "400", "400 Bad Request: missing required Host header"),
        ("host: a\r\nhost: b\r\ncontent-length: 1\r\n\r\nx", "400", "400 Bad Request: too many Host headers"),
        ("host: a b\r\ncontent-length: 1\r\n\r\nx", "400", "400 Bad Request: malformed Host header"),
        (&format!("host: a\r\n{coded}"), "501", "Unsupported transfer encoding"),
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(format!("PUT /v1/kv/a HTTP/1.1\r\n{headers}").as_bytes()).await.unwrap();
        let (head, body) = answer(&mut stream).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{headers}: {head}");
        assert_eq!((header(&head, "connection"), body.as_str()), (Some("close"), text), "{headers}");
    }
    assert!(server.ask("GET", "/v1/kv/a", "").await.0.starts_with("HTTP/1.1 404"), "nothing was written");
}

/// The next answer on a connection that goes on: status line with headers, and body.
async fn next_answer(stream: &mut TcpStream) -> (String, String) {
    let mut seen = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&seen);
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && header(head, "content-length").unwrap().parse::<usize>().unwrap() == body.len()
        {
            return (head.to_owned(), body.to_owned());
        }
        let mut buffer = [0; 512];
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(count > 0, "the connection goes on: {text}");
        seen.extend_from_slice(&buffer[..count]);
    }
}

/// Requests that are answered before anybody wants their bodies, with their statuses.
const REFUSED_EARLY: [(&str, &str); 8] = [
    ("PUT /v1/catalog/nodes", "405"),
    ("PUT /v2", "404"),
    ("PUT //v1/kv/a", "307"),
    ("PUT /v1/agent/self", "403"),
    ("PUT /v1/kv/a", "503"),
    ("PUT /v1/kv/%01", "400"),
    ("PUT /v1/agent/check/register?a=%zz", "500"),
    ("OPTIONS /v1/kv/a", "200"),
];

async fn shut_server() -> Server {
    Server::start(|api| {
        api.settings.block_endpoints = vec!["/v1/agent/self".into()];
        api.rates.allow(RequestLimits { mode: RateMode::Enforcing, reads: None, writes: Some(0.0) });
    })
    .await
}

/// A connection on which such a request with a body was answered.
async fn refused_early(server: &Server, line: &str, status: &str, bytes: usize) -> TcpStream {
    let body = "\"".repeat(bytes);
    let request = format!("{line} HTTP/1.1\r\nhost: x\r\ncontent-length: {bytes}\r\n\r\n{body}");
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let (head, _) = next_answer(&mut stream).await;
    assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{line}: {head}");
    assert_eq!(header(&head, "connection"), None, "{line}");
    stream
}

#[tokio::test]
async fn a_connection_goes_on_behind_a_body_that_was_refused_unread() {
    let server = shut_server().await;
    for (line, status) in REFUSED_EARLY {
        for bytes in [1, 262_143] {
            let mut stream = refused_early(&server, line, status, bytes).await;
            let second =
                "GET /v1/agent/services?filter=Service==\"a\" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            stream.write_all(second.as_bytes()).await.unwrap();
            let (head, body) = answer(&mut stream).await;
            assert!(head.starts_with("HTTP/1.1 200"), "{line}, {bytes}: {head}");
            assert_eq!(body, "{}");
        }
    }
}

#[tokio::test]
async fn a_head_behind_a_body_that_was_refused_unread_has_to_end_in_time_too() {
    let server = shut_server().await;
    for (line, status) in REFUSED_EARLY {
        let mut stream = refused_early(&server, line, status, 1).await;
        stream.write_all(b"GET /v1/").await.unwrap();
        assert!(is_let_go(&mut stream).await, "{line}: the connection stays open");
    }
}

/// Whether a connection ends by itself, in hours of virtual time.
async fn is_let_go(stream: &mut TcpStream) -> bool {
    for _ in 0..100 {
        tokio::time::pause();
        let let_go = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut Vec::new())).await;
        tokio::time::resume();
        if let_go.is_ok() {
            return true;
        }
        // Virtual time jumps as soon as all wait, and what was sent may not have arrived by then.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test]
async fn whoever_is_let_go_is_told_so() {
    let server = Server::start(|_| ()).await;
    let chunk = format!("{:x}\r\n{}\r\n", 600_000, "x".repeat(600_000));
    for (request, status) in [
        // The first two announce more than anybody reads over.
        ("PUT /v1/kv/a HTTP/1.1\r\nhost: x\r\ncontent-length: 600000\r\n\r\n".to_owned(), "413"),
        ("PUT /v1/catalog/nodes HTTP/1.1\r\nhost: x\r\ncontent-length: 262144\r\n\r\n".to_owned(), "405"),
        ("GET /v1/kv/%zz HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(), "400"),
        ("GET /v1/kv/a HTTP/1.1\r\nhost: x\r\nexpect: more\r\n\r\n".to_owned(), "417"),
        (format!("PUT /v1/kv/a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n{chunk}"), "413"),
        ("PUT /v1/kv/a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_owned(), "500"),
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let (head, _) = next_answer(&mut stream).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}");
        assert_eq!(header(&head, "connection"), Some("close"), "{head}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_but_short_enough_to_be_read_over_ends_no_connection() {
    let server = Server::start(|api| api.settings.max_value_bytes = 3).await;
    let mut stream = refused_early(&server, "PUT /v1/kv/a", "413", 4).await;
    stream.write_all(b"GET /v1/kv/?keys&x=\"\" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(answer(&mut stream).await.0.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn what_is_wrong_with_a_checks_update_is_told_before_its_namespace() {
    let server = Server::start(|_| ()).await;
    for (body, told_first) in
        [("{", true), ("{}", true), (r#"{"Status":"q"}"#, true), (r#"{"Status":"passing"}"#, false)]
    {
        let plain = server.ask("PUT", "/v1/agent/check/update/x", body).await.1;
        let with_namespace = server.ask("PUT", "/v1/agent/check/update/x?ns=x", body).await.1;
        assert_eq!(plain == with_namespace, told_first, "{body}: {plain} / {with_namespace}");
    }
}

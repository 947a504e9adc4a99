//! gRPC and HTTP/2 pings, against servers of the `h2` crate.

use bytes::Bytes;
use hyper::{HeaderMap, Request, Response};
use muster_model::Tls;

use super::server::{Certificate, accept, http, listen, nobody};
use super::*;
use CheckStatus::{Critical, Passing};

/// An HTTP/2 server; each request is answered by the health protocol's message and status.
async fn h2(certificate: Option<&Certificate>, answer: fn(&[u8]) -> (Vec<u8>, u32)) -> String {
    let acceptor = certificate.map(|certificate| certificate.acceptor(&[b"h2"]));
    listen(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Some(stream) = accept(stream, acceptor).await else { return };
            let Ok(mut connection) = h2::server::handshake(stream).await else { return };
            while let Some(Ok((request, respond))) = connection.accept().await {
                tokio::spawn(reply(request, respond, answer));
            }
        }
    })
    .await
}

async fn reply(
    request: Request<h2::RecvStream>,
    mut respond: h2::server::SendResponse<Bytes>,
    answer: fn(&[u8]) -> (Vec<u8>, u32),
) {
    assert_eq!(request.uri().path(), "/grpc.health.v1.Health/Check");
    assert_eq!(request.headers()["content-type"], "application/grpc");
    let mut body = request.into_body();
    let mut asked = Vec::new();
    while let Some(Ok(data)) = body.data().await {
        asked.extend_from_slice(&data);
    }
    let (message, status) = answer(&asked);
    let head = Response::builder().header("content-type", "application/grpc").body(()).unwrap();
    let mut stream = respond.send_response(head, false).unwrap();
    if !message.is_empty() {
        stream.send_data(Bytes::from(message), false).unwrap();
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", status.into());
    if status != 0 {
        trailers.insert("grpc-message", "unknown service".parse().unwrap());
    }
    stream.send_trailers(trailers).unwrap();
}

/// Serving for no name and for `up`, not for `down`, unknown otherwise.
fn health(asked: &[u8]) -> (Vec<u8>, u32) {
    match asked {
        [0, 0, 0, 0, 0] | [0, 0, 0, 0, 4, 0x0a, 2, b'u', b'p'] => (vec![0, 0, 0, 0, 2, 8, 1], 0),
        [0, 0, 0, 0, 6, 0x0a, 4, b'd', b'o', b'w', b'n'] => (vec![0, 0, 0, 0, 2, 8, 2], 0),
        _ => (Vec::new(), 5),
    }
}

fn grpc(target: &str, tls: Option<Tls>) -> Probe {
    Probe::Grpc { target: target.into(), tls }
}

#[tokio::test]
async fn a_server_that_says_that_it_serves_passes() {
    let server = h2(None, health).await;
    assert_eq!(look(grpc(&server, None)).await, (Passing, format!("gRPC check {server}: success")));
    let up = format!("{server}/up");
    assert_eq!(look(grpc(&up, None)).await, (Passing, format!("gRPC check {up}: success")));
    let down = look(grpc(&format!("{server}/down"), None)).await;
    assert_eq!(down, (Critical, "gRPC application didn't report service healthy".into()));
    let unknown = look(grpc(&format!("{server}/other"), None)).await;
    assert_eq!(unknown, (Critical, "rpc error: code = NotFound desc = unknown service".into()));
}

#[tokio::test]
async fn grpc_speaks_tls_if_asked() {
    let server = h2(Some(&Certificate::new(&["localhost"])), health).await;
    let tls = |skip_verify| Some(Tls { skip_verify, ..Tls::default() });
    assert_eq!(look(grpc(&server, tls(true))).await.0, Passing);
    let unverified = look(grpc(&server, tls(false))).await;
    assert!(unverified.0 == Critical && unverified.1.starts_with("rpc error: code = Unavailable"), "{unverified:?}");
    assert_eq!(look(grpc(&server, None)).await.0, Critical);
}

#[tokio::test]
async fn what_is_no_grpc_server_is_critical() {
    let held = nobody();
    let nobody = &held.address;
    let refused = look(grpc(nobody, None)).await;
    assert!(refused.1.contains(&format!("dial tcp {nobody}: connect: connection refused")), "{refused:?}");
    let http1 = http(None, |_| Response::new(http_body_util::Full::default())).await;
    assert_eq!(look(grpc(&http1, None)).await.0, Critical);
    let silent = listen(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let late = run_within(grpc(&silent, None), Duration::from_millis(50)).await;
    assert_eq!(late.output, "rpc error: code = DeadlineExceeded desc = context deadline exceeded");
    let odd = h2(None, |_| (b"nonsense".to_vec(), 0)).await;
    assert_eq!(
        look(grpc(&odd, None)).await.1,
        "rpc error: code = Internal desc = the answer is no HealthCheckResponse"
    );
}

#[tokio::test]
async fn a_server_that_answers_a_ping_passes() {
    let ping = |address: &str, tls| Probe::H2Ping { address: address.into(), tls };
    let passing = (Passing, "HTTP2 ping was successful".to_owned());
    let plain = h2(None, health).await;
    assert_eq!(look(ping(&plain, None)).await, passing);
    let certificate = Certificate::new(&["localhost"]);
    let secured = h2(Some(&certificate), health).await;
    let tls = |skip_verify| Some(Tls { skip_verify, ..Tls::default() });
    assert_eq!(look(ping(&secured, tls(true))).await, passing);
    let unverified = look(ping(&secured, tls(false))).await;
    assert!(unverified.1.starts_with(&format!("Failed to dial to {secured}: tls: ")), "{unverified:?}");
    let http1 = http(None, |_| Response::new(http_body_util::Full::default())).await;
    let failed = look(ping(&http1, None)).await;
    assert!(failed.0 == Critical && failed.1.starts_with("HTTP2 ping failed: "), "{failed:?}");
    let silent = listen(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let late = run_within(ping(&silent, None), Duration::from_millis(50)).await;
    assert_eq!(late.output, "HTTP2 ping failed: context deadline exceeded");
}

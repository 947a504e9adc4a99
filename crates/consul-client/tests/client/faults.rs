//! Servers that are broken, or not there.

use std::error::Error;
use std::time::Duration;

use muster_catalog::{CatalogError, Data, Discovery, LocalAgent, Query, Wait};
use muster_consul_client::{ClientConfig, ConsulClient};
use muster_model::Index;
use tokio::net::TcpListener;

use crate::server::{Then, start_raw};

const SERVICES: Query = Query::Services { datacenter: None };

/// A client that does not wait for long.
fn hasty(address: &str) -> ConsulClient {
    let config = ClientConfig { answer_timeout: Duration::from_millis(50), ..ClientConfig::new(address) };
    ConsulClient::new(config).unwrap()
}

/// The network's own words, if it is the network that failed.
fn unreachable(error: CatalogError, address: &str) -> String {
    assert_eq!(error.to_string(), format!("registry at http://{address} cannot be reached"));
    assert!(error.is_passing());
    error.source().unwrap().to_string()
}

fn bad_answer(error: &CatalogError) -> &str {
    match error {
        CatalogError::BadAnswer { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_refused_connection_is_named_with_its_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let client = ConsulClient::new(ClientConfig::new(&address)).unwrap();
    assert_eq!(unreachable(client.ping().await.unwrap_err(), &address), "Connection refused (os error 111)");
    let socket = ConsulClient::new(ClientConfig::new("unix:///nowhere/consul.sock")).unwrap();
    let error = socket.ping().await.unwrap_err();
    assert_eq!(error.to_string(), "registry at unix:///nowhere/consul.sock cannot be reached");
    assert_eq!(error.source().unwrap().to_string(), "No such file or directory (os error 2)");
}

/// A peer that took the connection and died: nothing more ever comes.
#[tokio::test]
async fn a_dead_peer_is_noticed_in_both_kinds_of_request() {
    let address = start_raw(&[], Then::HoldOpen).await;
    let client = hasty(&address);
    let error = client.fetch(&SERVICES, None).await.unwrap_err();
    assert_eq!(unreachable(error, &address), "no whole answer within 50ms");
    let wait = Wait { after: Index(1), at_most: Duration::from_millis(160) };
    let error = client.fetch(&SERVICES, Some(wait)).await.unwrap_err();
    assert_eq!(unreachable(error, &address), "no whole answer within 220ms");
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nX-Consul-Index: 5\r\n\r\n";
    let address = start_raw(Box::leak(Box::new([head, "{\"web\""])), Then::HoldOpen).await;
    let error = hasty(&address).fetch(&SERVICES, None).await.unwrap_err();
    assert_eq!(unreachable(error, &address), "no whole answer within 50ms");
}

#[tokio::test]
async fn a_body_in_pieces_is_put_together() {
    let pieces = &[
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Consul-",
        "Index: 5\r\n\r\n4\r\n{\"we\r\n",
        "7\r\nb\":[\"a\"\r\n",
        "2\r\n]}\r\n0\r\n",
        "\r\n",
    ];
    let address = start_raw(pieces, Then::Close).await;
    let client = ConsulClient::new(ClientConfig::new(&address)).unwrap();
    let Data::Services(services) = client.fetch(&SERVICES, None).await.unwrap().data else { panic!() };
    assert_eq!((services.len(), &*services[0].tags[0]), (1, "a"));
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_not_taken_for_whole() {
    let pieces = &["HTTP/1.1 200 OK\r\nContent-Length: 100\r\nX-Consul-Index: 5\r\n\r\n{}"];
    let address = start_raw(pieces, Then::Close).await;
    let client = ConsulClient::new(ClientConfig::new(&address)).unwrap();
    unreachable(client.fetch(&SERVICES, None).await.unwrap_err(), &address);
}

#[tokio::test]
async fn what_is_no_http_is_an_error_of_the_network() {
    for pieces in [&["SSH-2.0-OpenSSH_9.2\r\n"] as &[&str], &[""]] {
        let address = start_raw(Box::leak(pieces.to_vec().into_boxed_slice()), Then::Close).await;
        let client = ConsulClient::new(ClientConfig::new(&address)).unwrap();
        unreachable(client.ping().await.unwrap_err(), &address);
    }
}

#[tokio::test]
async fn garbage_is_a_bad_answer() {
    let cases: [(&'static [&'static str], &str); 4] = [
        (&["HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Consul-Index: 5\r\n\r\n{\"a\""], ""),
        (&["HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Consul-Index: 5\r\n\r\n[]"], "answer is no object"),
        (&["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"], "it has no X-Consul-Index"),
        (&["HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Consul-Index: ok\r\n\r\n{}"], "it has no X-Consul-Index"),
    ];
    for (pieces, expected) in cases {
        let address = start_raw(pieces, Then::Close).await;
        let client = ConsulClient::new(ClientConfig::new(&address)).unwrap();
        let error = client.fetch(&SERVICES, None).await.unwrap_err();
        assert!(bad_answer(&error).contains(expected), "{error}");
        assert!(error.to_string().contains(&address) && error.is_passing());
    }
}

//! Locks: sessions end only by what their own client does, so who holds what is known.

use std::time::Duration;

use super::LOCKS;
use crate::client::Client;
use crate::event::{Reply, Request};

const KEYS: usize = 2;
const DELAYS: [u64; 3] = [0, 150, 400];

fn node_of(number: usize) -> String {
    format!("locker-{number}")
}

/// The node whose check this client's sessions are tied to.
pub(super) async fn prepare(client: &mut Client, number: usize) {
    client.insist(Request::SetCheck { node: node_of(number), critical: false }).await;
}

pub(super) async fn round(client: &mut Client, number: usize) {
    let node = node_of(number);
    let lock_delay = Duration::from_millis(DELAYS[client.random.usize(..DELAYS.len())]);
    let deletes = client.random.u8(..4) == 0;
    let Reply::Session(session) = client.ask(Request::CreateSession { lock_delay, deletes, node: node.clone() }).await
    else {
        return;
    };
    let key = format!("{LOCKS}{}", client.random.usize(..KEYS));
    let acquire = Request::Acquire { key: key.clone(), session: session.clone() };
    for _ in 0..client.random.usize(1..6) {
        if client.ask(acquire.clone()).await == Reply::Held(true) {
            break;
        }
    }
    client.ask(Request::Get { key: key.clone() }).await;
    client.ask(Request::Session { session: session.clone() }).await;
    match client.random.u8(..4) {
        0 => {
            client.ask(Request::Release { key: key.clone(), session: session.clone() }).await;
            client.insist(Request::DestroySession { session: session.clone() }).await;
        }
        1 => {
            client.insist(Request::SetCheck { node: node.clone(), critical: true }).await;
            client.insist(Request::Session { session: session.clone() }).await;
            client.insist(Request::SetCheck { node, critical: false }).await;
        }
        _ => {
            client.insist(Request::DestroySession { session: session.clone() }).await;
        }
    }
    client.ask(Request::Get { key }).await;
    client.ask(Request::Session { session: session.clone() }).await;
    client.ask(acquire).await;
}

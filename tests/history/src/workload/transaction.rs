//! Transactions of a few steps over a few keys, and reads of them, one key and all at once.

use super::{MARKERS, TRANSACTIONS, first};
use crate::client::Client;
use crate::event::{Request, Step};

const KEYS: usize = 4;

/// One of the keys.
pub(super) fn any_key(client: &mut Client) -> String {
    format!("{TRANSACTIONS}{}", client.random.usize(..KEYS))
}

pub(super) async fn round(client: &mut Client) {
    if client.random.u8(..6) == 0 {
        client.ask(Request::Tree { prefix: TRANSACTIONS.to_owned() }).await;
        return;
    }
    let key = any_key(client);
    let seen = first(client.ask(Request::Get { key }).await);
    let mut steps = Vec::new();
    for _ in 0..client.random.usize(1..4) {
        steps.push(any_step(client));
    }
    if let Some(seen) = seen {
        let value = client.new_value();
        steps.push(match client.random.u8(..4) {
            0 => Step::CheckIndex(seen.key, seen.modified),
            1 => Step::DeleteCas(seen.key, seen.modified),
            _ => Step::Cas(seen.key, value, seen.modified),
        });
    }
    client.random.shuffle(&mut steps);
    let marker = format!("{MARKERS}{}", client.new_value());
    client.ask(Request::Transaction { marker, steps }).await;
}

fn any_step(client: &mut Client) -> Step {
    let key = any_key(client);
    match client.random.u8(..8) {
        0 => Step::Delete(key),
        1 => Step::Get(key),
        2 => Step::Cas(key, client.new_value(), 0),
        _ => Step::Set(key, client.new_value()),
    }
}

//! Check-and-set: every write names the version that it replaces, so the versions of a key are one chain.

use super::{CAS, first};
use crate::client::Client;
use crate::event::Request;

const KEYS: usize = 2;

pub(super) async fn round(client: &mut Client) {
    let key = format!("{CAS}{}", client.random.usize(..KEYS));
    let seen = first(client.ask(Request::Get { key: key.clone() }).await);
    let base = seen.map_or(0, |entry| entry.modified);
    if base > 0 && client.random.u8(..10) == 0 {
        client.ask(Request::Delete { key, cas: base }).await;
        return;
    }
    let value = client.new_value();
    client.ask(Request::Put { key, value, cas: Some(base) }).await;
}

//! Blocking queries on keys that change.

use std::time::Duration;

use super::transaction::any_key;
use crate::client::Client;
use crate::event::{Reply, Request};

const WAIT: Duration = Duration::from_secs(2);

pub(super) async fn round(client: &mut Client) {
    let key = any_key(client);
    let Reply::Entries(answer) = client.ask(Request::Get { key: key.clone() }).await else { return };
    client.ask(Request::Watch { key, after: answer.index, wait: WAIT }).await;
}

//! Keys with one writer, who sometimes puts what is there already.

use super::OWNED;
use crate::client::Client;
use crate::event::{Reply, Request};

/// How far a writer has come.
#[derive(Debug, Default)]
pub(super) struct Progress {
    value: Option<String>,
    count: u64,
}

/// The key of the writer of that number.
fn key_of(number: usize) -> String {
    format!("{OWNED}{number}")
}

pub(super) async fn round(client: &mut Client, number: usize, writers: usize, progress: &mut Progress) {
    if client.random.u8(..4) == 0 {
        let other = client.random.usize(..writers);
        client.ask(Request::Get { key: key_of(other) }).await;
        return;
    }
    let key = key_of(number);
    if let Some(value) = progress.value.clone().filter(|_| client.random.u8(..3) == 0) {
        client.ask(Request::Get { key: key.clone() }).await;
        client.ask(Request::Put { key: key.clone(), value, cas: None }).await;
        client.ask(Request::Get { key }).await;
        return;
    }
    progress.count += 1;
    let value = progress.count.to_string();
    let put = Request::Put { key, value: value.clone(), cas: None };
    // One that may have been done is done again, so that what is there is known.
    progress.value = matches!(client.insist(put).await, Reply::Held(true)).then_some(value);
}

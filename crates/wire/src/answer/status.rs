//! `/v1/status`, `/v1/catalog/datacenters` and the answers to writes.

use crate::json::{ArrayWriter, push_string};

/// `/v1/status/leader`: the address of the leading server, empty if there is none.
pub fn status_leader(out: &mut Vec<u8>, address: &str) {
    push_string(out, address);
}

/// `/v1/status/peers`: the servers' addresses.
pub fn status_peers<'a>(out: &mut Vec<u8>, addresses: impl IntoIterator<Item = &'a str>) {
    strings(out, addresses);
}

/// `/v1/catalog/datacenters`, nearest first.
pub fn datacenters<'a>(out: &mut Vec<u8>, names: impl IntoIterator<Item = &'a str>) {
    strings(out, names);
}

/// What most writes answer.
pub fn boolean(value: bool) -> &'static [u8] {
    if value { b"true" } else { b"false" }
}

fn strings<'a>(out: &mut Vec<u8>, texts: impl IntoIterator<Item = &'a str>) {
    let mut list = ArrayWriter::new(out);
    for text in texts {
        push_string(list.item(), text);
    }
    list.end();
}

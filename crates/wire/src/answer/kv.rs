//! `/v1/kv`.

use muster_model::KvEntry;

use crate::json::{ArrayWriter, ObjectWriter, push_base64, push_string};

/// `/v1/kv/KEY` and `?recurse`. (`?raw` is the value's bytes as they are.)
pub fn kv_entries<'a>(out: &mut Vec<u8>, entries: impl IntoIterator<Item = &'a KvEntry>) {
    let mut list = ArrayWriter::new(out);
    for entry in entries {
        kv_entry(list.item(), entry, true);
    }
    list.end();
}

/// An entry, with its value or without.
pub(super) fn kv_entry(out: &mut Vec<u8>, entry: &KvEntry, with_value: bool) {
    let mut object = ObjectWriter::new(out);
    object.uint("LockIndex", entry.lock_index);
    object.string("Key", entry.key.as_str());
    object.uint("Flags", entry.flags);
    match &*entry.value {
        bytes @ [_, ..] if with_value => push_base64(object.member("Value"), bytes),
        _ => object.raw("Value", "null"),
    }
    if let Some(session) = &entry.session {
        object.string("Session", session.as_str());
    }
    object.uint("CreateIndex", entry.created.0);
    object.uint("ModifyIndex", entry.modified.0);
    object.end();
}

/// `/v1/kv/PREFIX?keys`.
pub fn kv_keys<'a>(out: &mut Vec<u8>, keys: impl IntoIterator<Item = &'a str>) {
    let mut list = ArrayWriter::new(out);
    for key in keys {
        push_string(list.item(), key);
    }
    list.end();
}

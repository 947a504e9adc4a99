//! `/v1/kv`.

use muster_model::KvEntry;

use crate::json::{ArrayWriter, ObjectWriter, push_base64, push_string};

/// `/v1/kv/KEY` and `?recurse`. (`?raw` is the value's bytes as they are.)
pub fn kv_entries<'a>(out: &mut Vec<u8>, entries: impl IntoIterator<Item = &'a KvEntry>) {
    let mut list = ArrayWriter::new(out);
    for entry in entries {
        let mut object = ObjectWriter::new(list.item());
        object.uint("LockIndex", entry.lock_index);
        object.string("Key", entry.key.as_str());
        object.uint("Flags", entry.flags);
        match &*entry.value {
            [] => object.raw("Value", "null"),
            bytes => push_base64(object.member("Value"), bytes),
        }
        if let Some(session) = &entry.session {
            object.string("Session", session.as_str());
        }
        object.uint("CreateIndex", entry.created.0);
        object.uint("ModifyIndex", entry.modified.0);
        object.end();
    }
    list.end();
}

/// `/v1/kv/PREFIX?keys`.
pub fn kv_keys<'a>(out: &mut Vec<u8>, keys: impl IntoIterator<Item = &'a str>) {
    let mut list = ArrayWriter::new(out);
    for key in keys {
        push_string(list.item(), key);
    }
    list.end();
}

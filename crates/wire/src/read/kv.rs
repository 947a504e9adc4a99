//! `/v1/kv`.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_model::{Index, Key, KvEntry, SessionId};

use super::entity::Reader;
use super::{BadAnswer, shape};
use crate::json::{self, Value};

/// Reads `/v1/kv/KEY` and `?recurse`.
pub fn kv_entries(body: &[u8]) -> Result<Vec<KvEntry>, BadAnswer> {
    let value = json::parse(body)?;
    value.as_array().ok_or(shape("answer", "list"))?.iter().map(entry).collect()
}

fn entry(value: &Value) -> Result<KvEntry, BadAnswer> {
    let reader = Reader::new("entry", value)?;
    let bytes = STANDARD.decode(reader.text("Value")).map_err(|_| shape("Value", "base64"))?;
    let session = Some(reader.text("Session")).filter(|session| !session.is_empty());
    Ok(KvEntry {
        key: Key::new(reader.text("Key")).map_err(|_| shape("Key", "key"))?,
        value: Arc::from(bytes),
        flags: reader.number("Flags")?.unwrap_or_default(),
        session: session.map(SessionId::new).transpose().map_err(|_| shape("Session", "session"))?,
        lock_index: reader.number("LockIndex")?.unwrap_or_default(),
        created: Index(reader.number("CreateIndex")?.unwrap_or_default()),
        modified: Index(reader.number("ModifyIndex")?.unwrap_or_default()),
    })
}

/// Reads `/v1/kv/PREFIX?keys`.
pub fn kv_keys(body: &[u8]) -> Result<Vec<String>, BadAnswer> {
    let value = json::parse(body)?;
    let keys = value.as_array().ok_or(shape("answer", "list"))?;
    keys.iter().map(|key| key.as_str().map(str::to_owned).ok_or(shape("key", "string"))).collect()
}

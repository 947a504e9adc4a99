//! Entries of the key-value store.

use std::fmt;
use std::sync::Arc;

use crate::{Index, SessionId, quoted};

/// The longest key that is accepted, in bytes. Consul sets no limit of its own; this one bounds the depth of the
/// tree that keys are kept in.
pub const MAX_KEY_BYTES: usize = 4096;

/// A key was empty or too long.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// A key names something.
    #[error("key is empty")]
    Empty,
    /// Over [`MAX_KEY_BYTES`].
    #[error("key is longer than {MAX_KEY_BYTES} bytes")]
    TooLong,
}

/// A key: any text, `/` being a mere convention.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Arc<str>);

impl Key {
    /// Checks and keeps `value`.
    pub fn new(value: impl AsRef<str>) -> Result<Self, InvalidKey> {
        match value.as_ref() {
            "" => Err(InvalidKey::Empty),
            long if long.len() > MAX_KEY_BYTES => Err(InvalidKey::TooLong),
            key => Ok(Self(Arc::from(key))),
        }
    }

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&quoted(&self.0), f)
    }
}

/// One stored key with its value. Values are bytes, at most 512 KiB by the front end's limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvEntry {
    /// The key.
    pub key: Key,
    /// The value, as it was put.
    pub value: Arc<[u8]>,
    /// An opaque number of the client's.
    pub flags: u64,
    /// The session that holds the key as a lock.
    pub session: Option<SessionId>,
    /// How often the key was locked.
    pub lock_index: u64,
    /// Consul's CreateIndex.
    pub created: Index,
    /// Consul's ModifyIndex.
    pub modified: Index,
}

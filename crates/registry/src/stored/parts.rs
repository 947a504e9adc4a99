//! Stored forms of nodes, services and keys. What is written is borrowed from the values, what is read is owned.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use muster_catalog::Owner;
use muster_model::{
    Index, Key, KvEntry, Node, NodeName, Service, ServiceAddress, ServiceId, ServiceName, SessionId, Weights,
};
use serde::{Deserialize, Serialize};

use super::StoredError;

pub(super) fn invalid(error: impl std::fmt::Display) -> StoredError {
    StoredError::Invalid(error.to_string())
}

/// A text that is stored.
pub(super) type Text<'a> = Cow<'a, str>;

type Pairs = BTreeMap<Arc<str>, Arc<str>>;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredNode<'a> {
    name: Text<'a>,
    id: Arc<str>,
    address: Arc<str>,
    tagged_addresses: Cow<'a, Pairs>,
    meta: Cow<'a, Pairs>,
}

impl<'a> From<&'a Node> for StoredNode<'a> {
    fn from(node: &'a Node) -> Self {
        Self {
            name: node.name.as_str().into(),
            id: Arc::clone(&node.id),
            address: Arc::clone(&node.address),
            tagged_addresses: Cow::Borrowed(&node.tagged_addresses),
            meta: Cow::Borrowed(&node.meta),
        }
    }
}

impl TryFrom<StoredNode<'_>> for Node {
    type Error = StoredError;

    fn try_from(stored: StoredNode<'_>) -> Result<Self, StoredError> {
        Ok(Self {
            name: NodeName::new(stored.name).map_err(invalid)?,
            id: stored.id,
            address: stored.address,
            tagged_addresses: stored.tagged_addresses.into_owned(),
            meta: stored.meta.into_owned(),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredService<'a> {
    id: Text<'a>,
    name: Text<'a>,
    tags: Cow<'a, [Arc<str>]>,
    address: Arc<str>,
    tagged_addresses: BTreeMap<Arc<str>, (Arc<str>, i32)>,
    meta: Cow<'a, Pairs>,
    port: i32,
    socket_path: Arc<str>,
    weights: (i32, i32),
    enable_tag_override: bool,
}

impl<'a> From<&'a Service> for StoredService<'a> {
    fn from(service: &'a Service) -> Self {
        let tagged = service.tagged_addresses.iter();
        Self {
            id: service.id.as_str().into(),
            name: service.name.as_str().into(),
            tags: Cow::Borrowed(&service.tags),
            address: Arc::clone(&service.address),
            tagged_addresses: tagged.map(|(k, v)| (Arc::clone(k), (Arc::clone(&v.address), v.port))).collect(),
            meta: Cow::Borrowed(&service.meta),
            port: service.port,
            socket_path: Arc::clone(&service.socket_path),
            weights: (service.weights.passing, service.weights.warning),
            enable_tag_override: service.enable_tag_override,
        }
    }
}

impl TryFrom<StoredService<'_>> for Service {
    type Error = StoredError;

    fn try_from(stored: StoredService<'_>) -> Result<Self, StoredError> {
        let tagged = stored.tagged_addresses.into_iter();
        Ok(Self {
            id: ServiceId::new(stored.id).map_err(invalid)?,
            name: ServiceName::new(stored.name).map_err(invalid)?,
            tags: stored.tags.into_owned(),
            address: stored.address,
            tagged_addresses: tagged.map(|(k, (address, port))| (k, ServiceAddress { address, port })).collect(),
            meta: stored.meta.into_owned(),
            port: stored.port,
            socket_path: stored.socket_path,
            weights: Weights { passing: stored.weights.0, warning: stored.weights.1 },
            enable_tag_override: stored.enable_tag_override,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredEntry<'a> {
    key: Text<'a>,
    value: Arc<[u8]>,
    flags: u64,
    session: Option<Text<'a>>,
    lock_index: u64,
    created: u64,
    modified: u64,
}

impl<'a> From<&'a KvEntry> for StoredEntry<'a> {
    fn from(entry: &'a KvEntry) -> Self {
        Self {
            key: entry.key.as_str().into(),
            value: Arc::clone(&entry.value),
            flags: entry.flags,
            session: entry.session.as_ref().map(|session| session.as_str().into()),
            lock_index: entry.lock_index,
            created: entry.created.0,
            modified: entry.modified.0,
        }
    }
}

impl TryFrom<StoredEntry<'_>> for KvEntry {
    type Error = StoredError;

    fn try_from(stored: StoredEntry<'_>) -> Result<Self, StoredError> {
        Ok(Self {
            key: Key::new(stored.key).map_err(invalid)?,
            value: stored.value,
            flags: stored.flags,
            session: stored.session.map(SessionId::new).transpose().map_err(invalid)?,
            lock_index: stored.lock_index,
            created: Index(stored.created),
            modified: Index(stored.modified),
        })
    }
}

/// Who owns an entry; numbers of their own, so that reordering the enum changes no stored byte.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) enum StoredOwner {
    Catalog,
    Agent,
    Server,
}

impl From<Owner> for StoredOwner {
    fn from(owner: Owner) -> Self {
        match owner {
            Owner::Catalog => Self::Catalog,
            Owner::Agent => Self::Agent,
            Owner::Server => Self::Server,
        }
    }
}

impl From<StoredOwner> for Owner {
    fn from(owner: StoredOwner) -> Self {
        match owner {
            StoredOwner::Catalog => Self::Catalog,
            StoredOwner::Agent => Self::Agent,
            StoredOwner::Server => Self::Server,
        }
    }
}

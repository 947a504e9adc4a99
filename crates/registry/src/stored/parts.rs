//! Stored forms of nodes, services and keys.

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

type Pairs = BTreeMap<Arc<str>, Arc<str>>;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredNode {
    name: String,
    id: Arc<str>,
    address: Arc<str>,
    tagged_addresses: Pairs,
    meta: Pairs,
}

impl From<&Node> for StoredNode {
    fn from(node: &Node) -> Self {
        Self {
            name: node.name.to_string(),
            id: Arc::clone(&node.id),
            address: Arc::clone(&node.address),
            tagged_addresses: node.tagged_addresses.clone(),
            meta: node.meta.clone(),
        }
    }
}

impl TryFrom<StoredNode> for Node {
    type Error = StoredError;

    fn try_from(stored: StoredNode) -> Result<Self, StoredError> {
        Ok(Self {
            name: NodeName::new(stored.name).map_err(invalid)?,
            id: stored.id,
            address: stored.address,
            tagged_addresses: stored.tagged_addresses,
            meta: stored.meta,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredService {
    id: String,
    name: String,
    tags: Vec<Arc<str>>,
    address: Arc<str>,
    tagged_addresses: BTreeMap<Arc<str>, (Arc<str>, i32)>,
    meta: Pairs,
    port: i32,
    socket_path: Arc<str>,
    weights: (i32, i32),
    enable_tag_override: bool,
}

impl From<&Service> for StoredService {
    fn from(service: &Service) -> Self {
        let tagged = service.tagged_addresses.iter();
        Self {
            id: service.id.to_string(),
            name: service.name.to_string(),
            tags: service.tags.clone(),
            address: Arc::clone(&service.address),
            tagged_addresses: tagged.map(|(k, v)| (Arc::clone(k), (Arc::clone(&v.address), v.port))).collect(),
            meta: service.meta.clone(),
            port: service.port,
            socket_path: Arc::clone(&service.socket_path),
            weights: (service.weights.passing, service.weights.warning),
            enable_tag_override: service.enable_tag_override,
        }
    }
}

impl TryFrom<StoredService> for Service {
    type Error = StoredError;

    fn try_from(stored: StoredService) -> Result<Self, StoredError> {
        let tagged = stored.tagged_addresses.into_iter();
        Ok(Self {
            id: ServiceId::new(stored.id).map_err(invalid)?,
            name: ServiceName::new(stored.name).map_err(invalid)?,
            tags: stored.tags,
            address: stored.address,
            tagged_addresses: tagged.map(|(k, (address, port))| (k, ServiceAddress { address, port })).collect(),
            meta: stored.meta,
            port: stored.port,
            socket_path: stored.socket_path,
            weights: Weights { passing: stored.weights.0, warning: stored.weights.1 },
            enable_tag_override: stored.enable_tag_override,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredEntry {
    key: String,
    value: Arc<[u8]>,
    flags: u64,
    session: Option<String>,
    lock_index: u64,
    created: u64,
    modified: u64,
}

impl From<&KvEntry> for StoredEntry {
    fn from(entry: &KvEntry) -> Self {
        Self {
            key: entry.key.to_string(),
            value: Arc::clone(&entry.value),
            flags: entry.flags,
            session: entry.session.as_ref().map(ToString::to_string),
            lock_index: entry.lock_index,
            created: entry.created.0,
            modified: entry.modified.0,
        }
    }
}

impl TryFrom<StoredEntry> for KvEntry {
    type Error = StoredError;

    fn try_from(stored: StoredEntry) -> Result<Self, StoredError> {
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

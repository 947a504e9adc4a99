//! The operations of a transaction: all are done, in order, or none.

use std::sync::Arc;

use crate::{Check, CheckId, Index, Key, Node, NodeName, Service, ServiceId, SessionId};

/// One operation. A later one sees what earlier ones wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// On keys.
    Kv(KvOperation),
    /// On a node.
    Node(NodeOperation),
    /// On an instance.
    Service(ServiceOperation),
    /// On a check.
    Check(CheckOperation),
}

/// What a key is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvWrite {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Arc<[u8]>,
    /// The client's number.
    pub flags: u64,
}

/// An operation on keys. `cas`: only if the ModifyIndex is this; 0: only if there is no such key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KvOperation {
    /// Put.
    Set(KvWrite, Option<Index>),
    /// Put and lock.
    Lock(KvWrite, SessionId),
    /// Put and unlock.
    Unlock(KvWrite, SessionId),
    /// Read a key that must be there.
    Get(Key),
    /// Read a key; an empty one if it is not there.
    GetOrEmpty(Key),
    /// Read all keys that start with this.
    GetTree(Arc<str>),
    /// Fail unless the key has this ModifyIndex.
    CheckIndex(Key, Index),
    /// Fail unless the key is held by this session; none: by nobody.
    CheckSession(Key, Option<SessionId>),
    /// Fail if the key is there.
    CheckNotExists(Key),
    /// Delete.
    Delete(Key, Option<Index>),
    /// Delete all keys that start with this.
    DeleteTree(Arc<str>),
}

/// An operation on a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeOperation {
    /// Read.
    Get(NodeReference),
    /// Add or change.
    Set(Node, Option<Index>),
    /// Remove, with all that stands on it.
    Delete(NodeName, Option<Index>),
}

/// What a node is looked up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeReference {
    /// Its name.
    Name(NodeName),
    /// Its ID.
    Id(Arc<str>),
}

/// An operation on an instance of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceOperation {
    /// Read.
    Get(NodeName, ServiceId),
    /// Add or change.
    Set(NodeName, Service, Option<Index>),
    /// Remove, with its checks.
    Delete(NodeName, ServiceId, Option<Index>),
}

/// An operation on a check of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckOperation {
    /// Read.
    Get(NodeName, CheckId),
    /// Add or change.
    Set(NodeName, Check, Option<Index>),
    /// Remove.
    Delete(NodeName, CheckId, Option<Index>),
}

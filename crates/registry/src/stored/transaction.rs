//! The stored form of a transaction's operations. Those that only read are stored too: their answers depend on what
//! the others wrote.

use std::sync::Arc;

use muster_model::{
    CheckId, CheckOperation, Index, Key, KvOperation, KvWrite, NodeName, NodeOperation, NodeReference, Operation,
    ServiceId, ServiceOperation, SessionId,
};
use serde::{Deserialize, Serialize};

use super::StoredError;
use super::check::StoredCheck;
use super::parts::{StoredNode, StoredService, invalid};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredWrite {
    key: String,
    value: Arc<[u8]>,
    flags: u64,
}

impl From<&KvWrite> for StoredWrite {
    fn from(write: &KvWrite) -> Self {
        Self { key: write.key.to_string(), value: Arc::clone(&write.value), flags: write.flags }
    }
}

impl TryFrom<StoredWrite> for KvWrite {
    type Error = StoredError;

    fn try_from(stored: StoredWrite) -> Result<Self, StoredError> {
        Ok(Self { key: Key::new(stored.key).map_err(invalid)?, value: stored.value, flags: stored.flags })
    }
}

type Cas = Option<u64>;

#[derive(Serialize, Deserialize)]
pub(super) enum StoredOperation {
    KvSet(StoredWrite, Cas),
    KvLock(StoredWrite, String),
    KvUnlock(StoredWrite, String),
    KvGet(String),
    KvGetOrEmpty(String),
    KvGetTree(Arc<str>),
    KvCheckIndex(String, u64),
    KvCheckSession(String, Option<String>),
    KvCheckNotExists(String),
    KvDelete(String, Cas),
    KvDeleteTree(Arc<str>),
    NodeGet(String),
    NodeGetById(Arc<str>),
    NodeSet(StoredNode, Cas),
    NodeDelete(String, Cas),
    ServiceGet(String, String),
    ServiceSet(String, StoredService, Cas),
    ServiceDelete(String, String, Cas),
    CheckGet(String, String),
    CheckSet(String, StoredCheck, Cas),
    CheckDelete(String, String, Cas),
}

fn number(cas: Option<Index>) -> Cas {
    cas.map(|index| index.0)
}

impl From<&Operation> for StoredOperation {
    fn from(operation: &Operation) -> Self {
        match operation {
            Operation::Kv(operation) => operation.into(),
            Operation::Node(NodeOperation::Get(NodeReference::Name(name))) => Self::NodeGet(name.to_string()),
            Operation::Node(NodeOperation::Get(NodeReference::Id(id))) => Self::NodeGetById(Arc::clone(id)),
            Operation::Node(NodeOperation::Set(node, cas)) => Self::NodeSet(node.into(), number(*cas)),
            Operation::Node(NodeOperation::Delete(name, cas)) => Self::NodeDelete(name.to_string(), number(*cas)),
            Operation::Service(ServiceOperation::Get(node, id)) => Self::ServiceGet(node.to_string(), id.to_string()),
            Operation::Service(ServiceOperation::Set(node, service, cas)) => {
                Self::ServiceSet(node.to_string(), service.into(), number(*cas))
            }
            Operation::Service(ServiceOperation::Delete(node, id, cas)) => {
                Self::ServiceDelete(node.to_string(), id.to_string(), number(*cas))
            }
            Operation::Check(CheckOperation::Get(node, id)) => Self::CheckGet(node.to_string(), id.to_string()),
            Operation::Check(CheckOperation::Set(node, check, cas)) => {
                Self::CheckSet(node.to_string(), check.into(), number(*cas))
            }
            Operation::Check(CheckOperation::Delete(node, id, cas)) => {
                Self::CheckDelete(node.to_string(), id.to_string(), number(*cas))
            }
        }
    }
}

impl From<&KvOperation> for StoredOperation {
    fn from(operation: &KvOperation) -> Self {
        match operation {
            KvOperation::Set(write, cas) => Self::KvSet(write.into(), number(*cas)),
            KvOperation::Lock(write, session) => Self::KvLock(write.into(), session.to_string()),
            KvOperation::Unlock(write, session) => Self::KvUnlock(write.into(), session.to_string()),
            KvOperation::Get(key) => Self::KvGet(key.to_string()),
            KvOperation::GetOrEmpty(key) => Self::KvGetOrEmpty(key.to_string()),
            KvOperation::GetTree(prefix) => Self::KvGetTree(Arc::clone(prefix)),
            KvOperation::CheckIndex(key, index) => Self::KvCheckIndex(key.to_string(), index.0),
            KvOperation::CheckSession(key, session) => {
                Self::KvCheckSession(key.to_string(), session.as_ref().map(ToString::to_string))
            }
            KvOperation::CheckNotExists(key) => Self::KvCheckNotExists(key.to_string()),
            KvOperation::Delete(key, cas) => Self::KvDelete(key.to_string(), number(*cas)),
            KvOperation::DeleteTree(prefix) => Self::KvDeleteTree(Arc::clone(prefix)),
        }
    }
}

impl TryFrom<StoredOperation> for Operation {
    type Error = StoredError;

    fn try_from(stored: StoredOperation) -> Result<Self, StoredError> {
        use StoredOperation as Stored;
        let key = |key: String| Key::new(key).map_err(invalid);
        let node = |name: String| NodeName::new(name).map_err(invalid);
        let service = |id: String| ServiceId::new(id).map_err(invalid);
        let check = |id: String| CheckId::new(id).map_err(invalid);
        let session = |id: String| SessionId::new(id).map_err(invalid);
        let cas = |cas: Cas| cas.map(Index);
        Ok(match stored {
            Stored::KvSet(write, asked) => Self::Kv(KvOperation::Set(write.try_into()?, cas(asked))),
            Stored::KvLock(write, id) => Self::Kv(KvOperation::Lock(write.try_into()?, session(id)?)),
            Stored::KvUnlock(write, id) => Self::Kv(KvOperation::Unlock(write.try_into()?, session(id)?)),
            Stored::KvGet(name) => Self::Kv(KvOperation::Get(key(name)?)),
            Stored::KvGetOrEmpty(name) => Self::Kv(KvOperation::GetOrEmpty(key(name)?)),
            Stored::KvGetTree(prefix) => Self::Kv(KvOperation::GetTree(prefix)),
            Stored::KvCheckIndex(name, index) => Self::Kv(KvOperation::CheckIndex(key(name)?, Index(index))),
            Stored::KvCheckSession(name, id) => {
                Self::Kv(KvOperation::CheckSession(key(name)?, id.map(session).transpose()?))
            }
            Stored::KvCheckNotExists(name) => Self::Kv(KvOperation::CheckNotExists(key(name)?)),
            Stored::KvDelete(name, asked) => Self::Kv(KvOperation::Delete(key(name)?, cas(asked))),
            Stored::KvDeleteTree(prefix) => Self::Kv(KvOperation::DeleteTree(prefix)),
            Stored::NodeGet(name) => Self::Node(NodeOperation::Get(NodeReference::Name(node(name)?))),
            Stored::NodeGetById(id) => Self::Node(NodeOperation::Get(NodeReference::Id(id))),
            Stored::NodeSet(value, asked) => Self::Node(NodeOperation::Set(value.try_into()?, cas(asked))),
            Stored::NodeDelete(name, asked) => Self::Node(NodeOperation::Delete(node(name)?, cas(asked))),
            Stored::ServiceGet(on, id) => Self::Service(ServiceOperation::Get(node(on)?, service(id)?)),
            Stored::ServiceSet(on, value, asked) => {
                Self::Service(ServiceOperation::Set(node(on)?, value.try_into()?, cas(asked)))
            }
            Stored::ServiceDelete(on, id, asked) => {
                Self::Service(ServiceOperation::Delete(node(on)?, service(id)?, cas(asked)))
            }
            Stored::CheckGet(on, id) => Self::Check(CheckOperation::Get(node(on)?, check(id)?)),
            Stored::CheckSet(on, value, asked) => {
                Self::Check(CheckOperation::Set(node(on)?, value.try_into()?, cas(asked)))
            }
            Stored::CheckDelete(on, id, asked) => {
                Self::Check(CheckOperation::Delete(node(on)?, check(id)?, cas(asked)))
            }
        })
    }
}

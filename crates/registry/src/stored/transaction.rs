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
use super::parts::{StoredNode, StoredService, Text, invalid};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredWrite<'a> {
    key: Text<'a>,
    value: Arc<[u8]>,
    flags: u64,
}

impl<'a> From<&'a KvWrite> for StoredWrite<'a> {
    fn from(write: &'a KvWrite) -> Self {
        Self { key: write.key.as_str().into(), value: Arc::clone(&write.value), flags: write.flags }
    }
}

impl TryFrom<StoredWrite<'_>> for KvWrite {
    type Error = StoredError;

    fn try_from(stored: StoredWrite<'_>) -> Result<Self, StoredError> {
        Ok(Self { key: Key::new(stored.key).map_err(invalid)?, value: stored.value, flags: stored.flags })
    }
}

type Cas = Option<u64>;

#[derive(Serialize, Deserialize)]
pub(super) enum StoredOperation<'a> {
    KvSet(StoredWrite<'a>, Cas),
    KvLock(StoredWrite<'a>, Text<'a>),
    KvUnlock(StoredWrite<'a>, Text<'a>),
    KvGet(Text<'a>),
    KvGetOrEmpty(Text<'a>),
    KvGetTree(Arc<str>),
    KvCheckIndex(Text<'a>, u64),
    KvCheckSession(Text<'a>, Option<Text<'a>>),
    KvCheckNotExists(Text<'a>),
    KvDelete(Text<'a>, Cas),
    KvDeleteTree(Arc<str>),
    NodeGet(Text<'a>),
    NodeGetById(Arc<str>),
    NodeSet(StoredNode<'a>, Cas),
    NodeDelete(Text<'a>, Cas),
    ServiceGet(Text<'a>, Text<'a>),
    ServiceSet(Text<'a>, StoredService<'a>, Cas),
    ServiceDelete(Text<'a>, Text<'a>, Cas),
    CheckGet(Text<'a>, Text<'a>),
    CheckSet(Text<'a>, StoredCheck<'a>, Cas),
    CheckDelete(Text<'a>, Text<'a>, Cas),
}

fn number(cas: Option<Index>) -> Cas {
    cas.map(|index| index.0)
}

impl<'a> From<&'a Operation> for StoredOperation<'a> {
    fn from(operation: &'a Operation) -> Self {
        match operation {
            Operation::Kv(operation) => operation.into(),
            Operation::Node(NodeOperation::Get(NodeReference::Name(name))) => Self::NodeGet(name.as_str().into()),
            Operation::Node(NodeOperation::Get(NodeReference::Id(id))) => Self::NodeGetById(Arc::clone(id)),
            Operation::Node(NodeOperation::Set(node, cas)) => Self::NodeSet(node.into(), number(*cas)),
            Operation::Node(NodeOperation::Delete(name, cas)) => Self::NodeDelete(name.as_str().into(), number(*cas)),
            Operation::Service(ServiceOperation::Get(node, id)) => {
                Self::ServiceGet(node.as_str().into(), id.as_str().into())
            }
            Operation::Service(ServiceOperation::Set(node, service, cas)) => {
                Self::ServiceSet(node.as_str().into(), service.into(), number(*cas))
            }
            Operation::Service(ServiceOperation::Delete(node, id, cas)) => {
                Self::ServiceDelete(node.as_str().into(), id.as_str().into(), number(*cas))
            }
            Operation::Check(CheckOperation::Get(node, id)) => Self::CheckGet(node.as_str().into(), id.as_str().into()),
            Operation::Check(CheckOperation::Set(node, check, cas)) => {
                Self::CheckSet(node.as_str().into(), check.into(), number(*cas))
            }
            Operation::Check(CheckOperation::Delete(node, id, cas)) => {
                Self::CheckDelete(node.as_str().into(), id.as_str().into(), number(*cas))
            }
        }
    }
}

impl<'a> From<&'a KvOperation> for StoredOperation<'a> {
    fn from(operation: &'a KvOperation) -> Self {
        match operation {
            KvOperation::Set(write, cas) => Self::KvSet(write.into(), number(*cas)),
            KvOperation::Lock(write, session) => Self::KvLock(write.into(), session.as_str().into()),
            KvOperation::Unlock(write, session) => Self::KvUnlock(write.into(), session.as_str().into()),
            KvOperation::Get(key) => Self::KvGet(key.as_str().into()),
            KvOperation::GetOrEmpty(key) => Self::KvGetOrEmpty(key.as_str().into()),
            KvOperation::GetTree(prefix) => Self::KvGetTree(Arc::clone(prefix)),
            KvOperation::CheckIndex(key, index) => Self::KvCheckIndex(key.as_str().into(), index.0),
            KvOperation::CheckSession(key, session) => {
                Self::KvCheckSession(key.as_str().into(), session.as_ref().map(|id| id.as_str().into()))
            }
            KvOperation::CheckNotExists(key) => Self::KvCheckNotExists(key.as_str().into()),
            KvOperation::Delete(key, cas) => Self::KvDelete(key.as_str().into(), number(*cas)),
            KvOperation::DeleteTree(prefix) => Self::KvDeleteTree(Arc::clone(prefix)),
        }
    }
}

impl TryFrom<StoredOperation<'_>> for Operation {
    type Error = StoredError;

    fn try_from(stored: StoredOperation<'_>) -> Result<Self, StoredError> {
        use StoredOperation as Stored;
        let key = |key: Text<'_>| Key::new(key).map_err(invalid);
        let node = |name: Text<'_>| NodeName::new(name).map_err(invalid);
        let service = |id: Text<'_>| ServiceId::new(id).map_err(invalid);
        let check = |id: Text<'_>| CheckId::new(id).map_err(invalid);
        let session = |id: Text<'_>| SessionId::new(id).map_err(invalid);
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

//! The stored form of commands.

use std::sync::Arc;
use std::time::Duration;

use muster_catalog::{CatalogCheck, CatalogDeregistration, CatalogRegistration, NodeUpdate};
use muster_model::{CheckId, CheckStatus, Index, Key, NodeName, Operation, ServiceId, SessionId};
use serde::{Deserialize, Serialize};

use super::StoredError;
use super::check::StoredCheck;
use super::control::{StoredDigest, StoredStep};
use super::parts::{StoredNode, StoredOwner, StoredService, invalid};
use super::session::StoredSession;
use super::transaction::{StoredOperation, StoredWrite};
use crate::command::{Command, KvSet};

#[derive(Serialize, Deserialize)]
pub(super) enum StoredCommand {
    Register {
        node: StoredNodeUpdate,
        service: Option<StoredService>,
        checks: Vec<(StoredCheck, bool)>,
        replace_checks: bool,
        owner: StoredOwner,
    },
    DeregisterNode(String),
    DeregisterService(String, String),
    DeregisterCheck(String, String),
    Report {
        node: String,
        check: String,
        status: Arc<str>,
        output: Arc<str>,
    },
    KvSet {
        key: String,
        value: Arc<[u8]>,
        flags: u64,
        cas: Option<u64>,
    },
    KvDelete {
        key: String,
        cas: Option<u64>,
    },
    KvDeleteUnder(Arc<str>),
    KvAcquire(StoredWrite, String),
    KvRelease(StoredWrite, String),
    SessionCreate(StoredSession),
    SessionDestroy(String),
    SessionExpire(String, u64),
    LockDelayOver(String, u64),
    Transaction(Vec<StoredOperation>),
    RaiseLevel(u32),
    StateDigest(StoredDigest),
    Restore(StoredStep),
    LeaseBegin(String, Duration),
    LeaseLapse(String, u64),
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredNodeUpdate {
    Put(StoredNode),
    Keep(String),
}

impl From<&Command> for StoredCommand {
    fn from(command: &Command) -> Self {
        match command {
            Command::Register(registration) => registered(registration),
            Command::Deregister(CatalogDeregistration::Node(node)) => Self::DeregisterNode(node.to_string()),
            Command::Deregister(CatalogDeregistration::Service(node, id)) => {
                Self::DeregisterService(node.to_string(), id.to_string())
            }
            Command::Deregister(CatalogDeregistration::Check(node, id)) => {
                Self::DeregisterCheck(node.to_string(), id.to_string())
            }
            Command::Report { node, check, status, output } => Self::Report {
                node: node.to_string(),
                check: check.to_string(),
                status: Arc::from(status.as_str()),
                output: Arc::clone(output),
            },
            Command::KvSet(set) => Self::KvSet {
                key: set.key.to_string(),
                value: Arc::clone(&set.value),
                flags: set.flags,
                cas: set.cas.map(|index| index.0),
            },
            Command::KvDelete { key, cas } => Self::KvDelete { key: key.to_string(), cas: cas.map(|index| index.0) },
            Command::KvDeleteUnder { prefix } => Self::KvDeleteUnder(Arc::clone(prefix)),
            Command::KvAcquire { write, session } => Self::KvAcquire(write.into(), session.to_string()),
            Command::KvRelease { write, session } => Self::KvRelease(write.into(), session.to_string()),
            Command::SessionCreate(session) => Self::SessionCreate((&**session).into()),
            Command::SessionDestroy(id) => Self::SessionDestroy(id.to_string()),
            Command::SessionExpire { id, epoch } => Self::SessionExpire(id.to_string(), epoch.0),
            Command::LockDelayOver { key, epoch } => Self::LockDelayOver(key.to_string(), epoch.0),
            Command::Transaction(operations) => Self::Transaction(operations.iter().map(Into::into).collect()),
            Command::RaiseLevel(level) => Self::RaiseLevel(*level),
            Command::StateDigest(digest) => Self::StateDigest(digest.into()),
            Command::Restore(step) => Self::Restore(step.into()),
            Command::LeaseBegin { node, length } => Self::LeaseBegin(node.to_string(), *length),
            Command::LeaseLapse { node, epoch } => Self::LeaseLapse(node.to_string(), epoch.0),
        }
    }
}

fn registered(registration: &CatalogRegistration) -> StoredCommand {
    StoredCommand::Register {
        node: match &registration.node {
            NodeUpdate::Put(node) => StoredNodeUpdate::Put(node.into()),
            NodeUpdate::Keep(name) => StoredNodeUpdate::Keep(name.to_string()),
        },
        service: registration.service.as_ref().map(Into::into),
        checks: registration.checks.iter().map(|wanted| ((&wanted.check).into(), wanted.keep_result)).collect(),
        replace_checks: registration.replace_checks,
        owner: registration.owner.into(),
    }
}

impl TryFrom<StoredCommand> for Command {
    type Error = StoredError;

    fn try_from(stored: StoredCommand) -> Result<Self, StoredError> {
        let node = |name: String| NodeName::new(name).map_err(invalid);
        let service = |id: String| ServiceId::new(id).map_err(invalid);
        let check = |id: String| CheckId::new(id).map_err(invalid);
        let key = |key: String| Key::new(key).map_err(invalid);
        let session = |id: String| SessionId::new(id).map_err(invalid);
        Ok(match stored {
            StoredCommand::Register { node, service, checks, replace_checks, owner } => {
                let checks = checks
                    .into_iter()
                    .map(|(check, keep_result)| Ok(CatalogCheck { check: check.try_into()?, keep_result }));
                Self::Register(Box::new(CatalogRegistration {
                    node: match node {
                        StoredNodeUpdate::Put(node) => NodeUpdate::Put(node.try_into()?),
                        StoredNodeUpdate::Keep(name) => NodeUpdate::Keep(NodeName::new(name).map_err(invalid)?),
                    },
                    service: service.map(TryInto::try_into).transpose()?,
                    checks: checks.collect::<Result<_, StoredError>>()?,
                    replace_checks,
                    owner: owner.into(),
                }))
            }
            StoredCommand::DeregisterNode(name) => Self::Deregister(CatalogDeregistration::Node(node(name)?)),
            StoredCommand::DeregisterService(name, id) => {
                Self::Deregister(CatalogDeregistration::Service(node(name)?, service(id)?))
            }
            StoredCommand::DeregisterCheck(name, id) => {
                Self::Deregister(CatalogDeregistration::Check(node(name)?, check(id)?))
            }
            StoredCommand::Report { node: name, check: id, status, output } => {
                Self::Report { node: node(name)?, check: check(id)?, status: CheckStatus::lenient(&status), output }
            }
            StoredCommand::KvSet { key: name, value, flags, cas } => {
                Self::KvSet(KvSet { key: key(name)?, value, flags, cas: cas.map(Index) })
            }
            StoredCommand::KvDelete { key: name, cas } => Self::KvDelete { key: key(name)?, cas: cas.map(Index) },
            StoredCommand::KvDeleteUnder(prefix) => Self::KvDeleteUnder { prefix },
            StoredCommand::KvAcquire(write, id) => Self::KvAcquire { write: write.try_into()?, session: session(id)? },
            StoredCommand::KvRelease(write, id) => Self::KvRelease { write: write.try_into()?, session: session(id)? },
            StoredCommand::SessionCreate(session) => Self::SessionCreate(Arc::new(session.try_into()?)),
            StoredCommand::SessionDestroy(id) => Self::SessionDestroy(session(id)?),
            StoredCommand::SessionExpire(id, epoch) => Self::SessionExpire { id: session(id)?, epoch: Index(epoch) },
            StoredCommand::LockDelayOver(name, epoch) => Self::LockDelayOver { key: key(name)?, epoch: Index(epoch) },
            StoredCommand::Transaction(operations) => {
                let operations: Result<Vec<Operation>, _> = operations.into_iter().map(TryInto::try_into).collect();
                Self::Transaction(operations?.into())
            }
            StoredCommand::RaiseLevel(level) => Self::RaiseLevel(level),
            StoredCommand::StateDigest(digest) => Self::StateDigest(digest.into()),
            StoredCommand::Restore(step) => Self::Restore(step.into()),
            StoredCommand::LeaseBegin(name, length) => Self::LeaseBegin { node: node(name)?, length },
            StoredCommand::LeaseLapse(name, epoch) => Self::LeaseLapse { node: node(name)?, epoch: Index(epoch) },
        })
    }
}

//! The stored form of commands.

use std::sync::Arc;
use std::time::Duration;

use muster_catalog::{CatalogCheck, CatalogDeregistration, CatalogRegistration, NodeUpdate};
use muster_model::{CheckId, CheckStatus, Index, Key, NodeName, Operation, ServiceId, SessionId};
use serde::{Deserialize, Serialize};

use super::StoredError;
use super::check::StoredCheck;
use super::control::{StoredDigest, StoredStep};
use super::parts::{StoredNode, StoredOwner, StoredService, Text, invalid};
use super::session::StoredSession;
use super::transaction::{StoredOperation, StoredWrite};
use crate::command::{Command, KvSet};

#[derive(Serialize, Deserialize)]
pub(super) enum StoredCommand<'a> {
    Register {
        node: StoredNodeUpdate<'a>,
        service: Option<StoredService<'a>>,
        checks: Vec<(StoredCheck<'a>, bool)>,
        replace_checks: bool,
        owner: StoredOwner,
    },
    DeregisterNode(Text<'a>),
    DeregisterService(Text<'a>, Text<'a>),
    DeregisterCheck(Text<'a>, Text<'a>),
    Report {
        node: Text<'a>,
        check: Text<'a>,
        status: Text<'a>,
        output: Arc<str>,
    },
    KvSet {
        key: Text<'a>,
        value: Arc<[u8]>,
        flags: u64,
        cas: Option<u64>,
    },
    KvDelete {
        key: Text<'a>,
        cas: Option<u64>,
    },
    KvDeleteUnder(Arc<str>),
    KvAcquire(StoredWrite<'a>, Text<'a>),
    KvRelease(StoredWrite<'a>, Text<'a>),
    SessionCreate(StoredSession<'a>),
    SessionDestroy(Text<'a>),
    SessionExpire(Text<'a>, u64),
    LockDelayOver(Text<'a>, u64),
    Transaction(Vec<StoredOperation<'a>>),
    RaiseLevel(u32),
    StateDigest(StoredDigest),
    Restore(StoredStep),
    LeaseBegin(Text<'a>, Duration),
    LeaseLapse(Text<'a>, u64),
    CatalogDeregisterNode(Text<'a>),
    CatalogDeregisterService(Text<'a>, Text<'a>),
    CatalogDeregisterCheck(Text<'a>, Text<'a>),
}

#[derive(Serialize, Deserialize)]
pub(super) enum StoredNodeUpdate<'a> {
    Put(StoredNode<'a>),
    Keep(Text<'a>),
}

impl<'a> From<&'a Command> for StoredCommand<'a> {
    fn from(command: &'a Command) -> Self {
        match command {
            Command::Register(registration) => registered(registration),
            Command::Deregister(CatalogDeregistration::Node(node)) => Self::DeregisterNode(node.as_str().into()),
            Command::Deregister(CatalogDeregistration::Service(node, id)) => {
                Self::DeregisterService(node.as_str().into(), id.as_str().into())
            }
            Command::Deregister(CatalogDeregistration::Check(node, id)) => {
                Self::DeregisterCheck(node.as_str().into(), id.as_str().into())
            }
            Command::CatalogDeregister(CatalogDeregistration::Node(node)) => {
                Self::CatalogDeregisterNode(node.as_str().into())
            }
            Command::CatalogDeregister(CatalogDeregistration::Service(node, id)) => {
                Self::CatalogDeregisterService(node.as_str().into(), id.as_str().into())
            }
            Command::CatalogDeregister(CatalogDeregistration::Check(node, id)) => {
                Self::CatalogDeregisterCheck(node.as_str().into(), id.as_str().into())
            }
            Command::Report { node, check, status, output } => Self::Report {
                node: node.as_str().into(),
                check: check.as_str().into(),
                status: status.as_str().into(),
                output: Arc::clone(output),
            },
            Command::KvSet(set) => Self::KvSet {
                key: set.key.as_str().into(),
                value: Arc::clone(&set.value),
                flags: set.flags,
                cas: set.cas.map(|index| index.0),
            },
            Command::KvDelete { key, cas } => {
                Self::KvDelete { key: key.as_str().into(), cas: cas.map(|index| index.0) }
            }
            Command::KvDeleteUnder { prefix } => Self::KvDeleteUnder(Arc::clone(prefix)),
            Command::KvAcquire { write, session } => Self::KvAcquire(write.into(), session.as_str().into()),
            Command::KvRelease { write, session } => Self::KvRelease(write.into(), session.as_str().into()),
            Command::SessionCreate(session) => Self::SessionCreate((&**session).into()),
            Command::SessionDestroy(id) => Self::SessionDestroy(id.as_str().into()),
            Command::SessionExpire { id, epoch } => Self::SessionExpire(id.as_str().into(), epoch.0),
            Command::LockDelayOver { key, epoch } => Self::LockDelayOver(key.as_str().into(), epoch.0),
            Command::Transaction(operations) => Self::Transaction(operations.iter().map(Into::into).collect()),
            Command::RaiseLevel(level) => Self::RaiseLevel(*level),
            Command::StateDigest(digest) => Self::StateDigest(digest.into()),
            Command::Restore(step) => Self::Restore(step.into()),
            Command::LeaseBegin { node, length } => Self::LeaseBegin(node.as_str().into(), *length),
            Command::LeaseLapse { node, epoch } => Self::LeaseLapse(node.as_str().into(), epoch.0),
        }
    }
}

fn registered(registration: &CatalogRegistration) -> StoredCommand<'_> {
    StoredCommand::Register {
        node: match &registration.node {
            NodeUpdate::Put(node) => StoredNodeUpdate::Put(node.into()),
            NodeUpdate::Keep(name) => StoredNodeUpdate::Keep(name.as_str().into()),
        },
        service: registration.service.as_ref().map(Into::into),
        checks: registration.checks.iter().map(|wanted| ((&wanted.check).into(), wanted.keep_result)).collect(),
        replace_checks: registration.replace_checks,
        owner: registration.owner.into(),
    }
}

impl TryFrom<StoredCommand<'_>> for Command {
    type Error = StoredError;

    fn try_from(stored: StoredCommand<'_>) -> Result<Self, StoredError> {
        let key = |key: Text<'_>| Key::new(key).map_err(invalid);
        let session = |id: Text<'_>| SessionId::new(id).map_err(invalid);
        Ok(match stored {
            StoredCommand::Register { node, service, checks, replace_checks, owner } => {
                Self::Register(Box::new(registration(node, service, checks, replace_checks, owner)?))
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
            StoredCommand::CatalogDeregisterNode(name) => {
                Self::CatalogDeregister(CatalogDeregistration::Node(node(name)?))
            }
            StoredCommand::CatalogDeregisterService(name, id) => {
                Self::CatalogDeregister(CatalogDeregistration::Service(node(name)?, service(id)?))
            }
            StoredCommand::CatalogDeregisterCheck(name, id) => {
                Self::CatalogDeregister(CatalogDeregistration::Check(node(name)?, check(id)?))
            }
        })
    }
}

fn node(name: Text<'_>) -> Result<NodeName, StoredError> {
    NodeName::new(name).map_err(invalid)
}

fn service(id: Text<'_>) -> Result<ServiceId, StoredError> {
    ServiceId::new(id).map_err(invalid)
}

fn check(id: Text<'_>) -> Result<CheckId, StoredError> {
    CheckId::new(id).map_err(invalid)
}

fn registration(
    update: StoredNodeUpdate<'_>,
    service: Option<StoredService<'_>>,
    checks: Vec<(StoredCheck<'_>, bool)>,
    replace_checks: bool,
    owner: StoredOwner,
) -> Result<CatalogRegistration, StoredError> {
    let checks =
        checks.into_iter().map(|(check, keep_result)| Ok(CatalogCheck { check: check.try_into()?, keep_result }));
    Ok(CatalogRegistration {
        node: match update {
            StoredNodeUpdate::Put(node) => NodeUpdate::Put(node.try_into()?),
            StoredNodeUpdate::Keep(name) => NodeUpdate::Keep(node(name)?),
        },
        service: service.map(TryInto::try_into).transpose()?,
        checks: checks.collect::<Result<_, StoredError>>()?,
        replace_checks,
        owner: owner.into(),
    })
}

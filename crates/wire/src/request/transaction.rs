//! The body of `/v1/txn`.

mod fields;

use std::sync::Arc;

use muster_model::{
    CheckOperation, Index, InvalidKey, InvalidName, Key, KvOperation, KvWrite, Node, NodeName, NodeOperation,
    NodeReference, Operation, ServiceId, ServiceOperation, SessionId, quoted,
};

use super::catalog::check_node_id;
use super::fields::{DecodeError, body_list};
use super::{CatalogRequestError, MetaProblem};
use crate::Status;
use fields::{CheckFields, KvFields, NodeFields, OperationFields, ServiceFields};

/// The most operations of one transaction.
pub const MAX_OPERATIONS: usize = 128;

/// A transaction as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TransactionRequest {
    /// Its operations, without those that are refused.
    pub operations: Vec<Operation>,
    /// Which operations are refused, from 0, and why. Then none is done.
    pub refused: Vec<(usize, OperationRefusal)>,
    /// The positions of [`Self::operations`].
    pub positions: Vec<usize>,
    /// Whether one of them writes.
    pub writes: bool,
}

/// Why a transaction is refused as a whole. Displays as Consul's answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactionRequestError {
    /// The body cannot be decoded.
    #[error("Failed to parse body: {0}")]
    Decode(#[from] DecodeError),
    /// Over [`MAX_OPERATIONS`].
    #[error("Transaction contains too many operations ({0} > {MAX_OPERATIONS})")]
    TooMany(usize),
    /// The body is over the limit.
    #[error(
        "Request body({bytes} bytes) too large, max size: {limit} bytes. See https://developer.hashicorp.com/docs/agent/config/config-files#txn_max_req_len."
    )]
    TooLarge {
        /// How long it is.
        bytes: u64,
        /// How long it may be.
        limit: u64,
    },
}

impl TransactionRequestError {
    /// The answer's status.
    pub fn status(&self) -> Status {
        match self {
            Self::Decode(_) => Status::BadRequest,
            Self::TooMany(_) | Self::TooLarge { .. } => Status::TooLarge,
        }
    }
}

/// Why an operation is refused before the registry sees it. Displays as Consul's `What`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperationRefusal {
    /// No key where one is needed.
    #[error("Must provide key")]
    MissingKey,
    /// A key over muster's limit.
    #[error("Invalid key: {0}")]
    Key(InvalidKey),
    /// A verb that keys do not have.
    #[error("unknown KV operation: {0}")]
    UnknownKvVerb(String),
    /// A verb that nodes, services and checks do not have.
    #[error("unknown {what} operation: {verb}")]
    UnknownVerb {
        /// `node` and the like.
        what: &'static str,
        /// The verb.
        verb: String,
    },
    /// A lock for no session.
    #[error("missing session")]
    MissingSession,
    /// A lock for something that cannot be a session's ID.
    #[error("invalid session {}", quoted(.0))]
    InvalidSession(String),
    /// A check that cannot be looked up, since it has no ID or no node. Each verb has words of its own for it.
    #[error("{0}: index error: object is missing a value for this index")]
    NoCheck(&'static str),
    /// An instance that is asked for without its ID.
    #[error("service \"\" on node {} doesn't exist", quoted(.0))]
    NoServiceId(String),
    /// Meta of a service that cannot be kept.
    #[error("Invalid Service Meta for node {node} and serviceID {service}: {problem}")]
    ServiceMeta {
        /// The node.
        node: String,
        /// The service's ID.
        service: String,
        /// What is wrong with it.
        problem: MetaProblem,
    },
    /// No node where one is needed.
    #[error("Must provide node")]
    MissingNode,
    /// A service on no node.
    #[error("Missing node registration")]
    NoNode,
    /// What a registration would be refused for, too.
    #[error(transparent)]
    Catalog(#[from] CatalogRequestError),
    /// A name or ID that muster does not take.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

impl OperationRefusal {
    /// Whether Consul finds it only when it comes to do the operation, and so tells of it beside what the others fail
    /// for. All other refusals are told before anything is tried.
    pub fn is_late(&self) -> bool {
        matches!(
            self,
            Self::MissingSession
                | Self::InvalidSession(_)
                | Self::NoCheck(_)
                | Self::NoServiceId(_)
                | Self::ServiceMeta { .. }
                | Self::NoNode
        )
    }
}

/// Reads the body of `/v1/txn`. Operations that are empty are left out, as in Consul, and not counted in positions.
pub fn transaction(body: &[u8]) -> Result<TransactionRequest, TransactionRequestError> {
    let list: Vec<OperationFields> = body_list(body, ("api.TxnOps", "api.TxnOp"), "TxnOp")?;
    if list.len() > MAX_OPERATIONS {
        return Err(TransactionRequestError::TooMany(list.len()));
    }
    let mut request = TransactionRequest::default();
    let mut at = 0;
    for fields in list {
        let (writes, operation) = match fields {
            OperationFields { kv: Some(kv), .. } => (writes_keys(&kv.verb), kv_operation(kv).map(Operation::Kv)),
            OperationFields { node: Some(node), .. } => (node.verb != "get", node_operation(node).map(Operation::Node)),
            OperationFields { service: Some(service), .. } => {
                (service.verb != "get", service_operation(service).map(Operation::Service))
            }
            OperationFields { check: Some(check), .. } => {
                (check.verb != "get", check_operation(check).map(Operation::Check))
            }
            _ => continue,
        };
        request.writes |= writes;
        match operation {
            Ok(operation) => {
                request.operations.push(operation);
                request.positions.push(at);
            }
            Err(refusal) => request.refused.push((at, refusal)),
        }
        at += 1;
    }
    Ok(request)
}

fn writes_keys(verb: &str) -> bool {
    matches!(verb, "set" | "cas" | "lock" | "unlock" | "delete" | "delete-cas" | "delete-tree")
}

fn kv_operation(fields: KvFields) -> Result<KvOperation, OperationRefusal> {
    let verb = &*fields.verb;
    if verb == "delete-tree" {
        return Ok(KvOperation::DeleteTree(Arc::from(fields.key)));
    }
    let key = Key::new(&fields.key).map_err(|error| match error {
        InvalidKey::Empty => OperationRefusal::MissingKey,
        InvalidKey::TooLong => OperationRefusal::Key(error),
    })?;
    let index = Index(fields.index);
    Ok(match verb {
        "get" => KvOperation::Get(key),
        "get-or-empty" => KvOperation::GetOrEmpty(key),
        "get-tree" => KvOperation::GetTree(Arc::from(fields.key)),
        "check-index" => KvOperation::CheckIndex(key, index),
        "check-session" if fields.session.is_empty() => KvOperation::CheckSession(key, None),
        "check-session" => KvOperation::CheckSession(key, Some(lock_session(&fields.session)?)),
        "check-not-exists" => KvOperation::CheckNotExists(key),
        "delete" => KvOperation::Delete(key, None),
        "delete-cas" => KvOperation::Delete(key, Some(index)),
        "set" | "cas" | "lock" | "unlock" => {
            let write = KvWrite { key, value: Arc::from(fields.value), flags: fields.flags };
            match verb {
                "set" => KvOperation::Set(write, None),
                "cas" => KvOperation::Set(write, Some(index)),
                "lock" => KvOperation::Lock(write, lock_session(&fields.session)?),
                _ => KvOperation::Unlock(write, lock_session(&fields.session)?),
            }
        }
        _ => return Err(OperationRefusal::UnknownKvVerb(fields.verb)),
    })
}

/// Reads the ID of the session that a key is to be locked or unlocked for.
pub fn lock_session(id: &str) -> Result<SessionId, OperationRefusal> {
    match id {
        "" => Err(OperationRefusal::MissingSession),
        id => SessionId::new(id).map_err(|_| OperationRefusal::InvalidSession(id.to_owned())),
    }
}

/// What a verb of nodes, services and checks means; `cas` and `delete-cas` compare the ModifyIndex.
enum Verb {
    Get,
    Set(Option<Index>),
    Delete(Option<Index>),
}

fn verb(what: &'static str, verb: String, index: u64) -> Result<Verb, OperationRefusal> {
    match &*verb {
        "get" => Ok(Verb::Get),
        "set" => Ok(Verb::Set(None)),
        "cas" => Ok(Verb::Set(Some(Index(index)))),
        "delete" => Ok(Verb::Delete(None)),
        "delete-cas" => Ok(Verb::Delete(Some(Index(index)))),
        _ => Err(OperationRefusal::UnknownVerb { what, verb }),
    }
}

fn node_operation(fields: NodeFields) -> Result<NodeOperation, OperationRefusal> {
    let verb = verb("node", fields.verb, fields.index)?;
    if matches!(verb, Verb::Get) && (fields.name.is_empty() || !fields.id.is_empty()) {
        return Ok(NodeOperation::Get(NodeReference::Id(Arc::from(fields.id))));
    }
    if fields.name.is_empty() {
        return Err(OperationRefusal::MissingNode);
    }
    if !matches!(verb, Verb::Get) {
        check_node_id(&fields.id)?;
    }
    let name = NodeName::new(&fields.name)?;
    Ok(match verb {
        Verb::Get => NodeOperation::Get(NodeReference::Name(name)),
        Verb::Delete(cas) => NodeOperation::Delete(name, cas),
        Verb::Set(cas) => {
            let has_control = |address: &str| address.chars().any(char::is_control);
            if has_control(&fields.address) || fields.tagged_addresses.values().any(|address| has_control(address)) {
                return Err(CatalogRequestError::NodeAddress.into());
            }
            let node = Node {
                name,
                id: Arc::from(fields.id),
                address: Arc::from(fields.address),
                tagged_addresses: fields.tagged_addresses,
                meta: fields.meta,
            };
            NodeOperation::Set(node, cas)
        }
    })
}

fn service_operation(fields: ServiceFields) -> Result<ServiceOperation, OperationRefusal> {
    let verb = verb("service", fields.verb, fields.index)?;
    let service = fields.service.in_transaction();
    if !matches!(verb, Verb::Get) {
        service.look()?;
    }
    let node = node_name(&fields.node)?;
    Ok(match verb {
        Verb::Get if service.given_id().is_empty() => return Err(OperationRefusal::NoServiceId(fields.node)),
        Verb::Get => ServiceOperation::Get(node, ServiceId::new(service.given_id())?),
        Verb::Delete(cas) => ServiceOperation::Delete(node, ServiceId::new(service.id())?, cas),
        Verb::Set(cas) => {
            if let Some(problem) = service.meta_problem() {
                let service = service.id().to_owned();
                return Err(OperationRefusal::ServiceMeta { node: fields.node, service, problem });
            }
            ServiceOperation::Set(node, service.validated()?, cas)
        }
    })
}

fn check_operation(fields: CheckFields) -> Result<CheckOperation, OperationRefusal> {
    let look_up = look_up(&fields.verb);
    let verb = verb("check", fields.verb, fields.index)?;
    let none = OperationRefusal::NoCheck(look_up);
    let has_id = !fields.check.given_id().is_empty() || !matches!(verb, Verb::Get);
    if fields.check.node().is_empty() || !has_id {
        return Err(none);
    }
    let node = NodeName::new(fields.check.node())?;
    let id = match fields.check.id() {
        Err(CatalogRequestError::MissingCheckId) => return Err(none),
        id => id?,
    };
    Ok(match verb {
        Verb::Get => CheckOperation::Get(node, id),
        Verb::Delete(cas) => CheckOperation::Delete(node, id, cas),
        Verb::Set(cas) => {
            let check = fields.check.validated(node.as_str())?;
            CheckOperation::Set(node, check, cas)
        }
    })
}

/// What Consul says first of a check that cannot be looked up.
fn look_up(verb: &str) -> &'static str {
    match verb {
        "set" => "failed health check lookup",
        "delete" => "check lookup failed",
        "delete-cas" => "check lookup failed: failed check lookup",
        _ => "failed check lookup",
    }
}

fn node_name(name: &str) -> Result<NodeName, OperationRefusal> {
    if name.is_empty() { Err(OperationRefusal::NoNode) } else { Ok(NodeName::new(name)?) }
}

#[cfg(test)]
mod tests;

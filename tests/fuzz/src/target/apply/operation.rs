//! Operations of transactions drawn from bytes.

use std::sync::Arc;

use muster_model::{CheckOperation, Index, KvOperation, NodeOperation, NodeReference, Operation, ServiceOperation};

use super::command::{cas, check, check_id, key, near, node, node_name, service, service_id, session_id, write};
use super::world::PREFIXES;
use crate::draw::Draw;

pub(super) fn draw(from: &mut Draw<'_>, index: Index) -> Operation {
    match from.below(24) {
        0..=12 => Operation::Kv(kv(from, index)),
        13 => Operation::Node(NodeOperation::Get(NodeReference::Name(node_name(from)))),
        14 => Operation::Node(NodeOperation::Get(NodeReference::Id(Arc::from(from.of(&["", "id-1"]))))),
        15 => Operation::Node(NodeOperation::Set(node(from), cas(from, index))),
        16 => Operation::Node(NodeOperation::Delete(node_name(from), cas(from, index))),
        17 => Operation::Service(ServiceOperation::Get(node_name(from), service_id(from))),
        18..=19 => Operation::Service(ServiceOperation::Set(node_name(from), service(from), cas(from, index))),
        20 => Operation::Service(ServiceOperation::Delete(node_name(from), service_id(from), cas(from, index))),
        21 => Operation::Check(CheckOperation::Get(node_name(from), check_id(from))),
        22 => Operation::Check(CheckOperation::Set(node_name(from), check(from), cas(from, index))),
        _ => Operation::Check(CheckOperation::Delete(node_name(from), check_id(from), cas(from, index))),
    }
}

fn kv(from: &mut Draw<'_>, index: Index) -> KvOperation {
    match from.below(13) {
        0..=1 => KvOperation::Set(write(from), cas(from, index)),
        2..=3 => KvOperation::Lock(write(from), session_id(from)),
        4 => KvOperation::Unlock(write(from), session_id(from)),
        5 => KvOperation::Get(key(from)),
        6 => KvOperation::GetOrEmpty(key(from)),
        7 => KvOperation::GetTree(Arc::from(from.of(&PREFIXES))),
        8 => KvOperation::CheckIndex(key(from), near(from, index)),
        9 => KvOperation::CheckSession(key(from), from.flag().then(|| session_id(from))),
        10 => KvOperation::CheckNotExists(key(from)),
        11 => KvOperation::Delete(key(from), cas(from, index)),
        _ => KvOperation::DeleteTree(Arc::from(from.of(&PREFIXES))),
    }
}

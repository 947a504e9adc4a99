//! Commands drawn from bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use muster_catalog::{CatalogCheck, CatalogDeregistration, CatalogRegistration, NodeUpdate, Owner};
use muster_model::{
    Check, CheckDefinition, CheckId, CheckStatus, Index, Key, KvWrite, Node, NodeName, Service, ServiceAddress,
    ServiceId, ServiceName, Session, SessionBehavior, SessionId, SessionServiceCheck, SessionTtl, Weights,
};
use muster_registry::{Command, KvSet, RestoreStep, StateDigest};

use super::operation;
use super::world::{CHECKS, INSTANCES, KEYS, NAMES, NODES, PREFIXES, SESSIONS, SPELLINGS, STATUSES};
use crate::draw::Draw;

const VALUES: [&str; 3] = ["", "1", "2"];
const ADDRESSES: [&str; 3] = ["10.0.0.1", "10.0.0.2", ""];

/// What comes next.
pub(super) enum Drawn {
    Command(Command),
    /// A snapshot.
    Save,
}

/// `index`: the state's, since indexes that are asked for are most telling near it. `saved`: the last snapshot.
pub(super) fn draw(from: &mut Draw<'_>, index: Index, saved: &[Vec<u8>]) -> Drawn {
    Drawn::Command(match from.below(35) {
        0..=5 => register(from),
        6 => Command::Deregister(CatalogDeregistration::Node(node_name(from))),
        7 => Command::Deregister(CatalogDeregistration::Service(node_name(from), service_id(from))),
        8 => Command::Deregister(CatalogDeregistration::Check(node_name(from), check_id(from))),
        9..=10 => Command::Report {
            node: node_name(from),
            check: check_id(from),
            status: status(from),
            output: Arc::from(from.of(&VALUES)),
        },
        11..=13 => kv_set(from, index),
        14 => Command::KvDelete { key: key(from), cas: cas(from, index) },
        15 => Command::KvDeleteUnder { prefix: Arc::from(from.of(&PREFIXES)) },
        16..=17 => Command::KvAcquire { write: write(from), session: session_id(from) },
        18 => Command::KvRelease { write: write(from), session: session_id(from) },
        19..=20 => Command::SessionCreate(Arc::new(session(from))),
        21 => Command::SessionDestroy(session_id(from)),
        22 => Command::SessionExpire { id: session_id(from), epoch: near(from, index) },
        23 => Command::LockDelayOver { key: key(from), epoch: near(from, index) },
        24..=26 => Command::Transaction((0..from.below(5)).map(|_| operation::draw(from, index)).collect()),
        27 => Command::LeaseBegin { node: node_name(from), length: Duration::from_secs(10) },
        28 => Command::LeaseLapse { node: node_name(from), epoch: near(from, index) },
        29 => control(from),
        30 => Command::Restore(restore(from, saved)),
        31 => return Drawn::Save,
        32 => Command::CatalogDeregister(CatalogDeregistration::Node(node_name(from))),
        33 => Command::CatalogDeregister(CatalogDeregistration::Service(node_name(from), service_id(from))),
        _ => Command::CatalogDeregister(CatalogDeregistration::Check(node_name(from), check_id(from))),
    })
}

/// Whether doing it twice is doing it once: it says what is to be, under no condition.
pub(super) fn is_absolute(command: &Command) -> bool {
    match command {
        // One that names a check twice says two things about it.
        Command::Register(registration) => {
            let ids: BTreeSet<_> = registration.checks.iter().map(|wanted| wanted.check.id.folded()).collect();
            ids.len() == registration.checks.len()
        }
        Command::Deregister(_)
        | Command::CatalogDeregister(_)
        | Command::Report { .. }
        | Command::KvDeleteUnder { .. } => true,
        Command::KvSet(set) => set.cas.is_none(),
        Command::KvDelete { cas, .. } => cas.is_none(),
        Command::SessionDestroy(_) | Command::SessionExpire { .. } | Command::LockDelayOver { .. } => true,
        _ => false,
    }
}

fn register(from: &mut Draw<'_>) -> Command {
    let node = if from.below(4) == 0 { NodeUpdate::Keep(node_name(from)) } else { NodeUpdate::Put(node(from)) };
    let service = (from.below(4) != 0).then(|| service(from));
    let checks = (0..from.below(3)).map(|_| CatalogCheck { check: check(from), keep_result: from.flag() });
    let checks = checks.collect();
    let (replace_checks, owner) = (from.flag(), from.of(&[Owner::Catalog, Owner::Agent, Owner::Server]));
    Command::Register(Box::new(CatalogRegistration { node, service, checks, replace_checks, owner }))
}

fn kv_set(from: &mut Draw<'_>, index: Index) -> Command {
    let write = write(from);
    Command::KvSet(KvSet { key: write.key, value: write.value, flags: write.flags, cas: cas(from, index) })
}

fn control(from: &mut Draw<'_>) -> Command {
    match from.flag() {
        true => Command::RaiseLevel(u32::from(from.below(5))),
        false => Command::StateDigest(StateDigest { position: 1, form: from.byte(), digest: [from.byte(); 32] }),
    }
}

/// Mostly the next step of restoring the last snapshot.
fn restore(from: &mut Draw<'_>, saved: &[Vec<u8>]) -> RestoreStep {
    let restore = u64::from(from.below(2));
    match from.below(8) {
        0 => RestoreStep::Abort { restore },
        1..=3 => RestoreStep::Commit { restore, chunks: 1 },
        4 => RestoreStep::Chunk { restore, number: 0, rows: Arc::from(vec![from.byte(), from.byte(), from.byte()]) },
        number => {
            let rows = Arc::from(saved.first().map_or(&[][..], Vec::as_slice));
            RestoreStep::Chunk { restore, number: u32::from(number == 7), rows }
        }
    }
}

pub(super) fn node_name(from: &mut Draw<'_>) -> NodeName {
    let names: &[&str] = if from.any_spelling { &SPELLINGS } else { &NODES };
    NodeName::new(from.of(names)).expect("a name")
}

pub(super) fn service_id(from: &mut Draw<'_>) -> ServiceId {
    ServiceId::new(from.of(&INSTANCES)).expect("an ID")
}

pub(super) fn check_id(from: &mut Draw<'_>) -> CheckId {
    CheckId::new(from.of(&CHECKS)).expect("an ID")
}

pub(super) fn key(from: &mut Draw<'_>) -> Key {
    Key::new(from.of(&KEYS)).expect("a key")
}

pub(super) fn session_id(from: &mut Draw<'_>) -> SessionId {
    SessionId::new(from.of(&SESSIONS)).expect("an ID")
}

fn status(from: &mut Draw<'_>) -> CheckStatus {
    CheckStatus::lenient(from.of(&STATUSES))
}

/// An index at or shortly before another one.
pub(super) fn near(from: &mut Draw<'_>, index: Index) -> Index {
    Index(index.0.saturating_sub(u64::from(from.below(12))))
}

pub(super) fn cas(from: &mut Draw<'_>, index: Index) -> Option<Index> {
    match from.below(6) {
        0 => Some(near(from, index)),
        1 => Some(Index(0)),
        _ => None,
    }
}

pub(super) fn write(from: &mut Draw<'_>) -> KvWrite {
    KvWrite { key: key(from), value: Arc::from(from.of(&VALUES).as_bytes()), flags: u64::from(from.below(2)) }
}

pub(super) fn node(from: &mut Draw<'_>) -> Node {
    let meta = if from.flag() { BTreeMap::from([(Arc::from("k"), Arc::from("v"))]) } else { BTreeMap::new() };
    Node {
        name: node_name(from),
        id: Arc::from(from.of(&["", "id-1", "id-2"])),
        address: Arc::from(from.of(&ADDRESSES)),
        tagged_addresses: meta.clone(),
        meta,
    }
}

pub(super) fn service(from: &mut Draw<'_>) -> Service {
    let address = ServiceAddress { address: Arc::from("10.9.9.9"), port: 9 };
    Service {
        id: service_id(from),
        name: ServiceName::new(from.of(&NAMES)).expect("a name"),
        tags: (0..from.below(3)).map(|_| Arc::from(from.of(&["t", "u"]))).collect(),
        address: Arc::from(from.of(&ADDRESSES)),
        tagged_addresses: from.flag().then(|| (Arc::from("lan"), address)).into_iter().collect(),
        meta: BTreeMap::new(),
        port: i32::from(from.below(3)),
        socket_path: Arc::from(""),
        weights: Weights { passing: i32::from(from.below(2)), warning: 1 },
        enable_tag_override: from.flag(),
    }
}

pub(super) fn check(from: &mut Draw<'_>) -> Check {
    Check {
        id: check_id(from),
        name: Arc::from("check"),
        status: status(from),
        notes: Arc::from(""),
        output: Arc::from(from.of(&VALUES)),
        service_id: from.flag().then(|| service_id(from)),
        kind: Arc::from("ttl"),
        definition: from.flag().then(|| CheckDefinition::ttl(Duration::from_secs(10)).into()),
    }
}

fn session(from: &mut Draw<'_>) -> Session {
    let service_check = |from: &mut Draw<'_>| SessionServiceCheck { id: check_id(from), namespace: Arc::from("") };
    Session {
        id: session_id(from),
        name: Arc::from(""),
        node: node_name(from),
        node_checks: (0..from.below(3)).map(|_| check_id(from)).collect(),
        service_checks: (0..from.below(2)).map(|_| service_check(from)).collect(),
        behavior: if from.flag() { SessionBehavior::Delete } else { SessionBehavior::Release },
        ttl: from.flag().then(|| SessionTtl { text: Arc::from("10s"), length: Duration::from_secs(10) }),
        lock_delay: Duration::from_secs(u64::from(from.below(2))),
    }
}

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use muster_catalog::{CatalogCheck, CatalogDeregistration, CatalogRegistration, NodeUpdate, Owner};
use muster_model::{
    Check, CheckDefinition, CheckId, CheckOperation, CheckStatus, Described, DescribedValue, HttpProbe, Index, Key,
    KvOperation, KvWrite, Node, NodeName, NodeOperation, NodeReference, Operation, Probe, Service, ServiceAddress,
    ServiceId, ServiceName, ServiceOperation, Session, SessionBehavior, SessionId, SessionServiceCheck, SessionTtl,
    Thresholds, Tls, Weights,
};

use super::*;
use crate::command::{KvSet, Outcome, RestoreStep, StateDigest};

/// One command of every kind, with every field in use.
fn every_command() -> Vec<Command> {
    let text = |text: &str| Arc::<str>::from(text);
    let node_name = || NodeName::new("n").unwrap();
    let service_id = || ServiceId::new("s").unwrap();
    let check_id = || CheckId::new("c").unwrap();
    let node = Node {
        name: node_name(),
        id: text("i"),
        address: text("a"),
        tagged_addresses: BTreeMap::from([(text("lan"), text("l"))]),
        meta: BTreeMap::from([(text("k"), text("v"))]),
    };
    let service = Service {
        id: service_id(),
        name: ServiceName::new("w").unwrap(),
        tags: vec![text("t")],
        address: text("b"),
        tagged_addresses: BTreeMap::from([(text("wan"), ServiceAddress { address: text("x"), port: 7 })]),
        meta: BTreeMap::from([(text("m"), text("1"))]),
        port: 80,
        socket_path: text("p"),
        weights: Weights { passing: 3, warning: 2 },
        enable_tag_override: true,
    };
    let check = Check {
        id: check_id(),
        name: text("cn"),
        status: CheckStatus::Other(text("odd")),
        notes: text("no"),
        output: text("ou"),
        service_id: Some(service_id()),
        kind: text("ttl"),
        definition: Some(CheckDefinition::ttl(Duration::from_millis(1500)).into()),
    };
    let register = |node, service, checks, owner| {
        Command::Register(Box::new(CatalogRegistration { node, service, checks, replace_checks: true, owner }))
    };
    vec![
        register(NodeUpdate::Put(node), Some(service), vec![CatalogCheck { check, keep_result: true }], Owner::Agent),
        register(NodeUpdate::Keep(node_name()), None, vec![], Owner::Catalog),
        register(NodeUpdate::Keep(node_name()), None, vec![], Owner::Server),
        Command::Deregister(CatalogDeregistration::Node(node_name())),
        Command::Deregister(CatalogDeregistration::Service(node_name(), service_id())),
        Command::Deregister(CatalogDeregistration::Check(node_name(), check_id())),
        Command::Report { node: node_name(), check: check_id(), status: CheckStatus::Warning, output: text("o") },
        Command::KvSet(KvSet {
            key: Key::new("k").unwrap(),
            value: Arc::from(&b"v"[..]),
            flags: 300,
            cas: Some(Index(0)),
        }),
        Command::KvDelete { key: Key::new("k").unwrap(), cas: None },
        Command::KvDeleteUnder { prefix: text("p/") },
    ]
}

fn session() -> Session {
    Session {
        id: SessionId::new("u").unwrap(),
        name: Arc::from("l"),
        node: NodeName::new("n").unwrap(),
        node_checks: vec![CheckId::new("c").unwrap()],
        service_checks: vec![SessionServiceCheck { id: CheckId::new("d").unwrap(), namespace: Arc::from("x") }],
        behavior: SessionBehavior::Delete,
        ttl: Some(SessionTtl { text: Arc::from("15.0s"), length: Duration::from_secs(15) }),
        lock_delay: Duration::from_millis(1),
    }
}

fn write() -> KvWrite {
    KvWrite { key: Key::new("k").unwrap(), value: Arc::from(&b"v"[..]), flags: 300 }
}

/// One operation of every kind; what they hold of nodes, services and checks is in [`every_command`].
fn every_operation() -> Vec<Operation> {
    let key = || Key::new("k").unwrap();
    let node_name = || NodeName::new("n").unwrap();
    let (service_id, check_id) = (|| ServiceId::new("s").unwrap(), || CheckId::new("c").unwrap());
    let cas = || Some(Index(200));
    let mut commands = every_command();
    let Command::Register(registration) = commands.swap_remove(0) else { panic!("the first is a registration") };
    let NodeUpdate::Put(node) = registration.node else { panic!("with a node") };
    let (service, check) = (registration.service.unwrap(), registration.checks[0].check.clone());
    let keys = [
        KvOperation::Set(write(), cas()),
        KvOperation::Lock(write(), session().id),
        KvOperation::Unlock(write(), session().id),
        KvOperation::Get(key()),
        KvOperation::GetOrEmpty(key()),
        KvOperation::GetTree(Arc::from("p/")),
        KvOperation::CheckIndex(key(), Index(200)),
        KvOperation::CheckSession(key(), Some(session().id)),
        KvOperation::CheckNotExists(key()),
        KvOperation::Delete(key(), cas()),
        KvOperation::DeleteTree(Arc::from("p/")),
    ];
    let mut operations: Vec<_> = keys.into_iter().map(Operation::Kv).collect();
    operations.extend([
        Operation::Node(NodeOperation::Get(NodeReference::Name(node_name()))),
        Operation::Node(NodeOperation::Get(NodeReference::Id(Arc::from("i")))),
        Operation::Node(NodeOperation::Set(node, None)),
        Operation::Node(NodeOperation::Delete(node_name(), cas())),
        Operation::Service(ServiceOperation::Get(node_name(), service_id())),
        Operation::Service(ServiceOperation::Set(node_name(), service, cas())),
        Operation::Service(ServiceOperation::Delete(node_name(), service_id(), None)),
        Operation::Check(CheckOperation::Get(node_name(), check_id())),
        Operation::Check(CheckOperation::Set(node_name(), check, cas())),
        Operation::Check(CheckOperation::Delete(node_name(), check_id(), None)),
    ]);
    operations
}

/// The commands that came with sessions and transactions.
fn every_session_command() -> Vec<Command> {
    vec![
        Command::KvAcquire { write: write(), session: session().id },
        Command::KvRelease { write: write(), session: session().id },
        Command::SessionCreate(Arc::new(session())),
        Command::SessionDestroy(session().id),
        Command::SessionExpire { id: session().id, epoch: Index(200) },
        Command::LockDelayOver { key: Key::new("k").unwrap(), epoch: Index(200) },
        Command::Transaction(every_operation().into()),
    ]
}

/// A state with a row of every kind.
fn full_state() -> State {
    let mut state = State::default();
    state.applied.insert(7, 9);
    let mut check = CatalogCheck { keep_result: false, ..checks()[0].clone() };
    check.check.id = CheckId::new("d").unwrap();
    let own = CatalogCheck {
        check: Check { service_id: None, id: CheckId::new("c").unwrap(), ..check.check.clone() },
        ..check.clone()
    };
    let mut commands = every_command();
    let Command::Register(mut registration) = commands.swap_remove(0) else { panic!("the first is a registration") };
    registration.checks = vec![check, own];
    let put =
        |key: &str| Command::KvSet(KvSet { key: Key::new(key).unwrap(), value: Arc::from([]), flags: 0, cas: None });
    let other = Session { id: SessionId::new("w").unwrap(), ..session() };
    let delayed = KvWrite { key: Key::new("m").unwrap(), ..write() };
    let commands = [
        Command::Register(registration),
        put("p/x"),
        put("p/y"),
        Command::KvDelete { key: Key::new("p/y").unwrap(), cas: None },
        Command::SessionCreate(Arc::new(session())),
        Command::SessionCreate(Arc::new(other.clone())),
        Command::KvAcquire { write: write(), session: session().id },
        Command::KvAcquire { write: delayed, session: other.id.clone() },
        Command::SessionDestroy(other.id),
    ];
    for command in commands {
        assert_eq!(state.apply(&command).0, Ok(Outcome::Done), "{command:?}");
    }
    state
}

fn checks() -> Vec<CatalogCheck> {
    match every_command().swap_remove(0) {
        Command::Register(registration) => registration.checks,
        other => panic!("{other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What version 1 wrote must be readable for ever: a change of these bytes is a new version, not a fix of this test.
#[test]
fn version_1_stays_as_it_is() {
    let commands = every_command();
    let encoded = encode_batch(&commands);
    assert_eq!(hex(&encoded), include_str!("tests/batch-v1.hex").trim());
    assert_eq!(decode_batch(&encoded).unwrap(), commands);
}

/// The same for what version 1 has been able to say since agents keep what they have.
#[test]
fn what_others_deregister_stays_as_it_is() {
    let node = || NodeName::new("n").unwrap();
    let targets = [
        CatalogDeregistration::Node(node()),
        CatalogDeregistration::Service(node(), ServiceId::new("s").unwrap()),
        CatalogDeregistration::Check(node(), CheckId::new("c").unwrap()),
    ];
    let commands = targets.map(Command::CatalogDeregister);
    let encoded = encode_batch(&commands);
    assert_eq!(hex(&encoded), include_str!("tests/others-deregister-v1.hex").trim());
    assert_eq!(decode_batch(&encoded).unwrap(), commands);
}

/// The same for what version 1 has been able to say since there are sessions.
#[test]
fn sessions_and_transactions_stay_as_they_are() {
    let commands = every_session_command();
    let encoded = encode_batch(&commands);
    assert_eq!(hex(&encoded), include_str!("tests/batch-v1-sessions.hex").trim());
    assert_eq!(decode_batch(&encoded).unwrap(), commands);
}

/// The commands that came with rules level 2.
fn every_control_command() -> Vec<Command> {
    let node = || NodeName::new("n").unwrap();
    vec![
        Command::RaiseLevel(2),
        Command::StateDigest(StateDigest { position: 300, form: 1, digest: [7; 32] }),
        Command::Restore(RestoreStep::Chunk { restore: 9, number: 300, rows: Arc::from(&b"rows"[..]) }),
        Command::Restore(RestoreStep::Commit { restore: 9, chunks: 301 }),
        Command::Restore(RestoreStep::Abort { restore: 9 }),
        Command::LeaseBegin { node: node(), length: Duration::from_secs(10) },
        Command::LeaseLapse { node: node(), epoch: Index(200) },
    ]
}

#[test]
fn what_came_with_rules_level_2_stays_as_it_is() {
    let commands = every_control_command();
    let encoded = encode_batch(&commands);
    assert_eq!(hex(&encoded), include_str!("tests/batch-v1-control.hex").trim());
    assert_eq!(decode_batch(&encoded).unwrap(), commands);
}

#[test]
fn rows_that_came_with_rules_level_2_stay_as_they_are() {
    let mut state = full_state();
    for command in every_control_command() {
        // Of a restore there is nothing to be kept, and the lapse is of another lease.
        let _ = state.apply(&command);
    }
    state.restored = Index(9);
    let plain: String = encode_state(&full_state(), 1 << 20).iter().map(|chunk| hex(chunk)).collect();
    let chunks = encode_state(&state, 1 << 20);
    let all: String = chunks.iter().map(|chunk| hex(chunk)).collect();
    // After the version and the number of rows they are those of before, and three more.
    let more = all[4..].strip_prefix(&plain[4..]).unwrap();
    assert_eq!(more, "0b020c090d016e010a0000");
    let restored = decode_state(&chunks).unwrap();
    assert_eq!(encode_state(&restored, 1 << 20), chunks);
}

/// A check of every kind that an agent runs, with every field in use.
fn every_run_check() -> Vec<Command> {
    let text = |text: &str| Arc::<str>::from(text);
    let tls = || Tls { skip_verify: true, server_name: text("n") };
    let (address, service, node) = (|| text("a:1"), ServiceId::new("s").unwrap(), NodeName::new("n").unwrap());
    let http = HttpProbe {
        url: text("u"),
        method: text("M"),
        header: BTreeMap::from([(text("h"), vec![text("1"), text("2")])]),
        body: text("b"),
        tls: tls(),
        disable_redirects: true,
    };
    let probes = [
        Probe::Ttl { ttl: Duration::from_secs(1) },
        Probe::Http(http),
        Probe::Tcp { address: address(), tls: Some(tls()) },
        Probe::Udp { address: address() },
        Probe::Grpc { target: address(), tls: Some(Tls::default()) },
        Probe::H2Ping { address: address(), tls: None },
        Probe::Script { args: vec![text("x"), text("y")] },
        Probe::Docker { container: text("c"), shell: text("/s"), args: vec![text("x")] },
        Probe::Alias { service: Some(service), node: Some(node) },
        Probe::Described(Described {
            interval: text("1s"),
            timeout: text("2s"),
            fields: BTreeMap::from([
                (text("A"), DescribedValue::Flag),
                (text("B"), DescribedValue::Number(-300)),
                (text("C"), DescribedValue::Text(text("t"))),
                (text("D"), DescribedValue::Texts(vec![text("x")])),
                (text("E"), DescribedValue::Lists(BTreeMap::from([(text("h"), vec![text("1")])]))),
            ]),
        }),
    ];
    let definition = |probe| CheckDefinition {
        probe,
        interval: Duration::from_millis(1500),
        timeout: Duration::from_secs(2),
        thresholds: Thresholds { success_before_passing: 1, failures_before_warning: 2, failures_before_critical: 3 },
        output_max_bytes: 300,
        deregister_after: Duration::from_secs(90),
        alone: true,
    };
    let plain = checks()[0].check.clone();
    let check = |probe| Check { definition: Some(Arc::new(definition(probe))), ..plain.clone() };
    let checks = probes.map(|probe| CatalogCheck { check: check(probe), keep_result: true });
    let node = NodeUpdate::Keep(NodeName::new("n").unwrap());
    let (checks, owner) = (checks.to_vec(), Owner::Agent);
    let registration = CatalogRegistration { node, service: None, checks, replace_checks: false, owner };
    vec![Command::Register(Box::new(registration))]
}

/// The same for what version 1 has been able to say since agents run checks.
#[test]
fn checks_that_are_run_stay_as_they_are() {
    let commands = every_run_check();
    let encoded = encode_batch(&commands);
    assert_eq!(hex(&encoded), include_str!("tests/batch-v1-checks.hex").trim());
    assert_eq!(decode_batch(&encoded).unwrap(), commands);
}

#[test]
fn a_snapshot_stays_as_it_is() {
    let state = full_state();
    let chunks = encode_state(&state, 1 << 20);
    assert_eq!(
        chunks.iter().map(|chunk| hex(chunk)).collect::<Vec<_>>(),
        [include_str!("tests/snapshot-v1.hex").trim()]
    );
    let restored = decode_state(&chunks).unwrap();
    assert_eq!(restored.session("u"), state.session("u"));
    assert_eq!(restored.lock_delays, state.lock_delays);
    assert_eq!(encode_state(&restored, 1 << 20), chunks);
}

/// As they were written before there were sessions.
#[test]
fn a_snapshot_without_sessions_is_read() {
    let mut state = State::default();
    let set = KvSet { key: Key::new("k").unwrap(), value: Arc::from(&b"v"[..]), flags: 0, cas: None };
    assert!(state.apply(&Command::KvSet(set)).0.is_ok());
    let older = "0102000100000000000000000005016b01760000000101".to_owned();
    let bytes: Vec<u8> =
        (0..older.len()).step_by(2).map(|at| u8::from_str_radix(&older[at..at + 2], 16).unwrap()).collect();
    let restored = decode_state(&[bytes]).unwrap();
    assert_eq!((restored.index(), restored.key("k")), (state.index(), state.key("k")));
    assert_eq!(restored.all_sessions(), state.all_sessions());
}

#[test]
fn a_newer_version_and_damage_are_told_apart() {
    let mut encoded = encode_batch(&every_command());
    let cut = &encoded[..encoded.len() - 1];
    assert!(matches!(decode_batch(cut), Err(StoredError::Damaged(_))));
    assert!(matches!(decode_batch(&[]), Err(StoredError::Empty)));
    encoded[0] = 2;
    let newer = decode_batch(&encoded).unwrap_err();
    assert_eq!(newer.to_string(), "stored in format version 2; this muster reads up to 1: use a newer one");
}

#[test]
fn rows_that_no_registry_writes_are_refused() {
    use super::snapshot::Row;
    let head = Row::Head {
        index: u64::MAX,
        applied: vec![],
        nodes: 0,
        services: 0,
        checks: 0,
        by_status: [0; 3],
        node_gone: 0,
        service_gone: 0,
    };
    let deep = Row::KeyChange { path: vec![b'k'; muster_model::MAX_KEY_BYTES + 1], index: 1 };
    for (row, reason) in [(head, "leaves no room"), (deep, "4097 bytes")] {
        let error = decode_state(&[encode(&vec![row])]).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}

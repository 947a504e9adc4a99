use std::collections::{BTreeMap, BTreeSet};

use muster_model::{
    CheckOperation, KvOperation, NodeOperation, NodeReference, Operation, ServiceOperation, Session, SessionBehavior,
    SessionId, SessionTtl,
};
use proptest::prelude::*;

use super::*;
use crate::stored::{decode_batch, decode_state, encode_batch, encode_state};
use crate::timers::Timers;

const NODES: [&str; 2] = ["n1", "n2"];
const NAMES: [&str; 2] = ["a", "b"];
const IDS: [&str; 3] = ["i1", "i2", "i3"];
const CHECKS: [&str; 2] = ["c1", "c2"];
const KEYS: [&str; 4] = ["p/x", "p/y", "p", "q/z"];
const SESSIONS: [&str; 3] = ["s1", "s2", "s3"];
/// Stands in a generated command for the epoch that the state has, whichever that is.
const CURRENT: Index = Index(u64::MAX);

/// Every query of a small world with its index, topics and body.
pub(super) fn probes(state: &State) -> Vec<(String, Vec<Topic>, Index, String)> {
    let mut all = Vec::new();
    let mut probe = |name: String, topic: Topic, index: Index, body: String| all.push((name, vec![topic], index, body));
    let shared = |text: &str| Arc::<str>::from(text);
    let answer = state.all_nodes();
    probe("nodes".into(), Topic::Nodes, answer.index, format!("{:?}", answer.value));
    let answer = state.all_services();
    probe("services".into(), Topic::Services, answer.index, format!("{:?}", answer.value));
    for (status, topic) in [
        ("any", Topic::Checks),
        ("passing", Topic::ChecksIn("passing")),
        ("warning", Topic::ChecksIn("warning")),
        ("critical", Topic::ChecksIn("critical")),
    ] {
        let answer = state.checks_in(status);
        probe(format!("state {status}"), topic, answer.index, format!("{:?}", answer.value));
    }
    for name in NAMES {
        let answer = state.instances(name);
        probe(format!("service {name}"), Topic::Service(shared(name)), answer.index, format!("{:?}", answer.value));
        let answer = state.healthy_or_not(name);
        probe(format!("health {name}"), Topic::Health(shared(name)), answer.index, format!("{:?}", answer.value));
        let answer = state.checks_of_service(name);
        probe(
            format!("checks {name}"),
            Topic::ServiceChecks(shared(name)),
            answer.index,
            format!("{:?}", answer.value),
        );
    }
    for name in NODES {
        let answer = state.node_services(name);
        probe(format!("node {name}"), Topic::Node(shared(name)), answer.index, format!("{:?}", answer.value));
        let answer = state.checks_of_node(name);
        probe(
            format!("node checks {name}"),
            Topic::NodeChecks(shared(name)),
            answer.index,
            format!("{:?}", answer.value),
        );
    }
    let answer = state.all_sessions();
    probe("sessions".into(), Topic::Sessions, answer.index, format!("{:?}", answer.value));
    for name in NODES {
        let answer = state.sessions_on(name);
        let topic = Topic::NodeSessions(shared(name));
        probe(format!("sessions on {name}"), topic, answer.index, format!("{:?}", answer.value));
    }
    for id in SESSIONS {
        let answer = state.session(id);
        let topic = Topic::Session(session_id(id));
        probe(format!("session {id}"), topic, answer.index, format!("{:?}", answer.value));
    }
    for key in KEYS {
        let answer = state.key(key);
        probe(format!("key {key}"), Topic::Key(Key::new(key).unwrap()), answer.index, format!("{:?}", answer.value));
    }
    for prefix in ["", "p", "p/", "p/z", "q,", "r"] {
        let answer = state.keys_under(prefix);
        let topic = state.awaited(&Topic::KeysUnder(shared(prefix)));
        probe(format!("under {prefix}"), topic, answer.index, format!("{:?}", answer.value));
    }
    let answer = state.services_with(|node, service| &*node.address == "10.0.0.1" && service.port == 1);
    let topics = state.services_with_topics();
    all.push(("services with".into(), topics, answer.index, format!("{:?}", answer.value)));
    all
}

fn woken(changes: &Changes, topic: &Topic) -> bool {
    changes.topics.iter().any(|changed| match (changed, topic) {
        (Topic::Key(key), Topic::KeysUnder(prefix)) => key.as_str().starts_with(&**prefix),
        (changed, topic) => changed == topic,
    })
}

fn one_of(list: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    proptest::sample::select(list)
}

fn status() -> impl Strategy<Value = CheckStatus> {
    one_of(&["passing", "warning", "critical", "odd"]).prop_map(CheckStatus::lenient)
}

fn any_check() -> impl Strategy<Value = CatalogCheck> {
    (one_of(&CHECKS), proptest::option::of(one_of(&IDS)), status(), any::<bool>())
        .prop_map(|(id, service, status, keep_result)| CatalogCheck { keep_result, ..check(id, service, status) })
}

fn any_service() -> impl Strategy<Value = Service> {
    let tags = proptest::collection::vec(one_of(&["t", "u"]), 0..3);
    (one_of(&IDS), one_of(&NAMES), 1..3, tags).prop_map(|(id, name, port, tags)| service(id, name, port, &tags))
}

fn session_id(id: &str) -> SessionId {
    SessionId::new(id).unwrap()
}

fn any_session() -> impl Strategy<Value = Session> {
    let checks = proptest::collection::vec(one_of(&CHECKS), 0..3);
    let behavior =
        any::<bool>().prop_map(|delete| if delete { SessionBehavior::Delete } else { SessionBehavior::Release });
    (one_of(&SESSIONS), one_of(&NODES), checks, behavior, 0..2u64, any::<bool>()).prop_map(
        |(id, node, checks, behavior, delay, ttl)| Session {
            node_checks: checks.into_iter().map(|id| CheckId::new(id).unwrap()).collect(),
            behavior,
            ttl: ttl.then(|| SessionTtl { text: Arc::from("10s"), length: Duration::from_secs(10) }),
            lock_delay: Duration::from_secs(delay),
            ..session(id, node)
        },
    )
}

fn any_epoch() -> impl Strategy<Value = Index> {
    prop_oneof![3 => Just(CURRENT), 1 => (0..20u64).prop_map(Index)]
}

fn any_session_command() -> impl Strategy<Value = Command> {
    let key = || one_of(&KEYS).prop_map(|key| Key::new(key).unwrap());
    let value = || one_of(&["", "1", "2"]);
    prop_oneof![
        4 => any_session().prop_map(create),
        1 => one_of(&SESSIONS).prop_map(destroy),
        1 => (one_of(&SESSIONS), any_epoch())
            .prop_map(|(id, epoch)| Command::SessionExpire { id: session_id(id), epoch }),
        2 => (key(), any_epoch()).prop_map(|(key, epoch)| Command::LockDelayOver { key, epoch }),
        6 => (one_of(&KEYS), value(), one_of(&SESSIONS)).prop_map(|(key, value, id)| acquire(key, value, id)),
        2 => (one_of(&KEYS), value(), one_of(&SESSIONS)).prop_map(|(key, value, id)| release(key, value, id)),
    ]
}

fn any_kv_operation() -> impl Strategy<Value = KvOperation> {
    let key = || one_of(&KEYS).prop_map(|key| Key::new(key).unwrap());
    let any_write = || (one_of(&KEYS), one_of(&["", "1", "2"])).prop_map(|(key, value)| write(key, value));
    let id = || one_of(&SESSIONS).prop_map(session_id);
    let cas = || proptest::option::weighted(0.2, (0..20u64).prop_map(Index));
    let prefix = || one_of(&["p", "p/", "", "r"]).prop_map(Arc::from);
    prop_oneof![
        4 => (any_write(), cas()).prop_map(|(write, cas)| KvOperation::Set(write, cas)),
        4 => (any_write(), id()).prop_map(|(write, id)| KvOperation::Lock(write, id)),
        1 => (any_write(), id()).prop_map(|(write, id)| KvOperation::Unlock(write, id)),
        1 => key().prop_map(KvOperation::Get),
        1 => key().prop_map(KvOperation::GetOrEmpty),
        1 => prefix().prop_map(KvOperation::GetTree),
        1 => (key(), (0..20u64).prop_map(Index)).prop_map(|(key, index)| KvOperation::CheckIndex(key, index)),
        1 => (key(), proptest::option::of(id())).prop_map(|(key, id)| KvOperation::CheckSession(key, id)),
        1 => key().prop_map(KvOperation::CheckNotExists),
        2 => (key(), cas()).prop_map(|(key, cas)| KvOperation::Delete(key, cas)),
        1 => prefix().prop_map(KvOperation::DeleteTree),
    ]
}

fn any_operation() -> impl Strategy<Value = Operation> {
    let name = || one_of(&NODES).prop_map(|name| NodeName::new(name).unwrap());
    let instance = || one_of(&IDS).prop_map(|id| ServiceId::new(id).unwrap());
    let check = || one_of(&CHECKS).prop_map(|id| CheckId::new(id).unwrap());
    let cas = || proptest::option::weighted(0.2, (0..20u64).prop_map(Index));
    let any_node = (one_of(&NODES), 1..3).prop_map(|(name, address)| node(name, &format!("10.0.0.{address}")));
    prop_oneof![
        8 => any_kv_operation().prop_map(Operation::Kv),
        1 => name().prop_map(|name| Operation::Node(NodeOperation::Get(NodeReference::Name(name)))),
        1 => Just(Operation::Node(NodeOperation::Get(NodeReference::Id(Arc::from(""))))),
        2 => (any_node, cas()).prop_map(|(node, cas)| Operation::Node(NodeOperation::Set(node, cas))),
        1 => (name(), cas()).prop_map(|(name, cas)| Operation::Node(NodeOperation::Delete(name, cas))),
        1 => (name(), instance()).prop_map(|(node, id)| Operation::Service(ServiceOperation::Get(node, id))),
        2 => (name(), any_service(), cas())
            .prop_map(|(node, service, cas)| Operation::Service(ServiceOperation::Set(node, service, cas))),
        1 => (name(), instance(), cas())
            .prop_map(|(node, id, cas)| Operation::Service(ServiceOperation::Delete(node, id, cas))),
        1 => (name(), check()).prop_map(|(node, id)| Operation::Check(CheckOperation::Get(node, id))),
        2 => (name(), any_check(), cas())
            .prop_map(|(node, wanted, cas)| Operation::Check(CheckOperation::Set(node, wanted.check, cas))),
        1 => (name(), check(), cas())
            .prop_map(|(node, id, cas)| Operation::Check(CheckOperation::Delete(node, id, cas))),
    ]
}

/// The command with the epochs that the state has in place of [`CURRENT`].
fn resolved(state: &State, command: Command) -> Command {
    match command {
        Command::SessionExpire { id, epoch: CURRENT } => {
            let epoch = state.sessions.get(&id).map_or(Index(0), |record| record.session.created);
            Command::SessionExpire { id, epoch }
        }
        Command::LockDelayOver { key, epoch: CURRENT } => {
            let epoch = state.lock_delays.get(&key).map_or(Index(0), |delay| delay.epoch);
            Command::LockDelayOver { key, epoch }
        }
        other => other,
    }
}

/// Who holds which key, by what the keys say.
fn holders(state: &State) -> BTreeMap<SessionId, BTreeSet<Key>> {
    let mut holders: BTreeMap<SessionId, BTreeSet<Key>> = BTreeMap::new();
    for entry in state.kv.under("") {
        if let Some(id) = &entry.session {
            holders.entry(id.clone()).or_default().insert(entry.key.clone());
        }
    }
    holders
}

/// What must hold of sessions and locks in every state.
fn check_sessions(state: &State) -> Result<(), TestCaseError> {
    let by_keys = holders(state);
    prop_assert!(by_keys.keys().all(|id| state.sessions.contains_key(id)), "a key is held by a session that is gone");
    for (id, record) in &state.sessions {
        let listed: BTreeSet<Key> = record.locks.iter().cloned().collect();
        prop_assert_eq!(by_keys.get(id).cloned().unwrap_or_default(), listed, "what {} holds", id);
        let session = &record.session.value;
        let node = state.nodes.get(&session.node.folded());
        prop_assert!(node.is_some(), "{id} outlived its node");
        for check in session.checks() {
            let status = node.and_then(|node| node.checks.get(&check.folded())).map(|row| &row.check.value.status);
            prop_assert!(status.is_some_and(|status| *status != CheckStatus::Critical), "{id} outlived {check:?}");
        }
        let on_node = state.node_sessions.get(&session.node.folded());
        prop_assert!(on_node.is_some_and(|listed| listed.ids.contains(id)));
    }
    let listed: usize = state.node_sessions.values().map(|listed| listed.ids.len()).sum();
    prop_assert_eq!(listed, state.sessions.len());
    prop_assert!(state.node_sessions.values().all(|listed| !listed.ids.is_empty()));
    Ok(())
}

/// What must hold between two states of the locks.
fn check_locks(
    before: &State,
    command: &Command,
    outcome: &Result<Outcome, Rejection>,
    after: &State,
) -> Result<(), TestCaseError> {
    for entry in before.kv.under("") {
        let Some(now) = after.kv.get(entry.key.as_str()).filter(|now| now.created == entry.created) else { continue };
        prop_assert!(now.lock_index >= entry.lock_index, "LockIndex went back by {command:?}");
        let (Some(then), Some(now)) = (&entry.session, &now.session) else { continue };
        // Within one transaction a lock may be given back and taken by another.
        let in_one_step = matches!(command, Command::Transaction(_));
        prop_assert!(then == now || in_one_step, "taken from its holder by {command:?}");
    }
    if let Command::KvAcquire { write, session } = command {
        let holder = before.kv.get(write.key.as_str()).and_then(|entry| entry.session.clone());
        let may = !before.lock_delays.contains_key(&write.key) && holder.is_none_or(|holder| holder == *session);
        match outcome {
            Ok(Outcome::Done) => prop_assert!(may),
            Ok(_) => prop_assert!(!may),
            Err(_) => prop_assert!(!before.sessions.contains_key(session)),
        }
    }
    Ok(())
}

fn any_command() -> impl Strategy<Value = Command> {
    let operations = proptest::collection::vec(any_operation(), 0..5);
    prop_oneof![
        6 => any_catalog_or_key_command(),
        5 => any_session_command(),
        2 => operations.prop_map(|operations| Command::Transaction(operations.into())),
    ]
}

fn any_catalog_or_key_command() -> impl Strategy<Value = Command> {
    let checks = proptest::collection::vec(any_check(), 0..3);
    let registration =
        (one_of(&NODES), 1..3, proptest::option::of(any_service()), checks, any::<bool>(), any::<bool>(), 0..2u8);
    let registration = registration.prop_map(|(name, address, service, checks, keep, replace_checks, owner)| {
        let node = node(name, &format!("10.0.0.{address}"));
        Command::Register(Box::new(CatalogRegistration {
            node: if keep { NodeUpdate::Keep(node.name) } else { NodeUpdate::Put(node) },
            service,
            checks,
            replace_checks,
            owner: if owner == 0 { Owner::Catalog } else { Owner::Agent },
        }))
    });
    let name = |name: &str| NodeName::new(name).unwrap();
    prop_oneof![
        6 => registration,
        1 => one_of(&NODES).prop_map(move |node| Command::Deregister(CatalogDeregistration::Node(name(node)))),
        2 => (one_of(&NODES), one_of(&IDS)).prop_map(move |(node, id)| {
            Command::Deregister(CatalogDeregistration::Service(name(node), ServiceId::new(id).unwrap()))
        }),
        2 => (one_of(&NODES), one_of(&CHECKS)).prop_map(move |(node, id)| {
            Command::Deregister(CatalogDeregistration::Check(name(node), CheckId::new(id).unwrap()))
        }),
        1 => one_of(&NODES).prop_map(move |node| Command::CatalogDeregister(CatalogDeregistration::Node(name(node)))),
        1 => (one_of(&NODES), one_of(&IDS)).prop_map(move |(node, id)| {
            Command::CatalogDeregister(CatalogDeregistration::Service(name(node), ServiceId::new(id).unwrap()))
        }),
        1 => (one_of(&NODES), one_of(&CHECKS)).prop_map(move |(node, id)| {
            Command::CatalogDeregister(CatalogDeregistration::Check(name(node), CheckId::new(id).unwrap()))
        }),
        1 => one_of(&NODES).prop_map(move |node| Command::LeaseBegin { node: name(node), length: Duration::from_secs(10) }),
        1 => (one_of(&NODES), 1..4u64)
            .prop_map(move |(node, epoch)| Command::LeaseLapse { node: name(node), epoch: Index(epoch) }),
        2 => (one_of(&NODES), one_of(&CHECKS), status(), one_of(&["", "out"])).prop_map(
            move |(node, id, status, output)| Command::Report {
                node: name(node),
                check: CheckId::new(id).unwrap(),
                status,
                output: Arc::from(output),
            }
        ),
        3 => (one_of(&KEYS), one_of(&["", "1", "2"])).prop_map(|(key, value)| put(key, value)),
        2 => one_of(&KEYS).prop_map(|key| Command::KvDelete { key: Key::new(key).unwrap(), cas: None }),
        1 => one_of(&["p", "p/", "", "r"]).prop_map(|prefix| Command::KvDeleteUnder { prefix: Arc::from(prefix) }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// The index rules, for every query of a small world: an index never goes back; a body that changes
    /// raises its index above all before and wakes those who wait for it; the index covers its body; the
    /// counter moves by one exactly when something changed; stored commands and snapshots give the same
    /// state again. Sessions and locks: a key has one holder, which lives; a session lives no longer than what
    /// it is tied to; LockIndex never goes back; timers run for exactly what the state says.
    #[test]
    fn indexes_and_wakes_follow_every_change(
        level in 1..=RULES_LEVEL,
        commands in proptest::collection::vec(any_command(), 1..60),
    ) {
        let mut state = State { rules: Level(level), ..State::default() };
        let timers = Timers::default();
        for command in commands {
            let command = resolved(&state, command);
            let earlier = state.clone();
            let (before, counter) = (probes(&state), state.index());
            prop_assert_eq!(decode_batch(&encode_batch(std::slice::from_ref(&command))).unwrap(), vec![command.clone()]);
            let (outcome, changes) = state.apply(&command);
            let after = probes(&state);
            check_sessions(&state)?;
            check_locks(&earlier, &command, &outcome, &state)?;
            timers.follow(changes.timers.clone());
            prop_assert_eq!(timers.running(), Timers::of(&state).running(), "timers after {:?}", command);
            prop_assert!(outcome.is_ok() || changes == Changes::default());
            if outcome.is_err() {
                prop_assert_eq!(encode_state(&state, 1 << 20), encode_state(&earlier, 1 << 20), "{:?}", command);
            }
            let effective = !changes.topics.is_empty();
            prop_assert_eq!(state.index(), if effective { counter.next() } else { counter });
            for ((name, topics, old_index, old_body), (_, _, index, body)) in before.iter().zip(&after) {
                prop_assert!(index >= old_index, "{name}: index went back from {old_index} to {index} by {command:?}");
                prop_assert!(*index <= state.index().max(Index(1)), "{name}: index from the future");
                if body != old_body {
                    prop_assert!(outcome.is_ok());
                    prop_assert_eq!(*index, state.index(), "{}: changed without its index, by {:?}", name, command);
                    prop_assert!(topics.iter().any(|topic| woken(&changes, topic)), "{name}: nobody woken by {command:?}");
                }
            }
            let restored = decode_state(&encode_state(&state, 64)).unwrap();
            prop_assert_eq!(restored.index(), state.index());
            prop_assert_eq!(probes(&restored), after, "a snapshot gives the same state again");
            prop_assert_eq!(&restored.indexes, &state.indexes);
            prop_assert_eq!(&restored.lock_delays, &state.lock_delays);
            check_sessions(&restored)?;
        }
    }
}

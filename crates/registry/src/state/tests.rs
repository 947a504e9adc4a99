use std::collections::BTreeMap;

use muster_catalog::{CatalogCheck, CatalogDeregistration, CatalogRegistration, NodeUpdate, Owner};
use muster_model::{
    Check, CheckDefinition, CheckId, CheckStatus, Key, Node, NodeName, Service, ServiceId, ServiceName, Weights,
};
use proptest::prelude::*;

use super::*;
use crate::command::KvSet;
use crate::stored::{decode_batch, decode_state, encode_batch, encode_state};

fn node(name: &str, address: &str) -> Node {
    Node {
        name: NodeName::new(name).unwrap(),
        id: Arc::from(""),
        address: Arc::from(address),
        tagged_addresses: BTreeMap::new(),
        meta: BTreeMap::new(),
    }
}

fn service(id: &str, name: &str, port: i32, tags: &[&str]) -> Service {
    Service {
        id: ServiceId::new(id).unwrap(),
        name: ServiceName::new(name).unwrap(),
        tags: tags.iter().map(|tag| Arc::from(*tag)).collect(),
        address: Arc::from(""),
        tagged_addresses: BTreeMap::new(),
        meta: BTreeMap::new(),
        port,
        socket_path: Arc::from(""),
        weights: Weights::default(),
        enable_tag_override: false,
    }
}

fn check(id: &str, service: Option<&str>, status: CheckStatus) -> CatalogCheck {
    let check = Check {
        id: CheckId::new(id).unwrap(),
        name: Arc::from(id),
        status,
        notes: Arc::from(""),
        output: Arc::from(""),
        service_id: service.map(|id| ServiceId::new(id).unwrap()),
        kind: Arc::from("ttl"),
        definition: Some(CheckDefinition::Ttl { ttl: std::time::Duration::from_secs(10) }),
    };
    CatalogCheck { check, keep_result: false }
}

fn register(node: Node, service: Option<Service>, checks: Vec<CatalogCheck>) -> Command {
    Command::Register(Box::new(CatalogRegistration {
        node: NodeUpdate::Put(node),
        service,
        checks,
        replace_checks: false,
        owner: Owner::Catalog,
    }))
}

fn put(key: &str, value: &str) -> Command {
    let key = Key::new(key).unwrap();
    Command::KvSet(KvSet { key, value: Arc::from(value.as_bytes()), flags: 0, cas: None })
}

fn done(state: &mut State, command: Command) -> Changes {
    let (outcome, changes) = state.apply(&command);
    assert_eq!(outcome, Ok(Outcome::Done), "{command:?}");
    changes
}

fn rejected(state: &mut State, command: Command) -> Rejection {
    let before = probes(state);
    let (outcome, changes) = state.apply(&command);
    assert_eq!(changes, Changes::default());
    assert_eq!(probes(state), before, "a rejected command leaves everything as it is");
    outcome.unwrap_err()
}

#[test]
fn registering_the_same_again_moves_nothing() {
    let mut state = State::default();
    let command = register(
        node("n1", "10.0.0.1"),
        Some(service("a1", "a", 80, &["t"])),
        vec![check("c1", Some("a1"), CheckStatus::Passing)],
    );
    done(&mut state, command.clone());
    let before = (state.index(), probes(&state));
    assert_eq!(done(&mut state, command), Changes::default());
    assert_eq!((state.index(), probes(&state)), before);
}

#[test]
fn a_registration_is_one_step() {
    let mut state = State::default();
    let checks = vec![check("c1", Some("a1"), CheckStatus::Passing)];
    done(&mut state, register(node("n1", "10.0.0.1"), Some(service("a1", "a", 80, &[])), checks));
    assert_eq!(state.index(), Index(1));
    let broken = vec![check("c2", Some("gone"), CheckStatus::Passing)];
    let rejection = rejected(&mut state, register(node("n2", "10.0.0.2"), Some(service("b", "b", 1, &[])), broken));
    assert_eq!(rejection.to_string(), "Unknown service ID 'gone' for check ID 'c2'");
}

#[test]
fn an_instance_under_another_name_is_gone_from_the_old_one() {
    let mut state = State::default();
    done(&mut state, register(node("n1", "10.0.0.1"), Some(service("a1", "old", 80, &[])), vec![]));
    let changes = done(&mut state, register(node("n1", "10.0.0.1"), Some(service("a1", "new", 80, &[])), vec![]));
    assert!(changes.topics.contains(&Topic::Health(Arc::from("old"))));
    assert!(changes.topics.contains(&Topic::Health(Arc::from("new"))));
    assert_eq!(state.healthy_or_not("old").value, []);
    assert_eq!(state.healthy_or_not("old").index, Index(2));
}

#[test]
fn a_change_of_the_only_instance_is_not_the_services_end() {
    let mut state = State::default();
    done(&mut state, register(node("n1", "10.0.0.1"), Some(service("a1", "a", 80, &[])), vec![]));
    let absent = state.healthy_or_not("absent").index;
    done(&mut state, register(node("n1", "10.0.0.1"), Some(service("a1", "a", 81, &[])), vec![]));
    assert_eq!(state.healthy_or_not("absent").index, absent);
}

#[test]
fn another_owner_alone_moves_no_index() {
    let mut state = State::default();
    let command = register(node("n1", "10.0.0.1"), Some(service("a1", "a", 80, &[])), vec![]);
    done(&mut state, command.clone());
    let before = probes(&state);
    let Command::Register(mut registration) = command else { unreachable!() };
    registration.owner = Owner::Agent;
    done(&mut state, Command::Register(registration));
    assert_eq!(probes(&state), before);
    assert_eq!(state.entries_of("n1", Owner::Agent).services.len(), 1);
}

#[test]
fn names_are_compared_without_case() {
    let mut state = State::default();
    done(&mut state, register(node("N1", "10.0.0.1"), Some(service("A1", "Web", 80, &[])), vec![]));
    done(&mut state, register(node("n1", "10.0.0.1"), Some(service("a1", "web", 81, &[])), vec![]));
    assert_eq!(state.all_nodes().value.len(), 1);
    assert_eq!(state.instances("WEB").value.len(), 1);
    assert_eq!(state.instances("web").value[0].service.value.port, 81);
}

#[test]
fn deregistering_a_service_removes_its_checks() {
    let mut state = State::default();
    let checks = vec![check("c1", Some("a1"), CheckStatus::Passing), check("own", None, CheckStatus::Passing)];
    done(&mut state, register(node("n1", "10.0.0.1"), Some(service("a1", "a", 80, &[])), checks));
    let gone = CatalogDeregistration::Service(NodeName::new("n1").unwrap(), ServiceId::new("a1").unwrap());
    done(&mut state, Command::Deregister(gone));
    let left: Vec<_> = state.checks_of_node("n1").value.iter().map(|row| row.check.value.id.to_string()).collect();
    assert_eq!(left, ["own"]);
    assert_eq!(state.all_services().value, []);
}

#[test]
fn a_check_wakes_health_but_not_the_catalog() {
    let mut state = State::default();
    let passing = vec![check("c1", Some("a1"), CheckStatus::Passing)];
    done(&mut state, register(node("n1", "10.0.0.1"), Some(service("a1", "a", 80, &[])), passing));
    let report = Command::Report {
        node: NodeName::new("n1").unwrap(),
        check: CheckId::new("c1").unwrap(),
        status: CheckStatus::Critical,
        output: Arc::from("down"),
    };
    let changes = done(&mut state, report);
    assert!(changes.topics.contains(&Topic::Health(Arc::from("a"))));
    assert!(!changes.topics.contains(&Topic::Service(Arc::from("a"))));
    assert_eq!(state.instances("a").index, Index(1));
    assert_eq!(state.healthy_or_not("a").index, Index(2));
}

#[test]
fn a_kept_result_survives_registration_by_the_agent() {
    let mut state = State::default();
    let passing = vec![check("c1", Some("a1"), CheckStatus::Passing)];
    done(&mut state, register(node("n1", "10.0.0.1"), Some(service("a1", "a", 80, &[])), passing));
    let again = CatalogCheck { keep_result: true, ..check("c1", Some("a1"), CheckStatus::Critical) };
    done(&mut state, register(node("n1", "10.0.0.1"), Some(service("a1", "a", 81, &[])), vec![again]));
    assert_eq!(state.healthy_or_not("a").value[0].checks[0].value.status, CheckStatus::Passing);
}

#[test]
fn a_live_nodes_name_is_not_taken_by_another_id() {
    let mut state = State::default();
    let first = Node { id: Arc::from("id-1"), ..node("n1", "10.0.0.1") };
    done(&mut state, register(first, None, vec![check("serfHealth", None, CheckStatus::Passing)]));
    let second = Node { id: Arc::from("id-2"), ..node("n1", "10.0.0.2") };
    let rejection = rejected(&mut state, register(second, None, vec![]));
    assert_eq!(rejection.to_string(), "Node name n1 is reserved by node id-1 with name n1 (10.0.0.1)");
}

#[test]
fn keys_follow_consuls_compare_and_set() {
    let mut state = State::default();
    let set = |cas| {
        Command::KvSet(KvSet {
            key: Key::new("k").unwrap(),
            value: Arc::from(&b"x"[..]),
            flags: 0,
            cas: Some(Index(cas)),
        })
    };
    assert_eq!(state.apply(&set(5)).0, Ok(Outcome::Declined), "absent, but an index is asked for");
    assert_eq!(state.apply(&set(0)).0, Ok(Outcome::Done));
    assert_eq!(state.apply(&set(0)).0, Ok(Outcome::Declined));
    let delete = |cas| Command::KvDelete { key: Key::new("k").unwrap(), cas: Some(Index(cas)) };
    assert_eq!(state.apply(&delete(9)).0, Ok(Outcome::Declined));
    assert_eq!(state.apply(&delete(1)).0, Ok(Outcome::Done));
    assert_eq!(state.apply(&delete(7)).0, Ok(Outcome::Done), "absent: nothing to do");
}

const NODES: [&str; 2] = ["n1", "n2"];
const NAMES: [&str; 2] = ["a", "b"];
const IDS: [&str; 3] = ["i1", "i2", "i3"];
const CHECKS: [&str; 2] = ["c1", "c2"];
const KEYS: [&str; 4] = ["p/x", "p/y", "p", "q/z"];

/// Every query of a small world with its index, topics and body.
fn probes(state: &State) -> Vec<(String, Vec<Topic>, Index, String)> {
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
    for key in KEYS {
        let answer = state.key(key);
        probe(format!("key {key}"), Topic::Key(Key::new(key).unwrap()), answer.index, format!("{:?}", answer.value));
    }
    for prefix in ["", "p", "p/", "r"] {
        let answer = state.keys_under(prefix);
        probe(format!("under {prefix}"), Topic::KeysUnder(shared(prefix)), answer.index, format!("{:?}", answer.value));
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

fn any_command() -> impl Strategy<Value = Command> {
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
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// The index rules, for every query of a small world: an index never goes back; a body that changes
    /// raises its index above all before and wakes those who wait for it; the index covers its body; the
    /// counter moves by one exactly when something changed; stored commands and snapshots give the same
    /// state again.
    #[test]
    fn indexes_and_wakes_follow_every_change(commands in proptest::collection::vec(any_command(), 1..40)) {
        let mut state = State::default();
        for command in commands {
            let (before, counter) = (probes(&state), state.index());
            prop_assert_eq!(decode_batch(&encode_batch(std::slice::from_ref(&command))).unwrap(), vec![command.clone()]);
            let (outcome, changes) = state.apply(&command);
            let after = probes(&state);
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
        }
    }
}

mod lock;
mod node_id;
mod ownership;
mod property;
mod restore;
mod session;
mod transaction;

use std::collections::BTreeMap;
use std::time::Duration;

use muster_catalog::{CatalogCheck, CatalogDeregistration, CatalogRegistration, NodeUpdate, Owner, Part};
use muster_model::{
    Check, CheckDefinition, CheckId, CheckStatus, Key, KvWrite, Node, NodeName, Service, ServiceId, ServiceName,
    Session, SessionBehavior, SessionId, Weights,
};

use super::*;
use crate::command::KvSet;

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
        definition: Some(CheckDefinition::ttl(std::time::Duration::from_secs(10)).into()),
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
    let before = property::probes(state);
    let (outcome, changes) = state.apply(&command);
    assert_eq!(changes, Changes::default());
    assert_eq!(property::probes(state), before, "a rejected command leaves everything as it is");
    outcome.unwrap_err()
}

#[test]
fn what_is_registered_again_and_again_is_kept_once() {
    let mut state = State::default();
    for id in ["a1", "a2"] {
        let instance = Service { address: Arc::from("10.0.0.1"), ..service(id, "a", 80, &["v1"]) };
        let checks = vec![check(&format!("check-{id}"), Some(id), CheckStatus::Passing)];
        done(&mut state, register(node("n1", "10.0.0.1"), Some(instance), checks));
    }
    let rows = state.healthy_or_not("a").value;
    let [first, second] = &rows[..] else { panic!("{rows:?}") };
    let (a, b) = (&first.service.value, &second.service.value);
    assert!(Arc::ptr_eq(&a.tags[0], &b.tags[0]) && Arc::ptr_eq(&a.name.shared(), &b.name.shared()));
    assert!(Arc::ptr_eq(&a.address, &first.node.value.address));
    let service_id = first.checks[0].value.service_id.as_ref().unwrap();
    assert!(Arc::ptr_eq(&service_id.shared(), &a.id.shared()));
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
    let before = (state.index(), property::probes(&state));
    assert_eq!(done(&mut state, command), Changes::default());
    assert_eq!((state.index(), property::probes(&state)), before);
}

#[test]
fn replacing_a_services_checks_leaves_those_that_are_named_as_they_were() {
    let mut state = State::default();
    let of_it = |id| check(id, Some("a1"), CheckStatus::Passing);
    let registration = |checks| register(node("n1", "10.0.0.1"), Some(service("a1", "a", 80, &[])), checks);
    done(&mut state, registration(vec![of_it("gone"), of_it("kept")]));
    done(&mut state, register(node("n1", "10.0.0.1"), None, vec![check("of-the-node", None, CheckStatus::Passing)]));
    let Command::Register(mut replacing) = registration(vec![of_it("kept"), of_it("new")]) else { unreachable!() };
    replacing.replace_checks = true;
    done(&mut state, Command::Register(replacing));
    let rows = state.checks_of_node("n1").value;
    let found: Vec<_> = rows.iter().map(|row| (row.check.value.id.as_str(), row.check.created)).collect();
    assert_eq!(found, [("kept", Index(1)), ("new", Index(3)), ("of-the-node", Index(2))]);
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
fn the_list_of_services_changes_with_names_and_tags_only() {
    let mut state = State::default();
    let listed = |state: &mut State, service| {
        let changes = done(state, register(node("n1", "10.0.0.1"), Some(service), vec![]));
        (changes.topics.contains(&Topic::Services), state.all_services().index)
    };
    assert_eq!(listed(&mut state, service("a1", "a", 80, &["t"])), (true, Index(1)));
    assert_eq!(listed(&mut state, service("a1", "a", 81, &["t", "t"])), (false, Index(1)));
    assert_eq!(listed(&mut state, service("a1", "a", 81, &["u"])), (true, Index(3)));
    assert_eq!(listed(&mut state, service("a1", "A", 81, &["u"])), (true, Index(4)), "spelled otherwise");
    assert_eq!(listed(&mut state, service("a1", "b", 81, &["u"])), (true, Index(5)));
}

#[test]
fn a_tag_is_listed_as_long_as_an_instance_has_it() {
    let mut state = State::default();
    let mut tags = |id, tags: &[&str]| {
        done(&mut state, register(node("n1", "10.0.0.1"), Some(service(id, "a", 80, tags)), vec![]));
        state.names.get("a").unwrap().tags.keys().map(|tag| tag.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(tags("a1", &["t", "u"]), ["t", "u"]);
    assert_eq!(tags("a2", &["t"]), ["t", "u"]);
    assert_eq!(tags("a1", &["v"]), ["t", "v"]);
    assert_eq!(tags("a2", &["v"]), ["v"]);
}

#[test]
fn another_owner_alone_moves_no_index() {
    let mut state = State::default();
    let command = register(node("n1", "10.0.0.1"), Some(service("a1", "a", 80, &[])), vec![]);
    done(&mut state, command.clone());
    let before = property::probes(&state);
    let Command::Register(mut registration) = command else { unreachable!() };
    registration.owner = Owner::Agent;
    done(&mut state, Command::Register(registration));
    assert_eq!(property::probes(&state), before);
    assert_eq!(state.entries_of("n1", Owner::Agent, Part::All).services.len(), 1);
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
    let text = r#"Error while renaming Node ID: "id-2": Node name n1 is reserved by node id-1 with name n1 (10.0.0.1)"#;
    assert_eq!(rejection.to_string(), text);
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

fn session(id: &str, node: &str) -> Session {
    Session {
        id: SessionId::new(id).unwrap(),
        name: Arc::from(""),
        node: NodeName::new(node).unwrap(),
        node_checks: Vec::new(),
        service_checks: Vec::new(),
        behavior: SessionBehavior::Release,
        ttl: None,
        lock_delay: Duration::ZERO,
    }
}

fn create(session: Session) -> Command {
    Command::SessionCreate(Arc::new(session))
}

fn destroy(id: &str) -> Command {
    Command::SessionDestroy(SessionId::new(id).unwrap())
}

fn write(key: &str, value: &str) -> KvWrite {
    KvWrite { key: Key::new(key).unwrap(), value: Arc::from(value.as_bytes()), flags: 0 }
}

fn acquire(key: &str, value: &str, session: &str) -> Command {
    Command::KvAcquire { write: write(key, value), session: SessionId::new(session).unwrap() }
}

fn release(key: &str, value: &str, session: &str) -> Command {
    Command::KvRelease { write: write(key, value), session: SessionId::new(session).unwrap() }
}

fn declined(state: &mut State, command: Command) {
    assert_eq!(state.apply(&command), (Ok(Outcome::Declined), Changes::default()), "{command:?}");
}

/// A state with node n1, its checks c1 (its own) and c2 (of instance a1), all passing.
fn with_checks() -> State {
    let mut state = State::default();
    let checks = vec![check("c1", None, CheckStatus::Passing), check("c2", Some("a1"), CheckStatus::Passing)];
    done(&mut state, register(node("n1", "10.0.0.1"), Some(service("a1", "a", 80, &[])), checks));
    state
}

/// Holder, LockIndex and value of a key that is there.
fn lock(state: &State, key: &str) -> (Option<String>, u64, String) {
    let entry = state.key(key).value.unwrap();
    let value = String::from_utf8(entry.value.to_vec()).unwrap();
    (entry.session.as_ref().map(ToString::to_string), entry.lock_index, value)
}

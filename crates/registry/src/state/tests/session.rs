use muster_model::{SessionServiceCheck, SessionTtl};

use super::*;

fn tied_to(checks: &[&str]) -> Session {
    Session { node_checks: checks.iter().map(|id| CheckId::new(id).unwrap()).collect(), ..session("s", "N1") }
}

fn exists(state: &State) -> bool {
    state.session("s").value.is_some()
}

fn report(check: &str, status: CheckStatus) -> Command {
    Command::Report {
        node: NodeName::new("n1").unwrap(),
        check: CheckId::new(check).unwrap(),
        status,
        output: Arc::from(""),
    }
}

fn node_name() -> NodeName {
    NodeName::new("n1").unwrap()
}

#[test]
fn a_session_needs_its_node_and_checks_that_are_not_critical() {
    let mut state = with_checks();
    done(&mut state, register(node("n1", "10.0.0.1"), None, vec![check("bad", None, CheckStatus::Critical)]));
    let text = |state: &mut State, session| rejected(state, create(session)).to_string();
    assert_eq!(text(&mut state, session("s", "nobody")), "Missing node registration");
    assert_eq!(text(&mut state, tied_to(&["c1", "nope"])), "Missing check 'nope' registration");
    assert_eq!(text(&mut state, tied_to(&["bad"])), "Check 'bad' is in critical state");
    done(&mut state, create(tied_to(&["C1"])));
    assert_eq!(text(&mut state, tied_to(&[])), "session \"s\" exists");
}

#[test]
fn a_session_is_found_by_id_and_by_node() {
    let mut state = with_checks();
    let changes = done(&mut state, create(session("b", "n1")));
    done(&mut state, create(session("a", "N1")));
    for topic in [Topic::Sessions, Topic::Session(SessionId::new("b").unwrap()), Topic::NodeSessions(Arc::from("n1"))] {
        assert!(changes.topics.contains(&topic), "{topic:?}");
    }
    let ids = |list: Vec<muster_model::Indexed<Arc<Session>>>| -> Vec<String> {
        list.iter().map(|session| session.value.id.to_string()).collect()
    };
    assert_eq!(ids(state.all_sessions().value), ["a", "b"]);
    assert_eq!(ids(state.sessions_on("N1").value), ["a", "b"]);
    assert_eq!(state.session("b").index, Index(2));
    assert_eq!((state.session("c").found, state.sessions_on("n2").value.len()), (false, 0));
    done(&mut state, destroy("b"));
    assert_eq!(ids(state.sessions_on("n1").value), ["a"]);
    assert_eq!((state.session("b").index, state.sessions_on("n1").index), (Index(4), Index(4)));
    assert_eq!(done(&mut state, destroy("b")), Changes::default());
}

#[test]
fn a_session_ends_with_its_node() {
    let mut state = with_checks();
    done(&mut state, create(tied_to(&[])));
    done(&mut state, Command::Deregister(CatalogDeregistration::Node(node_name())));
    assert!(!exists(&state));
}

#[test]
fn a_session_ends_when_a_tied_check_is_critical_but_not_when_it_warns() {
    for tied in ["c1", "C2"] {
        let mut state = with_checks();
        done(&mut state, create(tied_to(&[tied])));
        done(&mut state, report(tied, CheckStatus::Warning));
        assert!(exists(&state));
        let changes = done(&mut state, report(tied, CheckStatus::Critical));
        assert!(!exists(&state));
        assert!(changes.topics.contains(&Topic::Sessions));
    }
}

#[test]
fn a_session_minds_no_other_check() {
    let mut state = with_checks();
    done(&mut state, register(node("n2", "10.0.0.2"), None, vec![check("c1", None, CheckStatus::Passing)]));
    done(&mut state, create(tied_to(&["c1"])));
    done(&mut state, report("c2", CheckStatus::Critical));
    done(&mut state, register(node("n2", "10.0.0.2"), None, vec![check("c1", None, CheckStatus::Critical)]));
    assert!(exists(&state));
}

#[test]
fn a_session_ends_when_a_tied_check_goes() {
    let gone = [
        CatalogDeregistration::Check(node_name(), CheckId::new("c2").unwrap()),
        CatalogDeregistration::Service(node_name(), ServiceId::new("a1").unwrap()),
    ];
    for gone in gone {
        let mut state = with_checks();
        let service_checks = vec![SessionServiceCheck { id: CheckId::new("c2").unwrap(), namespace: Arc::from("") }];
        done(&mut state, create(Session { service_checks, ..session("s", "n1") }));
        done(&mut state, Command::Deregister(gone));
        assert!(!exists(&state));
    }
}

#[test]
fn a_session_stays_when_a_tied_check_moves_to_another_instance() {
    let mut state = with_checks();
    done(&mut state, register(node("n1", "10.0.0.1"), Some(service("a2", "a", 81, &[])), vec![]));
    done(&mut state, create(tied_to(&["c2"])));
    let moved = vec![check("c2", Some("a2"), CheckStatus::Passing)];
    done(&mut state, register(node("n1", "10.0.0.1"), None, moved));
    assert!(exists(&state));
}

#[test]
fn time_ends_only_the_session_that_it_was_measured_for() {
    let mut state = with_checks();
    let ttl = SessionTtl { text: Arc::from("10s"), length: Duration::from_secs(10) };
    let changes = done(&mut state, create(Session { ttl: Some(ttl), ..session("s", "n1") }));
    let timer = Timer::Session(SessionId::new("s").unwrap());
    let after = Duration::from_secs(20);
    assert_eq!(changes.timers, [TimerChange::Start { timer: timer.clone(), after, epoch: Index(2) }]);
    let expire = |epoch| Command::SessionExpire { id: SessionId::new("s").unwrap(), epoch: Index(epoch) };
    assert_eq!(done(&mut state, expire(1)), Changes::default());
    assert!(exists(&state));
    assert_eq!(done(&mut state, expire(2)).timers, [TimerChange::Stop(timer)]);
    assert!(!exists(&state));
}

#[test]
fn its_end_unlocks_its_keys_or_deletes_them() {
    let mut state = with_checks();
    done(&mut state, create(session("keeps", "n1")));
    done(&mut state, create(Session { behavior: SessionBehavior::Delete, ..session("deletes", "n1") }));
    for (key, session) in [("a", "keeps"), ("b", "keeps"), ("c", "deletes")] {
        done(&mut state, acquire(key, "v", session));
    }
    let changes = done(&mut state, destroy("keeps"));
    assert!(changes.topics.contains(&Topic::Key(Key::new("b").unwrap())));
    assert_eq!(lock(&state, "a"), (None, 1, "v".into()));
    assert_eq!(state.key("a").index, state.index());
    done(&mut state, destroy("deletes"));
    assert_eq!(state.key("c").value, None);
    assert_eq!(changes.timers, [], "a lock-delay of zero is none");
}

#[test]
fn its_end_leaves_keys_alone_that_it_holds_no_more() {
    let mut state = with_checks();
    done(&mut state, create(Session { behavior: SessionBehavior::Delete, ..session("s", "n1") }));
    for key in ["released", "p/deleted", "deleted"] {
        done(&mut state, acquire(key, "v", "s"));
    }
    done(&mut state, release("released", "v", "s"));
    done(&mut state, Command::KvDelete { key: Key::new("deleted").unwrap(), cas: None });
    done(&mut state, Command::KvDeleteUnder { prefix: Arc::from("p/") });
    done(&mut state, put("deleted", "new"));
    done(&mut state, put("p/deleted", "new"));
    done(&mut state, destroy("s"));
    assert_eq!(state.keys_under("").value.len(), 3);
}

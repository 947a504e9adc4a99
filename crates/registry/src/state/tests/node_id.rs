use super::*;

fn with_id(id: &str, name: &str, address: &str) -> Node {
    Node { id: Arc::from(id), ..node(name, address) }
}

fn newest() -> State {
    State { rules: Level(RULES_LEVEL), ..State::default() }
}

fn names(state: &State) -> Vec<(String, Index, Index)> {
    let nodes = state.all_nodes().value;
    nodes.iter().map(|node| (node.value.name.to_string(), node.created, node.modified)).collect()
}

#[test]
fn a_node_with_its_id_under_another_name_is_renamed_and_keeps_nothing_else() {
    let mut state = newest();
    let checks = vec![check("c1", Some("a1"), CheckStatus::Passing)];
    done(&mut state, register(with_id("ID-1", "old", "10.0.0.1"), Some(service("a1", "a", 80, &[])), checks));
    let changes = done(&mut state, register(with_id("id-1", "new", "10.0.0.2"), None, vec![]));
    assert_eq!(names(&state), [("new".to_owned(), Index(1), Index(2))]);
    assert_eq!(state.instances("a").value, []);
    assert_eq!(state.checks_in("any").value, []);
    for topic in [Topic::Node(Arc::from("old")), Topic::Node(Arc::from("new")), Topic::Service(Arc::from("a"))] {
        assert!(changes.topics.contains(&topic), "{topic:?}");
    }
    done(&mut state, register(with_id("id-1", "NEW", "10.0.0.2"), None, vec![]));
    assert_eq!(names(&state), [("NEW".to_owned(), Index(1), Index(3))], "spelled otherwise it is the same name");
}

#[test]
fn another_spelling_of_a_nodes_name_is_a_change_of_its_checks() {
    let mut state = newest();
    let checks = vec![check("c1", Some("a1"), CheckStatus::Passing), check("c2", None, CheckStatus::Warning)];
    done(&mut state, register(node("N1", "10.0.0.1"), Some(service("a1", "a", 80, &[])), checks));
    let changes = done(&mut state, register(node("n1", "10.0.0.1"), None, vec![]));
    for answer in [
        state.checks_in("any"),
        state.checks_in("passing"),
        state.checks_in("warning"),
        state.checks_of_node("n1"),
        state.checks_of_service("a"),
    ] {
        assert_eq!(answer.index, Index(2));
        assert!(answer.value.iter().all(|row| format!("{row:?}").contains("\"n1\"")), "{:?}", answer.value);
    }
    let topics = [Topic::Checks, Topic::NodeChecks(Arc::from("n1")), Topic::ServiceChecks(Arc::from("a"))];
    assert!(topics.iter().all(|topic| changes.topics.contains(topic)), "{:?}", changes.topics);
}

#[test]
fn a_renamed_node_takes_the_place_of_one_that_is_not_alive() {
    let mut state = newest();
    done(&mut state, register(with_id("id-1", "n1", "10.0.0.1"), None, vec![]));
    done(&mut state, register(with_id("id-2", "n2", "10.0.0.2"), Some(service("a1", "a", 80, &[])), vec![]));
    done(&mut state, register(with_id("id-1", "n2", "10.0.0.1"), None, vec![]));
    assert_eq!(names(&state), [("n2".to_owned(), Index(1), Index(3))]);
    assert_eq!(&*state.instances("a").value[0].node.value.id, "id-1");
    // The ID that it took the place of is nobody's now.
    done(&mut state, register(with_id("id-2", "n3", "10.0.0.2"), None, vec![]));
    assert_eq!(state.all_nodes().value.len(), 2);
}

#[test]
fn a_name_that_lives_is_not_taken_by_renaming() {
    let mut state = newest();
    done(&mut state, register(with_id("id-1", "n1", "10.0.0.1"), None, vec![]));
    let alive = || vec![check("serfHealth", None, CheckStatus::Passing)];
    done(&mut state, register(with_id("id-2", "n2", "10.0.0.2"), None, alive()));
    done(&mut state, register(node("n3", "10.0.0.3"), None, alive()));
    for (name, holder) in [("n2", "id-2"), ("n3", "")] {
        let rejection = rejected(&mut state, register(with_id("id-1", name, "10.0.0.9"), None, vec![]));
        let address = format!("10.0.0.{}", &name[1..]);
        let reserved = format!("Node name {name} is reserved by node {holder} with name {name} ({address})");
        assert_eq!(rejection.to_string(), format!("Error while renaming Node ID: \"id-1\" (10.0.0.9): {reserved}"));
    }
    // A new node may take the name of one that never had an ID.
    done(&mut state, register(with_id("id-4", "n3", "10.0.0.4"), None, vec![]));
}

fn announced(name: &str) -> Command {
    let Command::Register(mut registration) = register(with_id("id-1", name, "10.0.0.1"), None, vec![]) else {
        unreachable!()
    };
    registration.owner = Owner::Server;
    registration.checks = vec![check("serfHealth", None, CheckStatus::Passing)];
    Command::Register(registration)
}

#[test]
fn only_its_own_agent_renames_a_node_and_takes_along_what_it_registered() {
    let mut state = newest();
    done(&mut state, announced("old"));
    let name = NodeName::new("old").unwrap();
    done(&mut state, Command::LeaseBegin { node: name, length: Duration::from_secs(10) });
    let checks = vec![check("c1", Some("a1"), CheckStatus::Passing)];
    let Command::Register(mut own) =
        register(with_id("id-1", "old", "10.0.0.1"), Some(service("a1", "a", 80, &[])), checks)
    else {
        unreachable!()
    };
    own.owner = Owner::Agent;
    done(&mut state, Command::Register(own));
    done(&mut state, register(with_id("id-1", "old", "10.0.0.1"), Some(service("b1", "b", 81, &[])), vec![]));
    let rejection = rejected(&mut state, register(with_id("id-1", "other", "10.0.0.1"), None, vec![]));
    let text = r#"Error while renaming Node ID: "id-1": node old has an agent, which alone gives it another name"#;
    assert_eq!(rejection.to_string(), text);

    let changes = done(&mut state, announced("new"));
    let [row] = &state.healthy_or_not("a").value[..] else { panic!("the agent's own instance follows it") };
    assert_eq!((row.node.value.name.as_str(), row.checks.len()), ("new", 2));
    assert_eq!(state.instances("b").value, [], "what others put there goes with the old name");
    assert_eq!(state.entries_of("new", Owner::Agent, Part::All).services.len(), 1);
    assert!(matches!(changes.timers[..], [TimerChange::Stop(Timer::Lease(_))]));
}

#[test]
fn after_its_lease_ran_out_a_node_has_no_agent_and_nothing_left_to_run_out() {
    let mut state = newest();
    done(&mut state, announced("old"));
    let name = NodeName::new("old").unwrap();
    done(&mut state, Command::LeaseBegin { node: name.clone(), length: Duration::from_secs(10) });
    assert_eq!(state.timers().count(), 1);
    let lapse = || Command::LeaseLapse { node: name.clone(), epoch: Index(1) };
    done(&mut state, lapse());
    assert_eq!(state.checks_in("critical").value.len(), 1);
    assert_eq!(state.timers().count(), 0, "who reads this state again begins none for it");
    assert_eq!(done(&mut state, lapse()), Changes::default());
    done(&mut state, register(with_id("id-1", "other", "10.0.0.1"), None, vec![]));
}

#[test]
fn an_older_log_keeps_both_names() {
    let mut state = State { rules: Level(2), ..State::default() };
    for name in ["n2", "n1"] {
        done(&mut state, register(with_id("id-1", name, "10.0.0.1"), None, vec![]));
    }
    assert_eq!(state.all_nodes().value.len(), 2);
    assert_eq!(state.node_of_id("ID-1").map(|key| &**key), Some("n1"));
}

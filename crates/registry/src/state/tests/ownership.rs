use muster_model::{CheckOperation, NodeOperation, Operation, ServiceOperation};

use super::*;

/// A node whose agent lives, with a service of its own that has a check, and `serfHealth` of the server.
fn with_agent(level: u32) -> State {
    let mut state = State { rules: Level(level), ..State::default() };
    let checks = vec![check("serfHealth", None, CheckStatus::Passing)];
    done(&mut state, owned(Owner::Server, None, checks));
    let checks = vec![check("own-check", Some("own"), CheckStatus::Passing)];
    done(&mut state, owned(Owner::Agent, Some(service("own", "web", 80, &["t"])), checks));
    let name = NodeName::new("n1").unwrap();
    done(&mut state, Command::LeaseBegin { node: name, length: Duration::from_secs(10) });
    state
}

fn owned(owner: Owner, service: Option<Service>, checks: Vec<CatalogCheck>) -> Command {
    let node = NodeUpdate::Put(node("n1", "10.0.0.1"));
    Command::Register(Box::new(CatalogRegistration { node, service, checks, replace_checks: false, owner }))
}

fn by_others(service: Option<Service>, checks: Vec<CatalogCheck>) -> Command {
    register(node("n1", "10.9.9.9"), service, checks)
}

fn targets() -> [CatalogDeregistration; 4] {
    let node = || NodeName::new("n1").unwrap();
    let check = |id: &str| CatalogDeregistration::Check(node(), CheckId::new(id).unwrap());
    [
        check("own-check"),
        check("serfHealth"),
        CatalogDeregistration::Service(node(), ServiceId::new("own").unwrap()),
        CatalogDeregistration::Node(node()),
    ]
}

#[test]
fn what_a_live_agent_has_is_not_changed_by_others() {
    let mut state = with_agent(RULES_LEVEL);
    let (before, counter) = (property::probes(&state), state.index());
    let critical = |id: &str, service| check(id, service, CheckStatus::Critical);
    let mut commands = vec![
        by_others(Some(service("own", "web", 81, &["other"])), vec![]),
        by_others(Some(service("OWN", "api", 80, &[])), vec![critical("own-check", Some("own"))]),
        by_others(None, vec![critical("serfHealth", None)]),
    ];
    commands.extend(targets().map(Command::CatalogDeregister));
    let name = || NodeName::new("n1").unwrap();
    let checks = || vec![critical("own-check", Some("own")).check, critical("serfHealth", None).check];
    let mut operations: Vec<_> =
        checks().into_iter().map(|check| Operation::Check(CheckOperation::Set(name(), check, None))).collect();
    operations.extend([
        Operation::Node(NodeOperation::Set(node("n1", "10.9.9.9"), None)),
        Operation::Service(ServiceOperation::Set(name(), service("own", "web", 81, &[]), None)),
        Operation::Service(ServiceOperation::Delete(name(), ServiceId::new("own").unwrap(), None)),
        Operation::Check(CheckOperation::Delete(name(), CheckId::new("serfHealth").unwrap(), None)),
        Operation::Node(NodeOperation::Delete(name(), None)),
    ]);
    commands.push(Command::Transaction(operations.into()));
    for command in commands {
        let (outcome, changes) = state.apply(&command);
        assert!(outcome.is_ok(), "{command:?}: {outcome:?}");
        assert_eq!(changes, Changes::default(), "{command:?}");
    }
    assert_eq!((property::probes(&state), state.index()), (before, counter));
}

#[test]
fn what_others_have_on_an_agents_node_is_theirs() {
    let mut state = with_agent(RULES_LEVEL);
    let checks = vec![check("c1", Some("i1"), CheckStatus::Passing), check("c2", None, CheckStatus::Passing)];
    done(&mut state, by_others(Some(service("i1", "a", 1, &[])), checks));
    done(&mut state, by_others(Some(service("i1", "a", 2, &[])), vec![check("c1", Some("i1"), CheckStatus::Warning)]));
    assert_eq!(state.instances("a").value[0].service.value.port, 2);
    done(&mut state, Command::CatalogDeregister(CatalogDeregistration::Node(NodeName::new("n1").unwrap())));
    assert_eq!(state.instances("a").value.len(), 0);
    let left: Vec<_> = state.checks_of_node("n1").value.iter().map(|row| row.check.value.id.to_string()).collect();
    assert_eq!(left, ["own-check", "serfHealth"]);
    assert_eq!(state.instances("web").value.len(), 1);
}

#[test]
fn a_node_whose_agent_is_dead_is_anybodys() {
    for target in targets() {
        let mut state = with_agent(RULES_LEVEL);
        let lapse = Command::LeaseLapse { node: NodeName::new("n1").unwrap(), epoch: Index(1) };
        done(&mut state, lapse);
        let before = property::probes(&state);
        done(&mut state, Command::CatalogDeregister(target.clone()));
        assert_ne!(property::probes(&state), before, "{target:?}");
    }
}

#[test]
fn tags_of_an_agents_service_are_for_others_to_say_where_it_allows_that() {
    let mut state = with_agent(RULES_LEVEL);
    let own = Service { enable_tag_override: true, ..service("own", "web", 80, &["t"]) };
    done(&mut state, owned(Owner::Agent, Some(own), vec![]));
    let wanted = Service { enable_tag_override: true, ..service("own", "web", 99, &["new"]) };
    done(&mut state, by_others(Some(wanted), vec![]));
    let found = state.instances("web").value.remove(0).service.value;
    assert_eq!((found.port, found.tags.clone()), (80, vec![Arc::from("new")]));
    let gone = targets().into_iter().nth(2).unwrap();
    let (before, _) = (state.index(), state.apply(&Command::CatalogDeregister(gone)));
    assert_eq!(state.index(), before, "it is the agent's still");
}

#[test]
fn logs_from_before_say_what_they_said() {
    let mut state = with_agent(RULES_LEVEL - 1);
    done(&mut state, by_others(Some(service("own", "web", 81, &[])), vec![]));
    assert_eq!(state.instances("web").value[0].service.value.port, 81);
    let listed = state.all_services().index;
    done(&mut state, by_others(Some(service("own", "web", 82, &[])), vec![]));
    assert_eq!(state.all_services().index, listed);
    for target in targets() {
        done(&mut state, Command::CatalogDeregister(target));
    }
    assert_eq!(state.all_nodes().value, []);
}

#[test]
fn the_list_of_services_moves_with_every_instance_and_no_check() {
    let mut state = with_agent(RULES_LEVEL);
    let mut moved = |command: Command| {
        let before = state.all_services().index;
        let changes = done(&mut state, command);
        let woken = changes.topics.contains(&Topic::Services);
        assert_eq!(woken, state.all_services().index > before);
        woken
    };
    let web = |port, checks| register(node("n2", "10.0.0.2"), Some(service("w2", "web", port, &["t"])), checks);
    assert!(moved(web(80, vec![])), "an instance more");
    assert!(moved(web(81, vec![])), "another port");
    assert!(!moved(web(81, vec![check("c1", Some("w2"), CheckStatus::Critical)])), "a check");
    assert!(!moved(register(node("n2", "10.0.0.3"), None, vec![])), "a node's address");
    let id = ServiceId::new("w2").unwrap();
    let gone = CatalogDeregistration::Service(NodeName::new("n2").unwrap(), id);
    assert!(moved(Command::CatalogDeregister(gone)), "an instance less");
}

use super::*;

fn own_node() -> Node {
    Node {
        name: NodeName::new("n1").unwrap(),
        id: Arc::from(""),
        address: Arc::from("10.0.0.1"),
        tagged_addresses: BTreeMap::new(),
        meta: BTreeMap::new(),
    }
}

/// A world with an agent of these settings besides, which the test drives by hand.
async fn world_with(change: impl FnOnce(&mut AgentConfig)) -> (World, Arc<Agent>) {
    let world = World::new().await;
    let mut config = AgentConfig::new(own_node());
    change(&mut config);
    let agent = Arc::new(Agent::start(config, Arc::new(world.registry.clone())).await.unwrap());
    (world, agent)
}

#[tokio::test(start_paused = true)]
async fn nobody_registers_the_nodes_own_check_or_the_servers_own_service() {
    let server = registration("consul", &[]).service;
    let (world, agent) = world_with(|config| config.server = Some(server)).await;
    let index = world.registry.index();
    for name in ["serfHealth", "SERFHEALTH"] {
        let refused = agent.register_check(on_its_own(name, None, CheckDefinition::ttl(Duration::from_secs(10)))).await;
        let text =
            format!("registry refused: Invalid check: {name} is the node's own check: another CheckID would be right");
        assert_eq!(refused.unwrap_err().to_string(), text);
    }
    let mut within = registration("web", &[10]);
    within.checks[0].id = Some(id("serfHealth"));
    assert!(agent.register(&within).await.is_err());
    let refused = agent.register(&registration("Consul", &[])).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "registry refused: Service ID Consul is the server's own: another ID would be right"
    );
    assert_eq!(world.registry.index(), index, "nothing was written");
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_registration_whose_command_is_refused_leaves_what_was_there() {
    let world = World::new().await;
    world.agent.register(&registration("web", &[10])).await.unwrap();
    let index = world.registry.index();
    let mut commands = registration("web", &[20, 30]);
    commands.service.port = 81;
    let script = muster_model::Probe::Script { args: vec![Arc::from("true")] };
    commands.checks[1].definition = CheckDefinition::every(script, Duration::from_secs(10));
    let refused = world.agent.register(&commands).await.unwrap_err();
    assert!(refused.to_string().contains("Scripts are disabled"), "{refused}");
    assert_eq!(world.registry.index(), index, "nothing was written");
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_reports_first_bytes_are_kept_as_the_check_or_the_agent_says() {
    let (world, agent) = world_with(|config| config.probes.output_max_bytes = 8).await;
    let small = CheckDefinition { output_max_bytes: 5, ..CheckDefinition::ttl(Duration::from_secs(600)) };
    agent.register_check(on_its_own("small", None, small)).await.unwrap();
    agent.register_check(on_its_own("usual", None, CheckDefinition::ttl(Duration::from_secs(600)))).await.unwrap();
    for check in ["small", "usual"] {
        agent.report(&id(check), CheckStatus::Passing, "1234567890").await.unwrap();
    }
    assert_eq!(world.status("small").unwrap().1, "12345 ... (captured 5 of 10 bytes)");
    assert_eq!(world.status("usual").unwrap().1, "12345678 ... (captured 8 of 10 bytes)");
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn output_is_discarded_while_somebody_says_so() {
    let (world, agent) = world_with(|config| config.discard_output = true).await;
    agent.register_check(on_its_own("quiet", None, CheckDefinition::ttl(Duration::from_secs(600)))).await.unwrap();
    agent.report(&id("quiet"), CheckStatus::Passing, "secret").await.unwrap();
    assert_eq!(world.status("quiet"), Some((CheckStatus::Passing, String::new())));
    agent.discard_output(false);
    agent.report(&id("quiet"), CheckStatus::Warning, "told").await.unwrap();
    assert_eq!(world.status("quiet"), Some((CheckStatus::Warning, "told".into())));
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn output_is_held_and_instances_are_removed_after_the_times_that_are_set() {
    let times = CheckTimes { hold: Duration::ZERO, shortest_removal: Duration::from_secs(5) };
    let (world, agent) = world_with(|config| config.times = times).await;
    let (running, until) = (Arc::clone(&agent), world.stop.clone());
    let checking = tokio::spawn(async move { running.run(until).await });
    let mut web = registration("web", &[600]);
    web.checks[0].definition.deregister_after = Duration::from_secs(1);
    agent.register(&web).await.unwrap();
    agent.report(&id("service:web"), CheckStatus::Passing, "at once").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(world.status("service:web"), Some((CheckStatus::Passing, "at once".into())));
    agent.report(&id("service:web"), CheckStatus::Critical, "").await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(world.status("service:web").is_some());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(world.status("service:web"), None);
    world.stop().await;
    checking.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_nodes_meta_changes_and_stays_with_what_is_registered_later() {
    let (world, agent) = world_with(|_| ()).await;
    let meta = BTreeMap::from([(Arc::from("rack"), Arc::from("b"))]);
    agent.set_meta(meta.clone()).await.unwrap();
    agent.register(&registration("web", &[])).await.unwrap();
    let rows = world.registry.state().healthy_or_not("web").value;
    assert_eq!(rows[0].node.value.meta, meta);
    let index = world.registry.index();
    agent.set_meta(meta).await.unwrap();
    assert_eq!(world.registry.index(), index, "the same again writes nothing");
    world.stop().await;
}

//! What files define, registered again by a reload or a restart.

use super::*;

fn status_of(world: &World, check: &str) -> CheckStatus {
    world.status(check).unwrap_or_else(|| panic!("{check} is gone")).0
}

fn web() -> ServiceId {
    ServiceId::new("web").unwrap()
}

fn on_web(name: &str, ttl_seconds: u64) -> Check {
    on_its_own(name, Some("web"), CheckDefinition::ttl(Duration::from_secs(ttl_seconds)))
}

#[tokio::test(start_paused = true)]
async fn what_a_file_defines_as_before_is_not_touched_and_what_the_api_added_stays() {
    let world = World::new().await;
    let agent = &world.agent;
    agent.register_defined_service(&registration("web", &[10]), false).await.unwrap();
    agent.register_defined_check(on_web("top", 20)).await.unwrap();
    agent.register_check(on_web("api", 3600)).await.unwrap();
    for check in ["service:web", "top", "api"] {
        agent.report(&id(check), CheckStatus::Passing, "ok").await.unwrap();
    }
    agent.service_maintenance(&web(), Some("why")).await.unwrap();
    agent.node_maintenance(Some("why")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(8)).await;
    let index = world.registry.index();
    agent.register_defined_service(&registration("web", &[10]), true).await.unwrap();
    agent.register_defined_check(on_web("top", 20)).await.unwrap();
    assert_eq!(world.registry.index(), index, "nothing was written");
    for check in ["service:web", "top", "api"] {
        assert_eq!(status_of(&world, check), CheckStatus::Passing, "{check}");
    }
    for check in ["_service_maintenance:web", "_node_maintenance"] {
        assert_eq!(status_of(&world, check), CheckStatus::Critical, "{check}");
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(status_of(&world, "service:web"), CheckStatus::Critical, "its term ran on");
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(status_of(&world, "top"), CheckStatus::Critical, "its term ran on");
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_check_that_a_file_defines_otherwise_keeps_its_result_and_has_the_new_term() {
    let world = World::new().await;
    let agent = &world.agent;
    agent.register_defined_service(&registration("web", &[10]), false).await.unwrap();
    agent.register_defined_check(on_web("top", 10)).await.unwrap();
    agent.report(&id("top"), CheckStatus::Warning, "hm").await.unwrap();
    agent.register_defined_service(&registration("web", &[60]), false).await.unwrap();
    agent.register_defined_check(on_web("top", 60)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(50)).await;
    assert_eq!(status_of(&world, "service:web"), CheckStatus::Passing);
    assert_eq!(world.status("top"), Some((CheckStatus::Warning, "hm".into())));
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(status_of(&world, "service:web"), CheckStatus::Critical);
    assert_eq!(status_of(&world, "top"), CheckStatus::Critical);
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn tags_that_are_for_others_to_say_stay_until_the_file_says_others() {
    let world = World::new().await;
    let tagged = |tag: &str, for_others: bool| {
        let mut tagged = registration("web", &[]);
        tagged.service.tags = vec![Arc::from(tag)];
        tagged.service.enable_tag_override = for_others;
        tagged
    };
    let tags = async || world.agent.services().await.unwrap()[&web()].tags.clone();
    for (for_others, again, expected) in
        [(true, true, "over"), (true, false, "file"), (false, true, "file"), (false, false, "file")]
    {
        world.agent.register(&tagged("over", for_others)).await.unwrap();
        world.agent.register_defined_service(&tagged("file", for_others), again).await.unwrap();
        assert_eq!(tags().await, [Arc::from(expected)], "for others: {for_others}, again: {again}");
    }
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn after_a_restart_checks_keep_their_last_status_until_they_ran() {
    let world = World::new().await;
    let probe = muster_model::Probe::Tcp { address: Arc::from("127.0.0.1:1"), tls: None };
    world.agent.register(&registration("web", &[10])).await.unwrap();
    let probed = CheckDefinition::every(probe, Duration::from_secs(3600));
    world.agent.register_check(on_its_own("probed", Some("web"), probed)).await.unwrap();
    world.agent.found(&id("probed"), CheckStatus::Passing, Arc::from("ok")).await;
    world.agent.report(&id("service:web"), CheckStatus::Passing, "ok").await.unwrap();
    let index = world.registry.index();
    let again = start(&world.registry).await;
    again.register_defined_service(&registration("web", &[10]), true).await.unwrap();
    assert_eq!(world.registry.index(), index, "nothing was written");
    for check in ["probed", "service:web"] {
        assert_eq!(status_of(&world, check), CheckStatus::Passing, "{check}");
    }
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_check_that_runs_out_again_after_a_restart_says_what_was_reported_last() {
    for (report, expected) in
        [(Some("ok"), "TTL expired (last output before timeout follows): ok"), (None, "TTL expired")]
    {
        let world = World::new().await;
        world.agent.register(&registration("web", &[10])).await.unwrap();
        if let Some(report) = report {
            world.agent.report(&id("service:web"), CheckStatus::Passing, report).await.unwrap();
        }
        tokio::time::sleep(Duration::from_secs(11)).await;
        let ran_out = Some((CheckStatus::Critical, expected.to_owned()));
        assert_eq!(world.status("service:web"), ran_out);
        let index = world.registry.index();
        let again = Arc::new(start(&world.registry).await);
        let (running, until) = (Arc::clone(&again), world.stop.clone());
        let checking = tokio::spawn(async move { running.run(until).await });
        tokio::time::sleep(Duration::from_secs(301)).await;
        assert_eq!(world.status("service:web"), ran_out);
        assert_eq!(world.registry.index(), index, "nothing was written");
        let held = &again.entries().await.unwrap().checks[&id("service:web")].value.output;
        assert_eq!(**held, *expected);
        world.stop().await;
        checking.await.unwrap();
    }
}

//! Checks that the agent runs, and those that follow others.

use muster_catalog::{CatalogCheck, CatalogRegistration, NodeUpdate, Owner};
use muster_model::Probe;
use tokio::net::TcpListener;
use tokio::time::sleep;

use super::*;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn tcp(address: &str) -> CheckDefinition {
    CheckDefinition::every(Probe::Tcp { address: Arc::from(address), tls: None }, seconds(1))
}

fn alias(service: Option<&str>, node: Option<&str>) -> CheckDefinition {
    CheckDefinition::new(Probe::Alias {
        service: service.map(|id| ServiceId::new(id).unwrap()),
        node: node.map(|name| NodeName::new(name).unwrap()),
    })
}

fn script() -> CheckDefinition {
    CheckDefinition::every(Probe::Script { args: vec![Arc::from("true")] }, seconds(1))
}

impl World {
    /// Waits until a check has a status.
    async fn until(&self, check: &str, status: CheckStatus) {
        let wait = async {
            while self.status(check).is_none_or(|(now, _)| now != status) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(seconds(60), wait).await;
        assert!(waited.is_ok(), "{check} never became {status}: {:?}", self.status(check));
    }

    /// A check on another node, as somebody registers it by `/v1/catalog/register`.
    async fn put_elsewhere(&self, status: CheckStatus) {
        let node = Node {
            name: NodeName::new("n2").unwrap(),
            id: Arc::from(""),
            address: Arc::from("10.0.0.2"),
            tagged_addresses: BTreeMap::new(),
            meta: BTreeMap::new(),
        };
        let check = Check { status, definition: None, ..on_its_own("there", Some("db"), tcp("")) };
        let registration = CatalogRegistration {
            node: NodeUpdate::Put(node),
            service: Some(registration("db", &[]).service),
            checks: vec![CatalogCheck { check, keep_result: false }],
            replace_checks: false,
            owner: Owner::Catalog,
        };
        Catalog::register(&self.registry, registration).await.unwrap();
    }
}

#[tokio::test]
async fn a_probe_makes_its_check_pass_and_fail() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let world = World::new().await;
    world.agent.register(&registration("web", &[])).await.unwrap();
    world.agent.register_check(on_its_own("c", Some("web"), tcp(&address))).await.unwrap();
    assert_eq!(world.status("c").unwrap().0, CheckStatus::Critical, "until the first result");
    world.until("c", CheckStatus::Passing).await;
    assert_eq!(world.status("c").unwrap().1, format!("TCP connect {address}: Success"));
    drop(listener);
    world.until("c", CheckStatus::Critical).await;
    world.agent.deregister_check(&id("c")).await.unwrap();
    assert!(!world.agent.scheduler.has(&id("c")));
    world.stop().await;
}

#[tokio::test]
async fn a_restarted_agent_goes_on_with_its_checks_from_their_last_status() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let world = World::new().await;
    world.agent.register_check(on_its_own("c", None, tcp(&address))).await.unwrap();
    world.until("c", CheckStatus::Passing).await;
    let again = Arc::new(start(&world.registry).await);
    assert_eq!(world.status("c").unwrap().0, CheckStatus::Passing);
    let World { registry, agent, stop, tasks } = world;
    drop(agent);
    stop.cancel();
    let stopped = World { registry, agent: again, stop: CancellationToken::new(), tasks };
    assert!(stopped.agent.scheduler.has(&id("c")));
    assert_eq!(stopped.status("c").unwrap().0, CheckStatus::Passing);
    stopped.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_alias_follows_an_instance_of_its_node() {
    let world = World::new().await;
    world.agent.register(&registration("web", &[3600])).await.unwrap();
    world.agent.register(&registration("other", &[])).await.unwrap();
    world.agent.register_check(on_its_own("a", Some("other"), alias(Some("web"), None))).await.unwrap();
    world.until("a", CheckStatus::Passing).await;
    world.agent.report(&id("service:web"), CheckStatus::Warning, "hm").await.unwrap();
    world.until("a", CheckStatus::Warning).await;
    assert_eq!(world.status("a").unwrap().1, "Aliased check \"Service 'web' check\" failing: hm");
    world.agent.node_maintenance(Some("r")).await.unwrap();
    world.until("a", CheckStatus::Critical).await;
    world.agent.node_maintenance(None).await.unwrap();
    world.until("a", CheckStatus::Warning).await;
    world.agent.deregister(&ServiceId::new("web").unwrap()).await.unwrap();
    world.until("a", CheckStatus::Critical).await;
    assert_eq!(world.status("a").unwrap().1, "Service web could not be found on node ");
    world.agent.register(&registration("web", &[])).await.unwrap();
    world.until("a", CheckStatus::Passing).await;
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_alias_follows_another_node() {
    let world = World::new().await;
    world.agent.register_check(on_its_own("a", None, alias(Some("db"), Some("N2")))).await.unwrap();
    world.agent.register_check(on_its_own("n", None, alias(None, Some("n2")))).await.unwrap();
    sleep(seconds(1)).await;
    assert_eq!(world.status("a").unwrap().0, CheckStatus::Critical);
    world.put_elsewhere(CheckStatus::Passing).await;
    world.until("a", CheckStatus::Passing).await;
    world.put_elsewhere(CheckStatus::Critical).await;
    world.until("a", CheckStatus::Critical).await;
    assert_eq!(world.status("n").unwrap().0, CheckStatus::Passing, "the instances are not the node");
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_alias_that_comes_later_does_not_wait_for_a_change() {
    let world = World::new().await;
    world.put_elsewhere(CheckStatus::Passing).await;
    for name in ["a", "b"] {
        world.agent.register_check(on_its_own(name, None, alias(Some("db"), Some("n2")))).await.unwrap();
        sleep(seconds(1)).await;
        assert_eq!(world.status(name).unwrap().0, CheckStatus::Passing, "{name}");
    }
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_others_put_on_the_agents_own_node_is_nothing_to_its_aliases() {
    let world = World::new().await;
    world.agent.register(&registration("web", &[])).await.unwrap();
    world.agent.register_check(on_its_own("a", None, alias(Some("web"), None))).await.unwrap();
    world.until("a", CheckStatus::Passing).await;
    let check = Check { definition: None, ..on_its_own("foreign", Some("web"), tcp("")) };
    let foreign = CatalogRegistration {
        node: NodeUpdate::Keep(NodeName::new("n1").unwrap()),
        service: None,
        checks: vec![CatalogCheck { check, keep_result: false }],
        replace_checks: false,
        owner: Owner::Catalog,
    };
    Catalog::register(&world.registry, foreign).await.unwrap();
    sleep(seconds(1)).await;
    let statuses = ["foreign", "a"].map(|check| world.status(check).unwrap().0);
    assert_eq!(statuses, [CheckStatus::Critical, CheckStatus::Passing]);
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_check_that_is_reported_from_now_on_is_run_no_more() {
    let world = World::new().await;
    world.agent.register_check(on_its_own("c", None, tcp("127.0.0.1:1"))).await.unwrap();
    assert!(world.agent.scheduler.has(&id("c")));
    world.agent.register_check(on_its_own("c", None, CheckDefinition::ttl(seconds(600)))).await.unwrap();
    assert!(!world.agent.scheduler.has(&id("c")));
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_stays_critical_goes_with_its_checks() {
    let world = World::new().await;
    world.agent.register(&registration("web", &[])).await.unwrap();
    let definition = CheckDefinition { deregister_after: seconds(90), ..CheckDefinition::ttl(seconds(10)) };
    world.agent.register_check(on_its_own("t", Some("web"), definition)).await.unwrap();
    world.agent.report(&id("t"), CheckStatus::Passing, "").await.unwrap();
    sleep(seconds(95)).await;
    assert_eq!(world.status("t").unwrap().0, CheckStatus::Critical);
    assert!(world.agent.services().await.unwrap().contains_key(&ServiceId::new("web").unwrap()));
    sleep(seconds(10)).await;
    assert!(world.agent.services().await.unwrap().is_empty());
    assert_eq!(world.status("t"), None);
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn replacing_checks_ends_those_that_are_not_named() {
    let world = World::new().await;
    world.agent.register(&registration("web", &[10])).await.unwrap();
    world.agent.register_check(on_its_own("c", Some("web"), tcp("127.0.0.1:1"))).await.unwrap();
    world.agent.register_service(&registration("web", &[20]), false).await.unwrap();
    assert!(world.agent.scheduler.has(&id("c")));
    world.agent.register_service(&registration("web", &[20]), true).await.unwrap();
    assert!(!world.agent.scheduler.has(&id("c")));
    assert_eq!(world.status("c"), None);
    assert_eq!(world.agent.table.ids(), [id("service:web")]);
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_check_that_was_taken_out_of_the_catalog_is_run_no_more() {
    let world = World::new().await;
    world.agent.register_check(on_its_own("c", None, tcp("127.0.0.1:1"))).await.unwrap();
    let gone = muster_catalog::CatalogDeregistration::Check(NodeName::new("n1").unwrap(), id("c"));
    Catalog::deregister(&world.registry, gone).await.unwrap();
    sleep(seconds(61)).await;
    assert!(!world.agent.scheduler.has(&id("c")));
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn commands_are_refused_until_they_are_allowed() {
    let world = World::new().await;
    let refused = world.agent.register_check(on_its_own("s", None, script())).await.unwrap_err();
    let text = "registry refused: Scripts are disabled on this agent from remote calls; to enable, configure \
                'enable_script_checks' to true";
    assert_eq!(refused.to_string(), text);
    let mut with_script = registration("web", &[10]);
    with_script.checks[0].definition = script();
    assert_eq!(world.agent.register(&with_script).await.unwrap_err().to_string(), text);
    assert!(world.agent.services().await.unwrap().is_empty(), "nothing half done");
    let docker = Probe::Docker { container: Arc::from("c"), shell: Arc::from(""), args: vec![Arc::from("true")] };
    let docker = CheckDefinition::every(docker, seconds(1));
    assert_eq!(world.agent.register_check(on_its_own("d", None, docker)).await.unwrap_err().to_string(), text);
    world.stop().await;
}

#[tokio::test]
async fn a_command_that_is_allowed_no_more_is_critical() {
    let world = World::new().await;
    let config = AgentConfig { scripts: ScriptChecks::On, ..world.agent.config.clone() };
    let allowed = Agent::start(config, Arc::new(world.registry.clone())).await.unwrap();
    let check = Check { status: CheckStatus::Passing, ..on_its_own("s", None, script()) };
    allowed.register_check(check).await.unwrap();
    assert!(allowed.scheduler.has(&id("s")));
    drop(allowed);
    let off = start(&world.registry).await;
    assert!(!off.scheduler.has(&id("s")));
    let (status, output) = world.status("s").unwrap();
    assert_eq!(status, CheckStatus::Critical);
    assert!(output.starts_with("Scripts are disabled on this agent; to enable"), "{output}");
    world.stop().await;
}

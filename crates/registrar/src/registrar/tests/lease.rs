//! The owner lease, against a real agent on a real registry in memory.

use std::collections::BTreeMap;

use muster_agent::{Agent, AgentConfig};
use muster_journal::{HistoryId, MemoryJournal};
use muster_model::{CheckId, CheckStatus, Node, NodeName, ServiceId};
use muster_registry::{Registry, RegistryConfig};
use tokio::task::JoinHandle;

use super::*;

/// A registry with its agent, and a registrar over a fake engine.
struct Host {
    registry: Registry,
    agent: Arc<Agent>,
    engine: Arc<FakeEngine>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Host {
    async fn new() -> Self {
        let journal = Arc::new(MemoryJournal::new(HistoryId::random()));
        let (registry, committer) = Registry::open(journal, RegistryConfig::default()).await.unwrap();
        let stop = CancellationToken::new();
        let committing = tokio::spawn(committer.run(stop.clone()));
        let node = Node {
            name: NodeName::new("n1").unwrap(),
            id: Arc::from(""),
            address: Arc::from("10.0.0.1"),
            tagged_addresses: BTreeMap::new(),
            meta: BTreeMap::new(),
        };
        let agent = Arc::new(Agent::start(AgentConfig::new(node), Arc::new(registry.clone())).await.unwrap());
        let (running, until) = (Arc::clone(&agent), stop.clone());
        let checking = tokio::spawn(async move { running.run(until).await });
        Self { registry, agent, engine: Arc::default(), stop, tasks: vec![committing, checking] }
    }

    /// Starts a registrar and waits until it is ready. Aborted, it is gone as by SIGKILL.
    async fn registrar(&self, compat: bool) -> JoinHandle<Result<(), RunError>> {
        let host = crate::Host { name: "H".into(), address: Some("10.0.0.1".into()) };
        let config = Config::new(Flags::default(), host, compat, INTERVAL).unwrap();
        let registrar = config.build(self.engine.clone(), Arc::clone(&self.agent) as _);
        let mut ready = registrar.ready();
        let task = tokio::spawn(registrar.run(CancellationToken::new()));
        ready.wait_for(|ready| *ready).await.unwrap();
        task
    }

    /// All checks of the node, as `ID=status`.
    fn checks(&self) -> Vec<String> {
        let rows = self.registry.state().checks_of_node("n1").value;
        let own = rows.iter().filter(|row| row.check.value.id.as_str() != "serfHealth");
        own.map(|row| format!("{}={}", row.check.value.id, row.check.value.status)).collect()
    }

    fn services(&self) -> Vec<String> {
        let services = self.registry.state().all_services().value;
        services.iter().map(|service| service.name.to_string()).collect()
    }

    /// How long it takes until something holds.
    async fn until(&self, holds: impl Fn(&Self) -> bool) -> Duration {
        let start = Instant::now();
        while !holds(self) {
            assert!(start.elapsed() < Duration::from_secs(3600), "never: {:?} {:?}", self.checks(), self.services());
            sleep(Duration::from_millis(100)).await;
        }
        start.elapsed()
    }

    async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

const ALIVE: [&str; 2] = ["muster-owner:H:web:80=passing", "service:muster-registrar:E=passing"];

#[tokio::test(start_paused = true)]
async fn instances_of_a_registrar_that_dies_are_critical_in_seconds_and_gone_in_minutes() {
    let host = Host::new().await;
    host.engine.put(container("web", 8000));
    let registrar = host.registrar(false).await;
    assert_eq!(host.checks(), ALIVE);
    assert_eq!(host.services(), ["muster-registrar", "web"]);
    // Until the aliases' first output, which has time, is written.
    idle(Duration::from_secs(600)).await;
    let index = host.registry.index();
    idle(Duration::from_secs(3600)).await;
    assert_eq!(host.checks(), ALIVE, "as long as it lives");
    assert_eq!(host.registry.index(), index, "and nothing is written for it");
    registrar.abort();
    let critical = host.until(|host| host.checks()[0] == "muster-owner:H:web:80=critical").await;
    assert!(critical <= Duration::from_secs(15), "{critical:?}");
    let gone = critical + host.until(|host| host.services().is_empty()).await;
    assert!(gone <= Duration::from_secs(120), "{gone:?}");
    assert_eq!(host.checks(), [""; 0]);
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_registrar_that_comes_back_in_time_brings_its_instances_back() {
    let host = Host::new().await;
    host.engine.put(container("web", 8000));
    host.registrar(false).await.abort();
    host.until(|host| host.checks()[0].ends_with("critical")).await;
    idle(Duration::from_secs(30)).await;
    let registrar = host.registrar(false).await;
    assert!(host.until(|host| host.checks() == ALIVE).await <= Duration::from_secs(1));
    idle(Duration::from_secs(600)).await;
    assert_eq!(host.checks(), ALIVE);
    registrar.abort();
    host.until(|host| host.services().is_empty()).await;
    let registrar = host.registrar(false).await;
    assert!(host.until(|host| host.checks() == ALIVE).await <= Duration::from_secs(1), "and after they went");
    registrar.abort();
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_lease_lives_on_while_the_engine_is_away() {
    let host = Host::new().await;
    host.engine.put(container("web", 8000));
    let registrar = host.registrar(false).await;
    host.engine.go_away();
    idle(Duration::from_secs(600)).await;
    assert_eq!(host.checks(), ALIVE);
    registrar.abort();
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_and_checks_that_somebody_took_out_are_put_back() {
    let host = Host::new().await;
    host.engine.put(container("web", 8000));
    let registrar = host.registrar(false).await;
    host.agent.deregister(&ServiceId::new("muster-registrar:E").unwrap()).await.unwrap();
    host.until(|host| host.checks() == ALIVE).await;
    host.agent.deregister_check(&CheckId::new("muster-owner:H:web:80").unwrap()).await.unwrap();
    let back = host.until(|host| host.checks() == ALIVE).await;
    assert!(back <= INTERVAL + Duration::from_secs(1), "{back:?}");
    registrar.abort();
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn instances_that_stood_without_a_lease_follow_one_after_the_change() {
    let host = Host::new().await;
    host.engine.put(container("web", 8000));
    let old = host.registrar(true).await;
    assert_eq!((host.checks(), host.services()), (vec![], vec!["web".to_owned()]), "Registrator has none");
    old.abort();
    let new = host.registrar(false).await;
    assert_eq!(host.checks(), ALIVE);
    new.abort();
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_containers_own_check_keeps_its_usual_id_beside_the_lease() {
    let host = Host::new().await;
    let mut web = container("web", 8000);
    web.env.push("SERVICE_CHECK_TTL=1h".into());
    host.engine.put(web);
    let registrar = host.registrar(false).await;
    assert!(host.checks().contains(&"service:H:web:80=critical".to_owned()), "{:?}", host.checks());
    let id = CheckId::new("service:H:web:80").unwrap();
    host.agent.report(&id, CheckStatus::Passing, "").await.unwrap();
    assert!(host.checks().contains(&"service:H:web:80=passing".to_owned()));
    registrar.abort();
    host.stop().await;
}

/// `CheckID=status` of the container's own check.
fn own_check(host: &Host) -> Option<String> {
    host.checks().into_iter().find(|check| check.starts_with("service:H:web:80="))
}

#[tokio::test(start_paused = true)]
async fn what_its_check_had_removed_comes_back_and_serves_only_once_it_is_well() {
    let host = Host::new().await;
    let mut web = container("web", 8000);
    web.env.push("SERVICE_CHECK_TTL=10s".into());
    web.env.push("SERVICE_CHECK_INITIAL_STATUS=passing".into());
    web.env.push("SERVICE_CHECK_DEREGISTER_AFTER=1m".into());
    host.engine.put(web);
    let registrar = host.registrar(false).await;
    let check = |status: &str| Some(format!("service:H:web:80={status}"));
    assert_eq!(own_check(&host), check("passing"), "a container that starts starts as it says");
    host.until(|host| own_check(host) == check("critical")).await;
    let gone = host.until(|host| own_check(host).is_none()).await;
    assert!(gone >= Duration::from_secs(60), "{gone:?}");
    let back = host.until(|host| own_check(host).is_some()).await;
    assert!(back <= INTERVAL + Duration::from_secs(1), "{back:?}");
    assert_eq!(own_check(&host), check("critical"));
    let id = CheckId::new("service:H:web:80").unwrap();
    host.agent.report(&id, CheckStatus::Passing, "").await.unwrap();
    assert_eq!(host.checks(), ["muster-owner:H:web:80=passing", "service:H:web:80=passing", ALIVE[1]]);
    registrar.abort();
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn as_registrator_what_was_removed_comes_back_as_its_container_says() {
    let host = Host::new().await;
    let mut web = container("web", 8000);
    web.env.push("SERVICE_CHECK_TTL=10s".into());
    web.env.push("SERVICE_CHECK_INITIAL_STATUS=passing".into());
    web.env.push("SERVICE_CHECK_DEREGISTER_AFTER=1m".into());
    host.engine.put(web);
    let registrar = host.registrar(true).await;
    host.until(|host| own_check(host).is_none()).await;
    host.until(|host| own_check(host).is_some_and(|check| check.ends_with("passing"))).await;
    registrar.abort();
    host.stop().await;
}

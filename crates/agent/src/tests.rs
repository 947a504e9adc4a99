mod active;
mod defined;
mod settings;

use std::collections::BTreeMap;
use std::time::Duration;

use muster_catalog::{CheckRegistration, LocalAgent, Registration};
use muster_journal::{HistoryId, MemoryJournal};
use muster_model::{CheckDefinition, CheckStatus, ServiceId, ServiceName, Weights};
use muster_registry::{Registry, RegistryConfig};
use tokio::task::JoinHandle;

use super::*;

/// A real registry in memory with an agent on it.
struct World {
    registry: Registry,
    agent: Arc<Agent>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl World {
    async fn new() -> Self {
        let journal = Arc::new(MemoryJournal::new(HistoryId::random()));
        let (registry, committer) = Registry::open(journal, RegistryConfig::default()).await.unwrap();
        let stop = CancellationToken::new();
        let committing = tokio::spawn(committer.run(stop.clone()));
        let agent = Arc::new(start(&registry).await);
        let (running, until) = (Arc::clone(&agent), stop.clone());
        let checking = tokio::spawn(async move { running.run(until).await });
        Self { registry, agent, stop, tasks: vec![committing, checking] }
    }

    fn status(&self, check: &str) -> Option<(CheckStatus, String)> {
        let rows = self.registry.state().checks_of_node("n1").value;
        let row = rows.into_iter().find(|row| row.check.value.id.as_str() == check)?;
        Some((row.check.value.status.clone(), row.check.value.output.to_string()))
    }

    async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

async fn start(registry: &Registry) -> Agent {
    let node = Node {
        name: NodeName::new("n1").unwrap(),
        id: Arc::from(""),
        address: Arc::from("10.0.0.1"),
        tagged_addresses: BTreeMap::new(),
        meta: BTreeMap::new(),
    };
    Agent::start(AgentConfig::new(node), Arc::new(registry.clone())).await.unwrap()
}

fn registration(id: &str, ttl_seconds: &[u64]) -> Registration {
    let check = |seconds: &u64| CheckRegistration {
        id: None,
        name: None,
        notes: Arc::from(""),
        status: Some(CheckStatus::Passing),
        definition: CheckDefinition::ttl(Duration::from_secs(*seconds)),
    };
    let service = Service {
        id: ServiceId::new(id).unwrap(),
        name: ServiceName::new("web").unwrap(),
        tags: vec![],
        address: Arc::from(""),
        tagged_addresses: BTreeMap::new(),
        meta: BTreeMap::new(),
        port: 80,
        socket_path: Arc::from(""),
        weights: Weights::default(),
        enable_tag_override: false,
    };
    Registration { service, checks: ttl_seconds.iter().map(check).collect() }
}

fn id(text: &str) -> CheckId {
    CheckId::new(text).unwrap()
}

/// A check that the agent runs.
fn on_its_own(name: &str, service: Option<&str>, definition: CheckDefinition) -> Check {
    Check {
        id: id(name),
        name: Arc::from(name),
        status: CheckStatus::Critical,
        notes: Arc::from(""),
        output: Arc::from(""),
        service_id: service.map(|id| ServiceId::new(id).unwrap()),
        kind: Arc::from(""),
        definition: Some(Arc::new(definition)),
    }
}

#[tokio::test(start_paused = true)]
async fn check_ids_are_consuls() {
    let world = World::new().await;
    world.agent.register(&registration("one", &[10])).await.unwrap();
    world.agent.register(&registration("two", &[10, 20])).await.unwrap();
    for check in ["service:one", "service:two:1", "service:two:2", "serfHealth"] {
        assert!(world.status(check).is_some(), "{check}");
    }
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_ttl_check_runs_out_unless_somebody_reports() {
    let world = World::new().await;
    world.agent.register(&registration("web", &[10])).await.unwrap();
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_secs(9)).await;
        world.agent.report(&id("service:web"), CheckStatus::Passing, "ok").await.unwrap();
    }
    assert_eq!(world.status("service:web").unwrap().0, CheckStatus::Passing);
    tokio::time::sleep(Duration::from_secs(11)).await;
    let expected = "TTL expired (last output before timeout follows): ok";
    assert_eq!(world.status("service:web"), Some((CheckStatus::Critical, expected.into())));
    world.agent.report(&id("service:web"), CheckStatus::Passing, "back").await.unwrap();
    assert_eq!(world.status("service:web"), Some((CheckStatus::Passing, "back".into())));
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn output_alone_is_held_back_but_shown_here() {
    let world = World::new().await;
    world.agent.register(&registration("web", &[3600])).await.unwrap();
    let index = world.registry.index();
    world.agent.report(&id("service:web"), CheckStatus::Passing, "1").await.unwrap();
    world.agent.report(&id("service:web"), CheckStatus::Passing, "2").await.unwrap();
    assert_eq!(world.registry.index(), index, "nothing was written");
    let entries = world.agent.entries().await.unwrap();
    assert_eq!(&*entries.checks[&id("service:web")].value.output, "2");
    tokio::time::sleep(Duration::from_secs(301)).await;
    assert_eq!(world.status("service:web"), Some((CheckStatus::Passing, "2".into())));
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn registering_again_keeps_the_result_and_changes_nothing() {
    let world = World::new().await;
    world.agent.register(&registration("web", &[10])).await.unwrap();
    world.agent.report(&id("service:web"), CheckStatus::Warning, "hm").await.unwrap();
    let index = world.registry.index();
    world.agent.register(&registration("web", &[10])).await.unwrap();
    assert_eq!(world.registry.index(), index);
    assert_eq!(world.status("service:web"), Some((CheckStatus::Warning, "hm".into())));
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_restarted_agent_lets_checks_run_out_again() {
    let world = World::new().await;
    world.agent.register(&registration("web", &[10])).await.unwrap();
    let again = Arc::new(start(&world.registry).await);
    let (running, until) = (Arc::clone(&again), world.stop.clone());
    let checking = tokio::spawn(async move { running.run(until).await });
    again.report(&id("service:web"), CheckStatus::Passing, "").await.unwrap();
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(world.status("service:web").unwrap().0, CheckStatus::Critical);
    world.stop().await;
    checking.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn deregistering_takes_the_checks_along_and_tells_what_is_not_there() {
    let world = World::new().await;
    world.agent.register(&registration("web", &[10])).await.unwrap();
    let web = ServiceId::new("web").unwrap();
    world.agent.deregister(&web).await.unwrap();
    assert_eq!(world.status("service:web"), None);
    let unknown = world.agent.deregister(&web).await.unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "Unknown service ID \"web\". Ensure that the service ID is passed, not the service name."
    );
    let unknown = world.agent.report(&id("service:web"), CheckStatus::Passing, "").await.unwrap_err();
    assert!(matches!(unknown, CatalogError::NotFound { .. }), "{unknown}");
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn maintenance_that_is_on_keeps_its_first_reason() {
    let world = World::new().await;
    world.agent.register(&registration("web", &[])).await.unwrap();
    let web = ServiceId::new("web").unwrap();
    let notes = |check: &str| {
        let rows = world.registry.state().checks_of_node("n1").value;
        rows.into_iter().find(|row| row.check.value.id.as_str() == check).map(|row| row.check.value.notes.to_string())
    };
    for reason in ["first", "second", ""] {
        world.agent.node_maintenance(Some(reason)).await.unwrap();
        world.agent.service_maintenance(&web, Some(reason)).await.unwrap();
        assert_eq!(notes("_node_maintenance").as_deref(), Some("first"));
        assert_eq!(notes("_service_maintenance:web").as_deref(), Some("first"));
    }
    world.agent.node_maintenance(None).await.unwrap();
    world.agent.node_maintenance(Some("again")).await.unwrap();
    assert_eq!(notes("_node_maintenance").as_deref(), Some("again"));
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_was_taken_out_comes_back() {
    let world = World::new().await;
    let gone = muster_catalog::CatalogDeregistration::Node(NodeName::new("n1").unwrap());
    muster_catalog::Catalog::deregister(&world.registry, gone).await.unwrap();
    assert!(!world.registry.state().has_node("n1"));
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(world.status("serfHealth").unwrap().0, CheckStatus::Passing);
    world.stop().await;
}

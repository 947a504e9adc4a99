//! An engine and an agent in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use futures_util::StreamExt;
use muster_catalog::{CatalogError, LocalAgent, Pending, Registration};
use muster_docker::{
    Binding, Cause, Container, ContainerState, ContainerSummary, Endpoint, EngineAddress, EngineError, EngineInfo,
    Event, EventKind, Scope, Subscription,
};
use muster_model::{CheckId, CheckStatus, Index, Service, ServiceId, ServiceName, Weights};
use tokio::sync::{Notify, mpsc};

use crate::Containers;

/// A running container that publishes port 80; its name is its ID too.
pub fn container(name: &str, host_port: u16) -> Container {
    let port = "80/tcp".parse().unwrap();
    let binding = Binding { host_ip: "0.0.0.0".into(), host_port };
    Container {
        ports: BTreeMap::from([(port, Some(binding))]),
        exposed_ports: BTreeSet::from([port]),
        ..at(name, "172.17.0.2")
    }
}

/// A running container without ports.
pub fn at(name: &str, address: &str) -> Container {
    let endpoint = Endpoint { network_id: "n".into(), ip_address: address.into() };
    Container {
        id: name.into(),
        name: name.into(),
        image: "web".into(),
        network_mode: "default".into(),
        networks: BTreeMap::from([("bridge".to_owned(), endpoint)]),
        state: ContainerState { running: true, ..ContainerState::default() },
        ..Container::default()
    }
}

/// A running container on another one's network.
pub fn sharing(name: &str, owner: &str) -> Container {
    let mut container = at(name, "");
    container.network_mode = format!("container:{owner}");
    container.networks.clear();
    container.exposed_ports.insert("80/tcp".parse().unwrap());
    container
}

/// Somebody else's instance.
pub fn foreign(id: &str) -> Service {
    Service {
        id: ServiceId::new(id).unwrap(),
        name: ServiceName::new("foreign").unwrap(),
        tags: Vec::new(),
        address: "10.9.9.9".into(),
        tagged_addresses: BTreeMap::new(),
        meta: BTreeMap::new(),
        port: 1,
        socket_path: "".into(),
        weights: Weights::default(),
        enable_tag_override: false,
    }
}

#[derive(Default)]
pub struct FakeEngine {
    state: Mutex<EngineState>,
}

#[derive(Default)]
struct EngineState {
    containers: BTreeMap<String, Container>,
    sick: BTreeSet<String>,
    subscriber: Option<mpsc::UnboundedSender<Event>>,
    is_away: bool,
    inspections: usize,
}

impl FakeEngine {
    fn lock(&self) -> MutexGuard<'_, EngineState> {
        self.state.lock().unwrap()
    }

    /// Without an event.
    pub fn put(&self, container: Container) {
        self.lock().containers.insert(container.id.clone(), container);
    }

    /// Without an event.
    pub fn remove(&self, id: &str) {
        self.lock().containers.remove(id);
    }

    pub fn start(&self, container: Container) {
        let id = container.id.clone();
        self.put(container);
        self.tell(&id, "start");
    }

    pub fn die(&self, id: &str, exit_code: i64) {
        if let Some(container) = self.lock().containers.get_mut(id) {
            container.state = ContainerState { exit_code, ..ContainerState::default() };
            container.ports.clear();
        }
        self.tell_with(id, "die", Some(exit_code));
    }

    pub fn destroy(&self, id: &str) {
        self.remove(id);
        self.tell(id, "destroy");
    }

    /// Ends the event stream; all calls fail.
    pub fn go_away(&self) {
        let mut state = self.lock();
        state.is_away = true;
        state.subscriber = None;
    }

    /// All calls fail, but events go on: an engine that shuts down.
    pub fn stop_answering(&self) {
        self.lock().is_away = true;
    }

    pub fn come_back(&self) {
        self.lock().is_away = false;
    }

    /// Inspecting it fails.
    pub fn make_sick(&self, id: &str) {
        self.lock().sick.insert(id.into());
    }

    pub fn inspections(&self) -> usize {
        self.lock().inspections
    }

    fn tell(&self, id: &str, action: &str) {
        self.tell_with(id, action, None);
    }

    fn tell_with(&self, id: &str, action: &str, exit_code: Option<i64>) {
        if let Some(subscriber) = &self.lock().subscriber {
            let (container, action) = (id.into(), action.into());
            let _ = subscriber.send(Event { kind: EventKind::Container, container, action, exit_code });
        }
    }

    fn answer(&self) -> Result<MutexGuard<'_, EngineState>, EngineError> {
        let state = self.lock();
        let source = "connection refused".into();
        let address = EngineAddress::Tcp("fake:1".into());
        if state.is_away {
            Err(EngineError::Unreachable { address, cause: Cause::NobodyListens, source })
        } else {
            Ok(state)
        }
    }
}

impl Containers for FakeEngine {
    fn subscribe(&self) -> Pending<'_, Result<Subscription, EngineError>> {
        Box::pin(async {
            let (sender, receiver) = mpsc::unbounded_channel();
            self.answer()?.subscriber = Some(sender);
            let text = String::new;
            let engine = EngineInfo { id: "E".into(), name: text(), version: text(), api_version: text() };
            let events = futures_util::stream::unfold(receiver, |mut receiver| async {
                let event = receiver.recv().await?;
                Some((Ok(event), receiver))
            });
            Ok(Subscription { engine, events: events.boxed() })
        })
    }

    fn list(&self, scope: Scope) -> Pending<'_, Result<Vec<ContainerSummary>, EngineError>> {
        Box::pin(async move {
            let state = self.answer()?;
            let listed = state.containers.values().filter(|c| scope == Scope::All || c.state.running);
            let summary = |container: &Container| ContainerSummary {
                id: container.id.clone(),
                name: container.name.clone(),
                state: format!("{:?}", container.state),
                ports: container.ports.iter().map(|port| format!("{port:?}")).collect(),
                addresses: container.networks.iter().map(|(n, e)| (n.clone(), e.ip_address.clone())).collect(),
            };
            Ok(listed.map(summary).collect())
        })
    }

    fn inspect<'a>(&'a self, id: &'a str) -> Pending<'a, Result<Option<Container>, EngineError>> {
        Box::pin(async move {
            let mut state = self.answer()?;
            state.inspections += 1;
            if state.sick.contains(id) {
                let (address, message) = (EngineAddress::Tcp("fake:1".into()), "sick".into());
                return Err(EngineError::Refused { address, call: "inspect a container", status: 500, message });
            }
            Ok(state.containers.get(id).cloned())
        })
    }
}

#[derive(Default)]
pub struct FakeAgent {
    state: Mutex<AgentState>,
    changed: Notify,
    /// Ends the questions that are held back.
    cut: Notify,
}

#[derive(Default)]
pub struct AgentState {
    services: BTreeMap<ServiceId, Service>,
    checks: BTreeMap<CheckId, ServiceId>,
    commands: Vec<String>,
    refused: BTreeSet<String>,
    refusals: usize,
    failing_deregistrations: usize,
    is_away: bool,
    history: u64,
}

impl AgentState {
    /// What is registered, as `ID=address:port`.
    pub fn lines(&self) -> Vec<String> {
        self.services.values().map(|s| format!("{}={}:{}", s.id, s.address, s.port)).collect()
    }

    fn check(&self) -> Result<(), CatalogError> {
        let address = "fake:2".to_owned();
        if self.is_away { Err(CatalogError::Unreachable { address, source: "refused".into() }) } else { Ok(()) }
    }
}

impl FakeAgent {
    fn lock(&self) -> MutexGuard<'_, AgentState> {
        self.state.lock().unwrap()
    }

    /// Waits until something holds, for an hour of virtual time at most.
    pub async fn until(&self, holds: impl Fn(&AgentState) -> bool, expected: &[&str]) {
        let wait = async {
            while !holds(&self.lock()) {
                self.changed.notified().await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(3600), wait).await.is_err() {
            panic!("never came to be {expected:?}: {:?}", self.lines());
        }
    }

    pub fn lines(&self) -> Vec<String> {
        self.lock().lines()
    }

    /// What was done, `+ID` and `-ID`.
    pub fn commands(&self) -> Vec<String> {
        self.lock().commands.clone()
    }

    pub fn insert(&self, service: Service) {
        self.lock().services.insert(service.id.clone(), service);
    }

    pub fn forget_all(&self) {
        self.lock().services.clear();
    }

    /// As after a restart with this index, too quick for any other call to fail.
    pub fn begin_anew(&self, history: u64) {
        self.lock().history = history;
        self.cut.notify_waiters();
    }

    pub fn go_away(&self) {
        self.lock().is_away = true;
        self.cut.notify_waiters();
    }

    pub fn come_back(&self) {
        self.lock().is_away = false;
    }

    pub fn fail_deregistrations(&self, times: usize) {
        self.lock().failing_deregistrations = times;
    }

    /// Refuses to register this one.
    pub fn refuse(&self, id: &str) {
        self.lock().refused.insert(id.into());
    }

    pub fn refusals(&self) -> usize {
        self.lock().refusals
    }
}

impl LocalAgent for FakeAgent {
    fn register<'a>(&'a self, registration: &'a Registration) -> Pending<'a, Result<(), CatalogError>> {
        Box::pin(async move {
            let mut state = self.lock();
            state.check()?;
            let service = &registration.service;
            if state.refused.contains(service.id.as_str()) {
                state.refusals += 1;
                return Err(CatalogError::Refused { reason: "no".into() });
            }
            state.commands.push(format!("+{}", service.id));
            state.services.insert(service.id.clone(), service.clone());
            let named = registration.checks.iter().filter_map(|check| check.id.clone());
            state.checks.extend(named.map(|check| (check, service.id.clone())));
            self.changed.notify_one();
            Ok(())
        })
    }

    fn deregister<'a>(&'a self, service: &'a ServiceId) -> Pending<'a, Result<(), CatalogError>> {
        Box::pin(async move {
            let mut state = self.lock();
            state.check()?;
            if state.failing_deregistrations > 0 {
                state.failing_deregistrations -= 1;
                return Err(CatalogError::Unavailable { reason: "no leader".into() });
            }
            state.commands.push(format!("-{service}"));
            let found = state.services.remove(service);
            self.changed.notify_one();
            found.map(|_| ()).ok_or(CatalogError::NotFound { reason: "unknown service".into() })
        })
    }

    fn checks(&self) -> Pending<'_, Result<BTreeSet<CheckId>, CatalogError>> {
        Box::pin(async {
            let state = self.lock();
            state.check()?;
            Ok(state
                .checks
                .iter()
                .filter(|(_, service)| state.services.contains_key(service))
                .map(|(id, _)| id.clone())
                .collect())
        })
    }

    fn services(&self) -> Pending<'_, Result<BTreeMap<ServiceId, Service>, CatalogError>> {
        Box::pin(async {
            let state = self.lock();
            state.check()?;
            Ok(state.services.clone())
        })
    }

    fn report<'a>(&'a self, _: &'a CheckId, _: CheckStatus, _: &'a str) -> Pending<'a, Result<(), CatalogError>> {
        panic!("the registrar reports no results: that is the container's own work")
    }

    fn ping(&self) -> Pending<'_, Result<(), CatalogError>> {
        Box::pin(async { self.lock().check() })
    }

    fn history(&self, after: Option<Index>) -> Pending<'_, Result<Index, CatalogError>> {
        Box::pin(async move {
            let cut = self.cut.notified();
            self.lock().check()?;
            let now = self.lock().history;
            if after.is_some_and(|after| after == Index(now)) {
                cut.await;
            }
            let state = self.lock();
            state.check()?;
            Ok(Index(state.history))
        })
    }
}

//! A registry in memory: each question has an index of its own, and a question that waits is woken by a
//! change of what it asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use muster_catalog::{CatalogError, Data, Discovery, Fetched, Instance, Pending, Query, ServiceTags, Wait};
use muster_model::{
    Check, CheckId, CheckStatus, Index, Indexed, Key, KvEntry, Node, NodeName, Service, ServiceAddress, ServiceId,
    ServiceName, Weights,
};
use tokio::sync::watch;

pub struct FakeRegistry {
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    index: u64,
    services: BTreeMap<String, (u64, Vec<Instance>)>,
    services_index: u64,
    keys: BTreeMap<String, Arc<KvEntry>>,
    keys_index: u64,
    unreachable: bool,
    mute: Option<String>,
    requests: usize,
    waiting: usize,
}

impl Default for FakeRegistry {
    fn default() -> Self {
        Self { state: Mutex::default(), changed: watch::channel(()).0 }
    }
}

/// An instance at 10.0.0.1 with one passing check.
pub fn instance(node: &str, service: &str, id: &str, port: i32) -> Instance {
    let (created, modified) = (Index(1), Index(1));
    let pairs = |key: &str, value: &str| BTreeMap::from([(Arc::from(key), Arc::from(value))]);
    let node = Node {
        name: NodeName::new(node).unwrap(),
        id: "node-id".into(),
        address: "10.0.0.1".into(),
        tagged_addresses: pairs("lan", "10.0.0.1"),
        meta: pairs("rack", "r1"),
    };
    let lan = ServiceAddress { address: "10.0.0.1".into(), port: port + 1 };
    let service = Service {
        id: ServiceId::new(id).unwrap(),
        name: ServiceName::new(service).unwrap(),
        tags: vec!["z".into(), "v1".into()],
        address: "".into(),
        tagged_addresses: BTreeMap::from([(Arc::from("lan"), lan)]),
        meta: pairs("version", "2"),
        port,
        socket_path: "".into(),
        weights: Weights::default(),
        enable_tag_override: false,
    };
    let check = Check {
        id: CheckId::new(format!("service:{id}")).unwrap(),
        name: "check".into(),
        status: CheckStatus::Passing,
        notes: "".into(),
        output: "".into(),
        service_id: Some(service.id.clone()),
        kind: "ttl".into(),
        definition: None,
    };
    Instance {
        node: Indexed { value: Arc::new(node), created, modified },
        service: Indexed { value: Arc::new(service), created, modified },
        checks: vec![Indexed { value: Arc::new(check), created, modified }],
    }
}

impl FakeRegistry {
    fn change(&self, change: impl FnOnce(&mut State)) {
        {
            let mut state = self.state.lock().unwrap();
            // The first index after 1, which answers about nothing have.
            state.index = state.index.max(1) + 1;
            change(&mut state);
        }
        self.changed.send_replace(());
    }

    pub fn put_service(&self, name: &str, instances: Vec<Instance>) {
        self.change(|state| {
            state.services_index = state.index;
            state.services.insert(name.to_owned(), (state.index, instances));
        });
    }

    pub fn put_key(&self, key: &str, value: &str) {
        self.change(|state| {
            let entry = KvEntry {
                key: Key::new(key).unwrap(),
                value: Arc::from(value.as_bytes()),
                flags: 0,
                session: None,
                lock_index: 0,
                created: Index(state.index),
                modified: Index(state.index),
            };
            state.keys_index = state.index;
            state.keys.insert(key.to_owned(), Arc::new(entry));
        });
    }

    pub fn delete_key(&self, key: &str) {
        self.change(|state| {
            state.keys_index = state.index;
            state.keys.remove(key);
        });
    }

    /// Forgets everything, and counts from the start.
    pub fn start_anew(&self) {
        self.change(|state| *state = State { requests: state.requests, waiting: state.waiting, ..State::default() });
    }

    pub fn set_reachable(&self, reachable: bool) {
        self.state.lock().unwrap().unreachable = !reachable;
        self.changed.send_replace(());
    }

    /// Never answers anything about this service.
    pub fn mute(&self, service: &str) {
        self.state.lock().unwrap().mute = Some(service.to_owned());
    }

    fn is_mute(&self, query: &Query) -> bool {
        let mute = &self.state.lock().unwrap().mute;
        matches!(query, Query::Instances(query) if mute.as_deref() == Some(query.service.as_str()))
    }

    /// How many requests came in.
    pub fn requests(&self) -> usize {
        self.state.lock().unwrap().requests
    }

    /// How many requests wait for a change.
    pub fn waiting(&self) -> usize {
        self.state.lock().unwrap().waiting
    }

    fn answer(&self, query: &Query) -> Result<Fetched, CatalogError> {
        let state = self.state.lock().unwrap();
        if state.unreachable {
            let source = "connection refused".into();
            return Err(CatalogError::Unreachable { address: "memory".into(), source });
        }
        let (index, data) = match query {
            Query::Instances(wanted) => {
                let (index, instances) =
                    state.services.get(wanted.service.as_str()).cloned().unwrap_or((1, Vec::new()));
                let passes = |instance: &Instance| {
                    instance.checks.iter().all(|check| check.value.status == CheckStatus::Passing)
                };
                let wanted = instances.into_iter().filter(|instance| !wanted.passing_only || passes(instance));
                (index, Data::Instances(wanted.collect()))
            }
            Query::Services { .. } => (state.services_index, Data::Services(service_tags(&state))),
            Query::Key { key, .. } => (state.keys_index, Data::Value(state.keys.get(key.as_str()).cloned())),
        };
        Ok(Fetched { index: Index(index.max(1)), data })
    }
}

fn service_tags(state: &State) -> Arc<[ServiceTags]> {
    let tags = |instances: &[Instance]| -> Vec<Arc<str>> {
        let tags: BTreeSet<Arc<str>> = instances.iter().flat_map(|i| i.service.value.tags.iter().cloned()).collect();
        tags.into_iter().collect()
    };
    let services = state.services.iter();
    services
        .map(|(name, (_, instances))| ServiceTags { name: ServiceName::new(name).unwrap(), tags: tags(instances) })
        .collect()
}

/// Counts a request that waits for as long as it lives, be it dropped or answered.
struct Waiting<'a>(&'a FakeRegistry);

impl<'a> Waiting<'a> {
    fn new(registry: &'a FakeRegistry) -> Self {
        registry.state.lock().unwrap().waiting += 1;
        Self(registry)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.state.lock().unwrap().waiting -= 1;
    }
}

impl Discovery for FakeRegistry {
    fn fetch<'a>(&'a self, query: &'a Query, wait: Option<Wait>) -> Pending<'a, Result<Fetched, CatalogError>> {
        Box::pin(async move {
            self.state.lock().unwrap().requests += 1;
            if self.is_mute(query) {
                let _waiting = Waiting::new(self);
                std::future::pending::<()>().await;
            }
            let mut changed = self.changed.subscribe();
            let first = self.answer(query)?;
            let Some(wait) = wait else { return Ok(first) };
            // As Consul: an index that the registry has not reached is answered at once.
            if first.index != wait.after {
                return Ok(first);
            }
            let _waiting = Waiting::new(self);
            let woken = async {
                loop {
                    changed.changed().await.expect("the registry lives");
                    let answer = self.answer(query)?;
                    if answer.index != wait.after {
                        return Ok(answer);
                    }
                }
            };
            match tokio::time::timeout(wait.at_most, woken).await {
                Ok(answer) => answer,
                Err(_) => Ok(first),
            }
        })
    }
}

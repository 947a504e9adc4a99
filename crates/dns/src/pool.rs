//! A service's instances in the form that answers need, kept until the service changes.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use muster_model::{CheckStatus, Index, Node, Service};
use muster_registry::{InstanceView, State};

use crate::answer::address;
use crate::name;

/// When all that is kept has more instances than this, it is forgotten.
const MOST_KEPT: usize = 50_000;

/// Where an instance or a node is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    Ip(IpAddr),
    /// A name in wire form.
    Name(Box<[u8]>),
}

impl Place {
    /// None: neither an address nor a name, so nothing can be answered with it.
    pub fn of(text: &str) -> Option<Self> {
        if let Some(ip) = address(text) {
            return Some(Self::Ip(ip));
        }
        let mut wire = Vec::new();
        name::push_labels(text, &mut wire).then(|| {
            wire.push(0);
            Self::Name(wire.into())
        })
    }
}

/// An instance that may be served.
#[derive(Debug)]
pub struct Endpoint {
    pub node: Arc<Node>,
    pub service: Arc<Service>,
    /// Its own address, else its node's.
    pub place: Place,
    /// It has an address of its own.
    pub own_place: bool,
    /// Its node's name in labels without a last zero; none: it does not fit into a DNS name.
    pub node_labels: Option<Box<[u8]>>,
    pub weight: u16,
    pub port: u16,
}

impl Endpoint {
    fn of(view: InstanceView<'_>, only_passing: bool) -> Option<Self> {
        let mut all_pass = true;
        for check in view.checks() {
            let passes = check.status == CheckStatus::Passing;
            if check.status == CheckStatus::Critical || (only_passing && !passes) {
                return None;
            }
            all_pass &= passes;
        }
        let (node, service) = (view.node(), view.service());
        let own_place = !service.address.is_empty();
        let mut labels = Vec::new();
        let weight = if all_pass { service.weights.passing } else { service.weights.warning };
        Some(Self {
            place: Place::of(if own_place { &service.address } else { &node.address })?,
            own_place,
            node_labels: name::push_labels(node.name.as_str(), &mut labels).then(|| labels.into()),
            // Consul keeps what fits: both are its 16 low bits.
            weight: weight as u16,
            port: service.port as u16,
            node: Arc::clone(node),
            service: Arc::clone(service),
        })
    }

    pub fn has_tag(&self, tag: &str) -> bool {
        self.service.tags.iter().any(|own| own.eq_ignore_ascii_case(tag))
    }
}

/// A service's instances that may be served.
#[derive(Debug)]
pub struct Pool {
    index: Index,
    pub endpoints: Vec<Endpoint>,
    /// Some of them are in the same place.
    pub repeats: bool,
}

impl Pool {
    fn new(index: Index, endpoints: Vec<Endpoint>) -> Self {
        let mut seen = HashSet::new();
        let repeats = !endpoints.iter().all(|endpoint| seen.insert(&endpoint.place));
        Self { index, repeats, endpoints }
    }
}

/// Pools by service.
#[derive(Debug, Default)]
pub struct Pools {
    kept: HashMap<Box<str>, Arc<Pool>>,
    endpoints: usize,
}

impl Pools {
    /// The pool of a service by its folded name; none: there is no such service.
    pub fn get(&mut self, state: &State, service: &str, only_passing: bool) -> Option<Arc<Pool>> {
        let Some(index) = state.health_index(service) else {
            self.forget(service);
            return None;
        };
        if let Some(pool) = self.kept.get(service)
            && pool.index == index
        {
            return Some(Arc::clone(pool));
        }
        self.forget(service);
        let endpoints = state.instance_views(service).filter_map(|view| Endpoint::of(view, only_passing)).collect();
        let pool = Arc::new(Pool::new(index, endpoints));
        if self.endpoints + pool.endpoints.len() > MOST_KEPT {
            (self.kept, self.endpoints) = (HashMap::new(), 0);
        }
        // Each service counts, so that empty ones are bounded as well.
        self.endpoints += 1 + pool.endpoints.len();
        self.kept.insert(service.into(), Arc::clone(&pool));
        Some(pool)
    }

    fn forget(&mut self, service: &str) {
        if let Some(pool) = self.kept.remove(service) {
            self.endpoints -= 1 + pool.endpoints.len();
        }
    }
}

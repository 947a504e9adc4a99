//! How many connections each client has.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Consul's `limits.http_max_conns_per_client`, if nobody says otherwise.
const MOST: usize = 200;

/// The open connections by client. Clones share the count.
#[derive(Debug, Clone)]
pub struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    counts: Mutex<BTreeMap<IpAddr, usize>>,
    most: AtomicUsize,
}

impl Default for Connections {
    fn default() -> Self {
        Self(Arc::new(Shared { counts: Mutex::default(), most: AtomicUsize::new(MOST) }))
    }
}

/// One of them; it is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    connections: Connections,
    client: IpAddr,
}

impl Connections {
    /// How many one client may have at a time; 0: any number. Those that are open already stay.
    pub fn allow(&self, most: usize) {
        self.0.most.store(most, Ordering::Relaxed);
    }

    /// How many one client may have at a time.
    pub fn most(&self) -> usize {
        self.0.most.load(Ordering::Relaxed)
    }

    /// A place for one more connection of `client`; none if it has all that it may have.
    pub(crate) fn enter(&self, client: IpAddr) -> Option<Place> {
        let most = self.most();
        let mut counts = self.0.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(client).or_default();
        if most > 0 && *count >= most {
            return None;
        }
        *count += 1;
        Some(Place { connections: self.clone(), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.connections.0.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_its_own_places_and_gets_them_back() {
        let connections = Connections::default();
        let (one, two) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        connections.allow(2);
        let places: Vec<_> = (0..2).map(|_| connections.enter(one).unwrap()).collect();
        assert!(connections.enter(one).is_none());
        connections.allow(0);
        assert!(connections.enter(one).is_some(), "0 is no limit");
        connections.allow(2);
        assert!(connections.enter(two).is_some(), "others have theirs");
        drop(places);
        assert!(connections.enter(one).is_some());
        assert!(connections.0.counts.lock().unwrap().is_empty(), "nothing is kept of who left");
    }
}

//! How many connections each client has.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The open connections by client. Clones share the count.
#[derive(Debug, Clone, Default)]
pub struct Connections(Arc<Mutex<BTreeMap<IpAddr, usize>>>);

/// One of them; it is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    connections: Connections,
    client: IpAddr,
}

impl Connections {
    /// A place for one more connection of `client`; none if it has `most` already (0: there is no most).
    pub(crate) fn enter(&self, client: IpAddr, most: usize) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
        let mut counts = self.connections.0.lock().unwrap_or_else(PoisonError::into_inner);
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
        let places: Vec<_> = (0..2).map(|_| connections.enter(one, 2).unwrap()).collect();
        assert!(connections.enter(one, 2).is_none());
        assert!(connections.enter(one, 0).is_some(), "0 is no limit");
        assert!(connections.enter(two, 2).is_some(), "others have theirs");
        drop(places);
        assert!(connections.enter(one, 2).is_some());
        assert!(connections.0.lock().unwrap().is_empty(), "nothing is kept of who left");
    }
}

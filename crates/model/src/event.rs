//! User events: short messages to all nodes, or to those that a filter picks.

use std::sync::Arc;

/// An event that somebody fired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserEvent {
    /// Its ID, a UUID.
    pub id: Arc<str>,
    /// What kind of event it is; never empty.
    pub name: Arc<str>,
    /// What comes with it.
    pub payload: Arc<[u8]>,
    /// A pattern for the names of the nodes that it is for; empty: all.
    pub node_filter: Arc<str>,
    /// A pattern for the services of which a node must have one; empty: none is needed.
    pub service_filter: Arc<str>,
    /// A pattern for a tag of such a service; empty: none is needed.
    pub tag_filter: Arc<str>,
    /// Its place in the order of events, Consul's Lamport time; 0 until it has one.
    pub time: u64,
}

impl UserEvent {
    /// The index that clients block on: the two halves of the ID, each bit where they differ. The Go client
    /// computes it on its own, so it cannot be another.
    pub fn index(&self) -> u64 {
        let bits = self.id.bytes().filter_map(|byte| char::from(byte).to_digit(16));
        bits.enumerate().fold(0, |index, (place, digit)| index ^ u64::from(digit) << (60 - 4 * (place % 16)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_the_one_that_the_go_client_computes() {
        let event = |id: &str| UserEvent {
            id: id.into(),
            name: "n".into(),
            payload: Arc::from([]),
            node_filter: "".into(),
            service_filter: "".into(),
            tag_filter: "".into(),
            time: 0,
        };
        let index = event("9836e3a8-2a58-4c1f-8bd5-6a2a1e2c0d0e").index();
        assert_eq!(index, 0x9836_e3a8_2a58_4c1f ^ 0x8bd5_6a2a_1e2c_0d0e);
    }
}

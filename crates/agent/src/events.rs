//! The events that reached this node.
//!
//! They are kept in memory only, the last 256, as in Consul, where they travel by gossip and are gone after a
//! restart: an event is a knock at the door and not a record, its senders are told no more than that it was sent.
//! A place in the journal would cost a sync for each, and would knock again after every restart.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use muster_catalog::CatalogError;
use muster_model::{NodeName, Service, UserEvent};
use tokio::sync::watch;

use crate::Agent;

/// How many are kept (Consul's `UserEventBuffer`).
const KEPT: usize = 256;

/// The last events, the oldest first.
#[derive(Debug, Clone)]
struct Ring {
    events: VecDeque<Arc<UserEvent>>,
    /// The time of the last event that was fired, whether it was for this node or not.
    time: u64,
}

impl Ring {
    fn named(&self, name: &str) -> Vec<Arc<UserEvent>> {
        self.events.iter().filter(|event| name.is_empty() || *event.name == *name).cloned().collect()
    }
}

/// The agent's events.
#[derive(Debug)]
pub(crate) struct EventLog(watch::Sender<Ring>);

impl Default for EventLog {
    fn default() -> Self {
        // Gossip's clock stands at 1 before the first event, too.
        Self(watch::Sender::new(Ring { events: VecDeque::new(), time: 1 }))
    }
}

impl Agent {
    /// Fires an event: every node that it is for gets it, and here is one. `is_for` says whether it is, from the
    /// node's name and what runs on it.
    pub async fn fire_event(
        &self,
        event: UserEvent,
        is_for: impl FnOnce(&NodeName, &[Arc<Service>]) -> bool,
    ) -> Result<(), CatalogError> {
        let services = self.entries().await?.services.into_values().map(|service| service.value);
        let wanted = is_for(self.node(), &services.collect::<Vec<_>>());
        self.events.0.send_modify(|ring| {
            ring.time += 1;
            if !wanted {
                return;
            }
            if ring.events.len() == KEPT {
                ring.events.pop_front();
            }
            ring.events.push_back(Arc::new(UserEvent { time: ring.time, ..event }));
        });
        Ok(())
    }

    /// The last events, those of `name` if it is not empty, with the index to wait with. With a wait, not before
    /// the index is another one than the one that the caller knows, or the time is over.
    pub async fn events(&self, name: &str, wait: Option<(u64, Duration)>) -> (u64, Vec<Arc<UserEvent>>) {
        let mut ring = self.events.0.subscribe();
        if let Some((known, at_most)) = wait {
            let changed = ring.wait_for(|ring| index(&ring.named(name)) != known);
            // Time that is over is no error, and the sender lives as long as the agent.
            let _ = tokio::time::timeout(at_most, changed).await;
        }
        let events = ring.borrow().named(name);
        (index(&events), events)
    }
}

/// The index of a list: its last event's; 1 for none.
fn index(events: &[Arc<UserEvent>]) -> u64 {
    events.last().map_or(1, |event| event.index().max(1))
}

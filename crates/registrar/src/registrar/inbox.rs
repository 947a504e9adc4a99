//! Which containers to look at again.

use std::collections::BTreeSet;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The set that events are boiled down to. It cannot grow beyond the number of containers, so events are
/// always taken from the engine at once, however long a pass lasts.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    dirty: BTreeSet<String>,
    has_ended: bool,
}

impl Inbox {
    /// Notes a container.
    pub fn add(&self, container: String) {
        self.lock().dirty.insert(container);
        self.changed.notify_one();
    }

    /// Nothing more will come.
    pub fn end(&self) {
        self.lock().has_ended = true;
        self.changed.notify_one();
    }

    /// Waits until there is something, and takes it all. None: nothing is left, and nothing more will come.
    pub async fn take(&self) -> Option<BTreeSet<String>> {
        loop {
            let taken = self.take_now();
            if !taken.is_empty() {
                return Some(taken);
            }
            if self.lock().has_ended {
                return None;
            }
            self.changed.notified().await;
        }
    }

    /// Takes what there is.
    pub fn take_now(&self) -> BTreeSet<String> {
        mem::take(&mut self.lock().dirty)
    }

    /// Waits until nothing more will come.
    pub async fn ended(&self) {
        while !self.lock().has_ended {
            self.changed.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

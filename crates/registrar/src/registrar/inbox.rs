//! Which containers to look at again.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use muster_docker::Event;
use tokio::sync::Notify;

/// Containers to look at, by ID, with what was heard of each last.
pub(super) type Dirty = BTreeMap<String, LastWord>;

/// What an event said of a container. It counts only if the engine cannot be asked: one that shuts down
/// still tells how it ends its containers, but answers no more questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum LastWord {
    /// Nothing that tells.
    #[default]
    Unclear,
    /// It ended, with this exit code.
    Ended(i64),
    /// It was removed.
    Removed,
}

/// The set that events are boiled down to. It cannot grow beyond the number of containers, so events are
/// always taken from the engine at once, however long a pass lasts.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    dirty: Dirty,
    has_ended: bool,
}

impl Inbox {
    /// Notes the container that an event is about.
    pub fn add(&self, event: Event) {
        let mut state = self.lock();
        let word = state.dirty.entry(event.container).or_default();
        match event.action.as_str() {
            "start" => *word = LastWord::Unclear,
            "die" => *word = event.exit_code.map_or(LastWord::Unclear, LastWord::Ended),
            "destroy" => *word = LastWord::Removed,
            _ => {}
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Nothing more will come.
    pub fn end(&self) {
        self.lock().has_ended = true;
        self.changed.notify_one();
    }

    /// Waits until there is something, and takes it all. None: nothing is left, and nothing more will come.
    pub async fn take(&self) -> Option<Dirty> {
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
    pub fn take_now(&self) -> Dirty {
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

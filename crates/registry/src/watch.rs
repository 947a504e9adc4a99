//! Waking those who wait, from the changes that `apply` returned. The only place that notifies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use crate::state::{Changes, Topic};

/// Who waits for what.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    waiters: Mutex<BTreeMap<Topic, Arc<Notify>>>,
}

/// One place in the queue for a topic. Made before the state is read, so that no change in between is missed.
pub(crate) struct Watch<'a> {
    watches: &'a Watches,
    topic: Topic,
    /// None: this is just being dropped.
    notify: Option<Arc<Notify>>,
}

impl Watches {
    /// Begins to wait for `topic`.
    pub(crate) fn watch(&self, topic: Topic) -> Watch<'_> {
        let mut waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        let notify = Arc::clone(waiters.entry(topic.clone()).or_default());
        Watch { watches: self, topic, notify: Some(notify) }
    }

    /// Wakes whoever waits for one of `changes`, once.
    pub(crate) fn wake(&self, changes: &Changes) {
        let waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        if waiters.is_empty() {
            return;
        }
        if changes.topics.contains(&Topic::Everything) {
            waiters.values().for_each(|notify| notify.notify_waiters());
            return;
        }
        let mut woken = BTreeSet::new();
        for topic in &changes.topics {
            if woken.insert(topic.clone())
                && let Some(notify) = waiters.get(topic)
            {
                notify.notify_waiters();
            }
            let Topic::Key(key) = topic else { continue };
            let key = key.as_str();
            for end in (0..=key.len()).filter(|end| key.is_char_boundary(*end)) {
                let under = Topic::KeysUnder(Arc::from(&key[..end]));
                if let Some(notify) = waiters.get(&under)
                    && woken.insert(under)
                {
                    notify.notify_waiters();
                }
            }
        }
    }
}

impl Watch<'_> {
    /// What it waits for.
    pub(crate) fn topic(&self) -> &Topic {
        &self.topic
    }

    /// Resolves at the next change after this call.
    pub(crate) fn changed(&self) -> OwnedNotified {
        Arc::clone(self.notify.as_ref().expect("it is there until it is dropped")).notified_owned()
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let mut waiters = self.watches.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        // Let go of while the table is locked: of two who go at the same time one is the last.
        self.notify = None;
        if waiters.get(&self.topic).is_some_and(|notify| Arc::strong_count(notify) == 1) {
            waiters.remove(&self.topic);
        }
    }
}

#[cfg(test)]
impl Watches {
    /// How many topics somebody waits for.
    pub(crate) fn waiting(&self) -> usize {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

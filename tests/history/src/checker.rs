//! Whether a history could be the work of a registry that keeps its rules.

mod cas;
mod index;
mod lock;
mod order;
mod owned;
mod window;

#[cfg(test)]
mod tests;

use std::fmt;

use crate::event::Event;

/// The rule that a reply breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A reply fits nowhere into the order of the indexes.
    Order,
    /// A check-and-set succeeded though the key had changed.
    Cas,
    /// Something of a refused transaction was kept.
    Atomicity,
    /// Two sessions held one lock, or a lock was refused that was free.
    Lock,
    /// A key was locked while its lock-delay ran.
    LockDelay,
    /// A session outlived its end, or its locks did, or it ended for no reason.
    SessionInvalidation,
    /// An index went back, was given twice or lies below what was answered with it.
    Index,
    /// What changed nothing moved an index.
    NoOpWrite,
    /// What was acknowledged is gone.
    LostAcknowledgement,
    /// A read missed what was acknowledged before it.
    StaleRead,
    /// A blocking query came back with nothing new before its time.
    Watch,
}

/// A reply that breaks a rule.
#[derive(Debug, Clone)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// What was seen.
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.text)
    }
}

/// All that is wrong with a history.
pub fn check(events: &[Event]) -> Vec<Violation> {
    let mut found = Vec::new();
    order::check(events, &mut found);
    cas::check(events, &mut found);
    owned::check_keys(events, &mut found);
    owned::check_services(events, &mut found);
    lock::check(events, &mut found);
    index::check(events, &mut found);
    found
}

fn violation(rule: Rule, event: &Event, what: impl fmt::Display) -> Violation {
    let Event { client, start, end, request, reply, .. } = event;
    Violation { rule, text: format!("client {client} from {start:?} to {end:?}, {request:?}: {reply:?}: {what}") }
}

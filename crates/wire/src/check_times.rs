//! A check's interval and timeout as Consul's answers show them, and what the catalog was told of it.

use std::borrow::Cow;
use std::time::Duration;

use muster_model::{Check, CheckDefinition, Described, Probe};

use crate::duration_text::GoDuration;

/// Empty if there is none, but `0s` for a check that came on its own.
pub(crate) fn interval(check: &Check) -> Cow<'_, str> {
    match described(check) {
        Some(described) => Cow::Borrowed(&described.interval),
        None => text(check, |definition| definition.interval),
    }
}

/// Written likewise.
pub(crate) fn timeout(check: &Check) -> Cow<'_, str> {
    match described(check) {
        Some(described) => Cow::Borrowed(&described.timeout),
        None => text(check, |definition| definition.timeout),
    }
}

/// What the catalog was told of a check that nobody here runs.
pub(crate) fn described(check: &Check) -> Option<&Described> {
    match &check.definition.as_deref()?.probe {
        Probe::Described(described) => Some(described),
        _ => None,
    }
}

fn text(check: &Check, time: impl FnOnce(&CheckDefinition) -> Duration) -> Cow<'_, str> {
    match &check.definition {
        None => Cow::Borrowed(""),
        Some(definition) => match time(definition) {
            Duration::ZERO if definition.alone => Cow::Borrowed("0s"),
            Duration::ZERO => Cow::Borrowed(""),
            time => Cow::Owned(GoDuration::from(time).to_string()),
        },
    }
}

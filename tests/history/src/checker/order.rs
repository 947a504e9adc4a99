//! Transactions: each one's index is known by its marker, so the one order is, and every reply is held against it.

mod model;

use std::collections::{BTreeMap, BTreeSet};

use self::model::Model;
use super::window::Window;
use super::{Rule, Violation, violation};
use crate::event::{Entry, Event, Reply, Request, Step};
use crate::workload::{MARKERS, TRANSACTIONS};

/// A transaction that was committed.
struct Commit<'a> {
    index: u64,
    event: &'a Event,
    steps: Vec<Step>,
}

pub(super) fn check(events: &[Event], found: &mut Vec<Violation>) {
    let Some(markers) = markers(events) else { return };
    let mut commits = commits(events, &markers, found);
    commits.sort_by_key(|commit| commit.index);
    for pair in commits.windows(2) {
        if pair[0].index == pair[1].index {
            let with = &pair[1].event.request;
            found.push(violation(Rule::Index, pair[0].event, format_args!("same index as {with:?}")));
        }
    }
    let model = replay(&commits, found);
    let window = window(events, &commits);
    let points: Vec<u64> = std::iter::once(0).chain(commits.iter().map(|commit| commit.index)).collect();
    let rolled_back: BTreeSet<&str> = events
        .iter()
        .filter(|event| matches!(event.reply, Reply::RolledBack(_)))
        .flat_map(|event| values(event))
        .collect();
    for event in events {
        let lowest = window.lowest(event.start);
        let highest = window.highest(event.end);
        // The state between two points is that of the lower one.
        let from = points.partition_point(|point| *point <= lowest).saturating_sub(1);
        let candidates = points[from..].iter().copied().take_while(|point| *point <= highest);
        match (&event.request, &event.reply) {
            (Request::Transaction { marker, steps }, Reply::RolledBack(failed)) => {
                let steps = with_marker(marker, steps);
                let mut candidates = candidates;
                if !candidates.any(|at| model.outcome(&steps, at, u64::MAX).err().as_ref() == Some(failed)) {
                    found.push(violation(Rule::Order, event, "no state in its time refuses it so"));
                }
            }
            (Request::Get { key } | Request::Watch { key, .. }, Reply::Entries(answer))
                if key.starts_with(TRANSACTIONS) =>
            {
                check_read(event, key, &answer.list, candidates.collect(), &model, &rolled_back, found);
            }
            (Request::Tree { prefix }, Reply::Entries(answer)) if prefix == TRANSACTIONS => {
                check_read(event, prefix, &answer.list, candidates.collect(), &model, &rolled_back, found);
            }
            _ => {}
        }
    }
}

/// Which markers there are in the end, with their indexes.
fn markers(events: &[Event]) -> Option<BTreeMap<&str, u64>> {
    events.iter().rev().find_map(|event| match (&event.request, &event.reply) {
        (Request::Tree { prefix }, Reply::Entries(answer)) if event.last && prefix == MARKERS => {
            Some(answer.list.iter().map(|entry| (entry.key.as_str(), entry.modified)).collect())
        }
        _ => None,
    })
}

fn commits<'a>(events: &'a [Event], markers: &BTreeMap<&str, u64>, found: &mut Vec<Violation>) -> Vec<Commit<'a>> {
    let mut commits = Vec::new();
    for event in events {
        let Request::Transaction { marker, steps } = &event.request else { continue };
        let kept = markers.get(marker.as_str()).copied();
        let index = match (&event.reply, kept) {
            (Reply::Committed(entries), kept) => {
                let told = entries.first().map_or(0, |entry| entry.modified);
                match kept {
                    None => found.push(violation(Rule::LostAcknowledgement, event, "its marker is not there")),
                    Some(kept) if kept != told => {
                        found.push(violation(Rule::Index, event, format_args!("its marker is kept with {kept}")));
                    }
                    Some(_) => {}
                }
                told
            }
            (Reply::RolledBack(_) | Reply::Refused(_), Some(_)) => {
                found.push(violation(Rule::Atomicity, event, "refused, and its marker is there"));
                continue;
            }
            (_, Some(kept)) => kept,
            (_, None) => continue,
        };
        commits.push(Commit { index, event, steps: with_marker(marker, steps) });
    }
    commits
}

/// Does all transactions in the order of their indexes; each has to answer what it answered.
fn replay(commits: &[Commit<'_>], found: &mut Vec<Violation>) -> Model {
    let mut model = Model::default();
    for commit in commits {
        match model.outcome(&commit.steps, commit.index.saturating_sub(1), commit.index) {
            Ok((expected, changes)) => {
                if let Reply::Committed(answered) = &commit.event.reply
                    && !same(&expected, answered)
                {
                    found.push(violation(Rule::Order, commit.event, format_args!("expected {expected:?}")));
                }
                model.keep(changes, commit.index);
            }
            Err(failed) => {
                let cas = failed
                    .iter()
                    .any(|at| matches!(commit.steps[*at], Step::Cas(..) | Step::DeleteCas(..) | Step::CheckIndex(..)));
                let rule = if cas { Rule::Cas } else { Rule::Order };
                found.push(violation(rule, commit.event, format_args!("steps {failed:?} cannot have succeeded")));
                model.keep(model.forced(&commit.steps, commit.index), commit.index);
            }
        }
    }
    model
}

/// Transactions do not always tell the value.
fn same(expected: &[Entry], answered: &[Entry]) -> bool {
    expected.len() == answered.len()
        && expected.iter().zip(answered).all(|(expected, answered)| {
            let value = answered.value.clone().filter(|_| answered.value != expected.value);
            value.is_none() && Entry { value: None, ..expected.clone() } == Entry { value: None, ..answered.clone() }
        })
}

fn window(events: &[Event], commits: &[Commit<'_>]) -> Window {
    let of_family = |event: &&Event| match &event.request {
        Request::Transaction { .. } => true,
        Request::Get { key } | Request::Watch { key, .. } => key.starts_with(TRANSACTIONS),
        Request::Tree { prefix } => prefix == TRANSACTIONS,
        _ => false,
    };
    let shown = events.iter().filter(of_family).map(|event| (event.end, event.reply.highest_written())).collect();
    Window::of(shown, commits.iter().map(|commit| (commit.event.start, commit.index)).collect())
}

fn check_read(
    event: &Event,
    prefix: &str,
    list: &[Entry],
    candidates: Vec<u64>,
    model: &Model,
    rolled_back: &BTreeSet<&str>,
    found: &mut Vec<Violation>,
) {
    if candidates.iter().any(|at| model.under(prefix, *at) == list) {
        return;
    }
    let lowest = candidates.first().copied().unwrap_or(0);
    let undone = list.iter().filter_map(|entry| entry.value.as_deref()).find(|value| rolled_back.contains(value));
    let (rule, what) = match undone {
        Some(value) => (Rule::Atomicity, format!("{value} is of a refused transaction")),
        None if model.was_before(prefix, lowest, list) && event.last => {
            (Rule::LostAcknowledgement, format!("in the end, at {lowest}, it was {:?}", model.under(prefix, lowest)))
        }
        None if model.was_before(prefix, lowest, list) => {
            (Rule::StaleRead, format!("at {lowest} already it was {:?}", model.under(prefix, lowest)))
        }
        None => (Rule::Order, format!("not so at {candidates:?}; first {:?}", model.under(prefix, lowest))),
    };
    found.push(violation(rule, event, what));
}

/// The marker's step and the others.
fn with_marker(marker: &str, steps: &[Step]) -> Vec<Step> {
    let marker = Step::Set(marker.to_owned(), String::new());
    std::iter::once(marker).chain(steps.iter().cloned()).collect()
}

fn values(event: &Event) -> Vec<&str> {
    let Request::Transaction { steps, .. } = &event.request else { return Vec::new() };
    let written = steps.iter().filter_map(|step| match step {
        Step::Set(_, value) | Step::Cas(_, value, _) => Some(value.as_str()),
        _ => None,
    });
    written.collect()
}

//! Keys and services with one writer: what is read lies between what was acknowledged and what was begun.

use std::collections::BTreeMap;
use std::time::Duration;

use super::window::Window;
use super::{Rule, Violation, violation};
use crate::event::{Event, Reply, Request};
use crate::workload::OWNED;

/// What a read shows: the writer's number (0: nothing was there) and the ModifyIndex.
type Shown = (u64, u64);

/// Writes and reads of one thing.
#[derive(Default)]
struct Thing<'a> {
    writes: Vec<(&'a Event, u64)>,
    reads: Vec<(&'a Event, Option<Shown>, u64)>,
}

/// Keys that are put by one client.
pub(super) fn check_keys(events: &[Event], found: &mut Vec<Violation>) {
    let mut things: BTreeMap<&str, Thing<'_>> = BTreeMap::new();
    for event in events {
        match (&event.request, &event.reply) {
            (Request::Put { key, value, cas: None }, _) => {
                things.entry(key).or_default().writes.push((event, value.parse().unwrap_or_default()));
            }
            (Request::Get { key }, Reply::Entries(answer)) if key.starts_with(OWNED) => {
                let shown = answer.list.first().map(|entry| (number(entry.value.as_deref()), entry.modified));
                things.entry(key).or_default().reads.push((event, shown, answer.index));
            }
            _ => {}
        }
    }
    for event in events {
        let (Request::Tree { prefix }, Reply::Entries(answer)) = (&event.request, &event.reply) else { continue };
        for (key, thing) in things.iter_mut().filter(|_| prefix == OWNED) {
            let entry = answer.list.iter().find(|entry| entry.key == **key);
            let shown = entry.map(|entry| (number(entry.value.as_deref()), entry.modified));
            thing.reads.push((event, shown, answer.index));
        }
    }
    for thing in things.values() {
        thing.check_bounds(|number| number, found);
        thing.check_indexes(false, found);
    }
}

/// Services with one instance, registered by one client.
pub(super) fn check_services(events: &[Event], found: &mut Vec<Violation>) {
    let mut things: BTreeMap<&str, Thing<'_>> = BTreeMap::new();
    for event in events {
        match (&event.request, &event.reply) {
            (Request::Register { service, version }, _) => {
                things.entry(service).or_default().writes.push((event, *version));
            }
            (Request::Instances { service }, Reply::Instances(answer)) => {
                let shown = answer.list.first().map(|instance| (instance.version, instance.modified));
                things.entry(service).or_default().reads.push((event, shown, answer.index));
            }
            _ => {}
        }
    }
    for thing in things.values() {
        // A version that takes it out shows as nothing.
        thing.check_bounds(|version| if version % 2 == 1 { version } else { 0 }, found);
        thing.check_indexes(true, found);
    }
}

fn number(value: Option<&str>) -> u64 {
    value.and_then(|value| value.parse().ok()).unwrap_or(u64::MAX)
}

impl Thing<'_> {
    /// `shows`: what a write with that number is read as.
    fn check_bounds(&self, shows: impl Fn(u64) -> u64, found: &mut Vec<Violation>) {
        let acknowledged = |event: &Event| matches!(event.reply, Reply::Done | Reply::Held(true));
        let ends: Vec<(Duration, u64)> = self
            .writes
            .iter()
            .filter(|(event, _)| acknowledged(event))
            .map(|(event, number)| (event.end, *number))
            .collect();
        let mut first_starts: BTreeMap<u64, Duration> = BTreeMap::new();
        for (event, number) in &self.writes {
            first_starts.entry(*number).and_modify(|start| *start = event.start.min(*start)).or_insert(event.start);
        }
        let window = Window::of(ends, first_starts.into_iter().map(|(number, start)| (start, number)).collect());
        let most = self.writes.iter().map(|(_, number)| *number).max().unwrap_or(0);
        for (event, shown, _) in &self.reads {
            let (lowest, highest) = (window.lowest(event.start), window.highest(event.end).min(most));
            let shown = shown.map_or(0, |(number, _)| number);
            if (lowest..=highest).any(|number| shows(number) == shown) {
                continue;
            }
            let rule = match shown < lowest {
                true if event.last => Rule::LostAcknowledgement,
                true => Rule::StaleRead,
                false => Rule::Order,
            };
            found.push(violation(rule, event, format_args!("expected one of {lowest} to {highest}")));
        }
    }

    /// Each content has one ModifyIndex, a later one a higher one. A thing whose list index nothing else moves
    /// (`alone`) has one of these for each content too.
    fn check_indexes(&self, alone: bool, found: &mut Vec<Violation>) {
        let mut known: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for (event, shown, index) in &self.reads {
            let Some((number, modified)) = shown else { continue };
            let (first, first_index) = *known.entry(*number).or_insert((*modified, *index));
            if first != *modified || (alone && first_index != *index) {
                let what = format_args!("the same had ModifyIndex {first} at index {first_index}");
                found.push(violation(Rule::NoOpWrite, event, what));
            }
        }
        let all: Vec<_> = known.into_iter().collect();
        for pair in all.windows(2) {
            let ((earlier, (low, _)), (later, (high, _))) = (pair[0], pair[1]);
            if low >= high {
                let text = format!("number {earlier} has ModifyIndex {low}, {later} has {high}");
                found.push(Violation { rule: Rule::Index, text });
            }
        }
    }
}

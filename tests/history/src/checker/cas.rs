//! Check-and-set: each version names the one that it replaces, so no version is replaced twice.

use std::collections::BTreeMap;

use super::{Rule, Violation, violation};
use crate::event::{Entry, Event, Reply, Request};
use crate::workload::CAS;

/// What is known of one key.
#[derive(Default)]
struct Chain<'a> {
    puts: Vec<&'a Event>,
    deletes: Vec<&'a Event>,
    reads: Vec<(&'a Event, Option<&'a Entry>)>,
    /// By value, the version that it was seen as.
    versions: BTreeMap<&'a str, u64>,
}

pub(super) fn check(events: &[Event], found: &mut Vec<Violation>) {
    let mut chains = chains(events);
    for chain in chains.values_mut() {
        chain.note_versions(found);
        chain.check_bases(found);
        chain.check_reads(found);
    }
}

fn chains(events: &[Event]) -> BTreeMap<&str, Chain<'_>> {
    let mut chains: BTreeMap<&str, Chain<'_>> = BTreeMap::new();
    for event in events {
        match (&event.request, &event.reply) {
            (Request::Put { key, cas: Some(_), .. }, _) => chains.entry(key).or_default().puts.push(event),
            (Request::Delete { key, .. }, _) => chains.entry(key).or_default().deletes.push(event),
            (Request::Get { key }, Reply::Entries(answer)) if key.starts_with(CAS) => {
                chains.entry(key).or_default().reads.push((event, answer.list.first()));
            }
            _ => {}
        }
    }
    for event in events {
        let (Request::Tree { prefix }, Reply::Entries(answer)) = (&event.request, &event.reply) else { continue };
        if prefix == CAS {
            for (key, chain) in &mut chains {
                chain.reads.push((event, answer.list.iter().find(|entry| entry.key == **key)));
            }
        }
    }
    chains
}

impl<'a> Chain<'a> {
    /// A value is one version, and one that was refused is none.
    fn note_versions(&mut self, found: &mut Vec<Violation>) {
        for (event, entry) in &self.reads {
            let Some(entry) = entry else { continue };
            let value = entry.value.as_deref().unwrap_or_default();
            let first = *self.versions.entry(value).or_insert(entry.modified);
            if first != entry.modified {
                found.push(violation(Rule::Index, event, format_args!("was ModifyIndex {first} before")));
            }
            let put = self.puts.iter().find(|put| is_of(put, value));
            match put.map(|put| (&put.request, &put.reply)) {
                None => found.push(violation(Rule::Order, event, "nobody wrote this")),
                Some((_, Reply::Held(false) | Reply::Refused(_))) => {
                    found.push(violation(Rule::Cas, event, "this was refused"));
                }
                Some((Request::Put { cas: Some(base), .. }, _)) if *base >= entry.modified => {
                    found.push(violation(Rule::Index, event, format_args!("replaced {base}, which is no older")));
                }
                Some(_) => {}
            }
        }
    }

    /// No version is replaced twice, and only what is not there is created. (Deleting what is not there succeeds.)
    fn check_bases(&self, found: &mut Vec<Violation>) {
        let mut replaced: BTreeMap<u64, &Event> = BTreeMap::new();
        let held = |event: &&&Event| event.reply == Reply::Held(true);
        let mut created = 0;
        for event in self.puts.iter().filter(held) {
            let base = base(event);
            if base == 0 {
                created += 1;
            } else if let Some(other) = replaced.insert(base, event) {
                let other = format_args!("the version was replaced by {:?} already", other.request);
                found.push(violation(Rule::Cas, event, other));
            }
        }
        for event in self.deletes.iter().filter(held) {
            let base = base(event);
            let Some(put) = replaced.get(&base) else { continue };
            let gone_again = self.deletes.iter().any(|other| may_be_done(other) && self::base(other) > base);
            if !gone_again {
                let what = format_args!("the version was replaced by {:?}, which nobody deleted", put.request);
                found.push(violation(Rule::Cas, event, what));
            }
        }
        let deleted = self.deletes.iter().filter(|event| may_be_done(event)).count();
        if created > deleted + 1
            && let Some(event) = self.puts.first()
        {
            let what = format_args!("created {created} times and deleted at most {deleted} times");
            found.push(violation(Rule::Cas, event, what));
        }
    }

    /// No read goes behind what was acknowledged, or seen, before it.
    fn check_reads(&self, found: &mut Vec<Violation>) {
        for (event, entry) in &self.reads {
            let acknowledged = self.puts.iter().filter(|put| put.reply == Reply::Held(true) && put.end < event.start);
            let written = acknowledged.map(|put| (*put, self.version_of(put)));
            for (put, version) in written {
                let gone = |version: u64| {
                    self.deletes
                        .iter()
                        .any(|delete| may_be_done(delete) && base(delete) >= version && delete.start < event.end)
                };
                let missed = match (entry, version) {
                    // Never seen by anybody: so nothing replaced it, and the last look has to show it.
                    (_, None) => event.last,
                    (Some(entry), Some(version)) => entry.modified < version,
                    (None, Some(version)) => !gone(version),
                };
                if missed {
                    let rule = if event.last { Rule::LostAcknowledgement } else { Rule::StaleRead };
                    found.push(violation(rule, event, format_args!("{:?} was acknowledged before", put.request)));
                }
            }
        }
    }

    fn version_of(&self, put: &Event) -> Option<u64> {
        let Request::Put { value, .. } = &put.request else { return None };
        self.versions.get(value.as_str()).copied()
    }
}

fn base(event: &Event) -> u64 {
    match &event.request {
        Request::Put { cas: Some(base), .. } | Request::Delete { cas: base, .. } => *base,
        _ => 0,
    }
}

fn is_of(event: &Event, wanted: &str) -> bool {
    matches!(&event.request, Request::Put { value, .. } if value == wanted)
}

fn may_be_done(event: &Event) -> bool {
    matches!(event.reply, Reply::Held(true) | Reply::Unknown(_))
}

//! Indexes never go back, lie below nothing that is answered with them, and blocking queries wait for higher ones.

use std::collections::BTreeMap;

use super::window::Window;
use super::{Rule, Violation, violation};
use crate::event::{Event, Reply, Request};

pub(super) fn check(events: &[Event], found: &mut Vec<Violation>) {
    let mut questions: BTreeMap<String, Vec<(&Event, u64)>> = BTreeMap::new();
    for event in events {
        let Some(index) = event.reply.index() else { continue };
        if index < event.reply.highest_written() {
            found.push(violation(Rule::Index, event, "an entry is newer than the answer's index"));
        }
        let question = match &event.request {
            Request::Watch { key, .. } => format!("{:?}", Request::Get { key: key.clone() }),
            other => format!("{other:?}"),
        };
        questions.entry(question).or_default().push((event, index));
        check_watch(event, index, found);
    }
    for asked in questions.values() {
        let window = Window::of(asked.iter().map(|(event, index)| (event.end, *index)).collect(), Vec::new());
        for (event, index) in asked {
            let before = window.lowest(event.start);
            if *index < before {
                found.push(violation(Rule::Index, event, format_args!("answered {index} after {before}")));
            }
        }
    }
}

fn check_watch(event: &Event, index: u64, found: &mut Vec<Violation>) {
    let Request::Watch { after, wait, .. } = &event.request else { return };
    if matches!(event.reply, Reply::Entries(_)) && index <= *after && event.end - event.start < *wait {
        found.push(violation(Rule::Watch, event, "nothing new, and before its time"));
    }
}

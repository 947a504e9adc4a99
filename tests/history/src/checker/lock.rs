//! Locks and sessions: who holds what follows from what the holders themselves asked.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Rule, Violation, violation};
use crate::event::{Event, Reply, Request};
use crate::workload::LOCKS;

/// A session's life, as its own client saw it.
struct Life<'a> {
    id: &'a str,
    lock_delay: Duration,
    created: &'a Event,
    /// What ended it: a request to destroy it, or its check that went critical.
    end: Option<&'a Event>,
    /// When its end was acknowledged.
    ended: Option<Duration>,
}

/// A lock that a session got.
struct Held<'a> {
    key: &'a str,
    acquired: &'a Event,
    life: &'a Life<'a>,
    /// What took it away: a release, or the session's end.
    given_up: Option<&'a Event>,
    released: bool,
}

pub(super) fn check(events: &[Event], found: &mut Vec<Violation>) {
    let lives = lives(events);
    let held: Vec<Held<'_>> = events.iter().filter_map(|event| held(event, events, &lives)).collect();
    check_sessions(events, &lives, found);
    check_exclusion(&held, found);
    check_delays(&held, found);
    check_refusals(events, &held, found);
}

fn lives(events: &[Event]) -> BTreeMap<&str, Life<'_>> {
    let mut lives = BTreeMap::new();
    for event in events {
        let (Request::CreateSession { lock_delay, node, .. }, Reply::Session(id)) = (&event.request, &event.reply)
        else {
            continue;
        };
        let ends = |other: &&Event| {
            other.start >= event.end
                && match &other.request {
                    Request::DestroySession { session } => session == id,
                    Request::SetCheck { node: other, critical } => other == node && *critical,
                    _ => false,
                }
        };
        let end = events.iter().filter(ends).min_by_key(|event| event.start);
        let ended = events.iter().filter(ends).filter(|event| event.reply == Reply::Done).map(|event| event.end).min();
        lives.insert(id.as_str(), Life { id, lock_delay: *lock_delay, created: event, end, ended });
    }
    lives
}

fn held<'a>(event: &'a Event, events: &'a [Event], lives: &'a BTreeMap<&str, Life<'a>>) -> Option<Held<'a>> {
    let Request::Acquire { key, session } = &event.request else { return None };
    let may_hold = matches!(event.reply, Reply::Held(true) | Reply::Unknown(_));
    let life = lives.get(session.as_str()).filter(|_| may_hold)?;
    let is_release = |other: &&Event| match &other.request {
        Request::Release { key: other_key, session: other_session } => {
            other.start >= event.end && other_key == key && other_session == session
        }
        _ => false,
    };
    let release = events.iter().filter(is_release).min_by_key(|event| event.start);
    let end = life.end.filter(|end| end.start >= event.end);
    let released = release.is_some_and(|release| end.is_none_or(|end| release.start < end.start));
    Some(Held { key, acquired: event, life, given_up: if released { release } else { end }, released })
}

impl Held<'_> {
    fn is_certain(&self) -> bool {
        self.acquired.reply == Reply::Held(true)
    }

    /// From when to when it was held for certain.
    fn certain(&self) -> Option<(Duration, Duration)> {
        let until = self.given_up.map_or(Duration::MAX, |event| event.start);
        self.is_certain().then_some((self.acquired.end, until))
    }

    /// From when to when somebody else may have found the key locked or delayed.
    fn possible(&self) -> (Duration, Duration) {
        let done = |event: &&Event| matches!(event.reply, Reply::Done | Reply::Held(true));
        let until = match (self.released, self.given_up.filter(done), self.life.ended) {
            (true, Some(release), _) => release.end,
            // After a kill a lock-delay begins anew, as often as there are kills.
            _ if !self.life.lock_delay.is_zero() => Duration::MAX,
            (_, _, Some(ended)) => ended,
            _ => Duration::MAX,
        };
        (self.acquired.start, until)
    }
}

/// A session is there from its creation to its end, and so are its locks.
fn check_sessions(events: &[Event], lives: &BTreeMap<&str, Life<'_>>, found: &mut Vec<Violation>) {
    for event in events {
        let (id, there) = match (&event.request, &event.reply) {
            (Request::Session { session }, Reply::Found(answer)) => (session.as_str(), answer.list.contains(session)),
            (Request::Acquire { session, .. }, Reply::Held(true)) => (session.as_str(), true),
            (Request::Get { key }, Reply::Entries(answer)) if key.starts_with(LOCKS) => {
                let Some(holder) = answer.list.first().and_then(|entry| entry.session.as_deref()) else { continue };
                (holder, true)
            }
            _ => continue,
        };
        let Some(life) = lives.get(id) else { continue };
        if there && life.ended.is_some_and(|ended| ended < event.start) {
            found.push(violation(Rule::SessionInvalidation, event, format_args!("session {} had ended", life.id)));
        }
        let alive = event.start > life.created.end && life.end.is_none_or(|end| event.end < end.start);
        if !there && alive {
            found.push(violation(Rule::SessionInvalidation, event, format_args!("nobody ended session {}", life.id)));
        }
    }
}

fn check_exclusion(held: &[Held<'_>], found: &mut Vec<Violation>) {
    for (at, one) in held.iter().enumerate() {
        for other in &held[at + 1..] {
            let (Some((from, to)), Some((other_from, other_to))) = (one.certain(), other.certain()) else { continue };
            if one.key == other.key && one.life.id != other.life.id && from.max(other_from) < to.min(other_to) {
                let what = format_args!("held by session {} at the same time", other.life.id);
                found.push(violation(Rule::Lock, one.acquired, what));
            }
        }
    }
}

/// Nobody gets a key before its lock-delay is over, which begins after its holder asked for the session's end.
fn check_delays(held: &[Held<'_>], found: &mut Vec<Violation>) {
    for one in held.iter().filter(|one| one.is_certain() && !one.released) {
        let Some(end) = one.given_up else { continue };
        let until = end.start + one.life.lock_delay;
        for other in held.iter().filter(|other| other.is_certain() && other.key == one.key) {
            let after = other.acquired.start > one.acquired.end && other.life.id != one.life.id;
            if after && other.acquired.end < until {
                let what = format_args!("session {} held it, its delay runs until {until:?}", one.life.id);
                found.push(violation(Rule::LockDelay, other.acquired, what));
            }
        }
    }
}

/// Whoever is told that a key is locked is told the truth.
fn check_refusals(events: &[Event], held: &[Held<'_>], found: &mut Vec<Violation>) {
    for event in events {
        let (Request::Acquire { key, session }, Reply::Held(false)) = (&event.request, &event.reply) else { continue };
        let taken = held.iter().any(|other| {
            let (from, until) = other.possible();
            // A session that has ended meets its own lock-delay, which is looked at first.
            let ended = other.life.end.is_some_and(|end| end.start < event.end);
            other.key == key && (other.life.id != session || ended) && from <= event.end && until >= event.start
        });
        if !taken {
            found.push(violation(Rule::Lock, event, "refused, and nobody can have held it"));
        }
    }
}

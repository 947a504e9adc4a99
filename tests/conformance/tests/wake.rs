//! Which blocked queries return with which write: 27 queries that block while 42 writes come, as recorded of Consul
//! 1.21.4 (`data/consul-wake-recorded.json`).
//!
//! A query whose body a write changed returns. One whose body it did not change had better go on blocking: what
//! returns for nothing is counted, and is at most half of what Consul returns for nothing. At the end everything is
//! woken by a restore, so every query has blocked, and answered, to the last.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::Duration;

use muster_conformance::exchange::{Answer, Request, exchange, exchange_within};
use muster_conformance::target::{NoTarget, Target, announce};
use serde_json::Value;

/// How long a query that has to return may take until it counts as one that hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the target is asked something else before a query counts as one that still blocks.
const FENCE: usize = 10;

/// What a write changes here and not in Consul: a check shows the name that its service has now.
const OURS: &[(&str, &[&str])] = &[(
    "a1 moves to service b",
    &[
        "/v1/health/checks/a",
        "/v1/health/checks/b",
        "/v1/health/node/n1",
        "/v1/health/state/critical",
        "/v1/health/state/any",
    ],
)];

/// A query that blocks.
struct Blocked {
    /// What it was answered before it blocked.
    before: Vec<u8>,
    answer: Receiver<Answer>,
}

struct World {
    address: SocketAddr,
    /// `$1` and so on: the sessions that were created.
    sessions: Vec<String>,
}

impl World {
    fn ask(&self, method: &str, target: &str, body: &[u8]) -> Answer {
        let request = Request { method, target, headers: &[], body };
        exchange(self.address, &request).unwrap_or_else(|error| panic!("{method} {target}: {error}"))
    }

    fn named(&self, target: &str) -> String {
        let sessions = self.sessions.iter().enumerate();
        sessions.fold(target.to_owned(), |target, (at, id)| target.replace(&format!("${}", at + 1), id))
    }

    /// A write as the record has it: title, method, target, body. Its status.
    fn write(&mut self, row: &Value) -> u16 {
        let text = |at: usize| row[at].as_str().expect("the record is whole");
        let body = match &row[3] {
            Value::Null => Vec::new(),
            Value::String(text) => text.clone().into_bytes(),
            json => json.to_string().into_bytes(),
        };
        let answer = self.ask(text(1), &self.named(text(2)), &body);
        if text(2) == "/v1/session/create" {
            let created: Value = serde_json::from_slice(&answer.body).expect("the ID of a session");
            self.sessions.push(created["ID"].as_str().expect("an ID").to_owned());
        }
        answer.status
    }

    /// Asks, and then blocks on what was answered.
    fn block(&self, watch: &str) -> Blocked {
        let target = self.named(watch);
        let answer = self.ask("GET", &target, b"");
        let index: u64 = answer.headers["x-consul-index"].parse().expect("an index");
        let separator = if target.contains('?') { '&' } else { '?' };
        let target = format!("{target}{separator}index={index}&wait=9m");
        let (send, receive) = mpsc::channel();
        let address = self.address;
        thread::spawn(move || {
            let request = Request { method: "GET", target: &target, headers: &[], body: b"" };
            // A target that went away is noticed by who waits for this.
            if let Ok(answer) = exchange_within(address, &request, 10 * PATIENCE) {
                let _ = send.send(answer);
            }
        });
        Blocked { before: answer.body, answer: receive }
    }
}

#[derive(Default)]
struct Tally {
    due: usize,
    for_nothing: BTreeMap<String, usize>,
}

#[test]
fn what_a_write_changed_returns_and_little_else() {
    let record: Value = serde_json::from_str(include_str!("../data/consul-wake-recorded.json")).expect("JSON");
    let target = match Target::open() {
        Ok(target) => target,
        Err(NoTarget::NoBinary(path)) => {
            assert!(std::env::var_os("CI").is_none(), "{} is not built", path.display());
            return announce(&format!("SKIPPED wake matrix: {} is not built", path.display()));
        }
        Err(NoTarget::Failed(reason)) => panic!("{reason}"),
    };
    let mut world = World { address: target.address(), sessions: Vec::new() };
    let rows = |name: &str| record[name].as_array().expect("a list").clone();
    for row in rows("setup") {
        assert_eq!(world.write(&row), 200, "{row}");
    }
    let watches: Vec<String> = rows("watches").iter().map(|watch| watch.as_str().expect("text").to_owned()).collect();
    let mut blocked: Vec<Blocked> = watches.iter().map(|watch| world.block(watch)).collect();
    let mut tally = Tally::default();
    for (row, result) in rows("writes").iter().zip(rows("results")) {
        let title = row[0].as_str().expect("a title");
        assert_eq!(u64::from(world.write(row)), result["status"].as_u64().expect("a status"), "{title}");
        let changed = step(&world, &watches, &mut blocked, title, &mut tally);
        let recorded = result["changes"].as_array().expect("a list").iter().filter_map(Value::as_str);
        let ours = OURS.iter().filter(|(write, _)| *write == title).flat_map(|(_, watches)| watches.iter().copied());
        let expected: BTreeSet<&str> = recorded.chain(ours).collect();
        assert_eq!(BTreeSet::from_iter(changed), expected, "{title}: what it changed");
    }
    finish(&world, &watches, blocked);
    let consuls: usize = rows("results").iter().map(returned_for_nothing).sum();
    let ours: usize = tally.for_nothing.values().sum();
    announce(&format!(
        "wake matrix: {} returns due, {ours} for nothing (Consul: {consuls}): {:?}",
        tally.due, tally.for_nothing
    ));
    assert_eq!(consuls, 75);
    assert!(2 * ours <= consuls, "{ours} returns for nothing");
}

/// After a write: those whose body changed return; whoever else returned did so for nothing. Both block anew.
fn step<'a>(
    world: &World,
    watches: &'a [String],
    blocked: &mut [Blocked],
    title: &str,
    tally: &mut Tally,
) -> Vec<&'a str> {
    let mut changed = Vec::new();
    for (watch, slot) in watches.iter().zip(blocked.iter_mut()) {
        if world.ask("GET", &world.named(watch), b"").body == slot.before {
            continue;
        }
        changed.push(&**watch);
        tally.due += 1;
        let answer = slot.answer.recv_timeout(PATIENCE);
        let answer = answer.unwrap_or_else(|_| panic!("{watch} does not return though {title:?} changed it"));
        count(&answer, slot, watch, title, tally);
        *slot = world.block(watch);
    }
    for _ in 0..FENCE {
        world.ask("GET", "/v1/status/leader", b"");
    }
    for (watch, slot) in watches.iter().zip(blocked.iter_mut()) {
        match slot.answer.try_recv() {
            Ok(answer) => count(&answer, slot, watch, title, tally),
            Err(TryRecvError::Empty) => continue,
            Err(TryRecvError::Disconnected) => panic!("{watch} was cut off after {title:?}"),
        }
        *slot = world.block(watch);
    }
    changed
}

fn count(answer: &Answer, slot: &Blocked, watch: &str, title: &str, tally: &mut Tally) {
    if answer.body == slot.before {
        *tally.for_nothing.entry(format!("{watch} by {title:?}")).or_default() += 1;
    }
}

/// A restore wakes everybody who still blocks.
fn finish(world: &World, watches: &[String], blocked: Vec<Blocked>) {
    let snapshot = world.ask("GET", "/v1/snapshot", b"").body;
    assert_eq!(world.ask("PUT", "/v1/snapshot", &snapshot).status, 200);
    for (watch, slot) in watches.iter().zip(blocked) {
        let answer = slot.answer.recv_timeout(PATIENCE);
        assert!(answer.is_ok_and(|answer| matches!(answer.status, 200 | 404)), "{watch} hangs");
    }
}

/// What the record says of Consul: woken without a change, or not even blocking any more.
fn returned_for_nothing(result: &Value) -> usize {
    let list = |name: &str| result[name].as_array().expect("a list").clone();
    let changes = list("changes");
    let woken = list("wakes").iter().filter(|watch| !changes.contains(watch)).count();
    woken + list("never blocked").len()
}

//! Which blocked queries return with which write: 27 queries that block while 42 writes come, as recorded of Consul
//! 1.21.4 (`data/consul-wake-recorded.json`).
//!
//! A query whose body a write changed returns. One whose body it did not change had better go on blocking: what
//! returns for nothing is counted, and is at most half of what Consul returns for nothing. At the end everything is
//! woken by a restore, so every query has blocked, and answered, to the last.
//!
//! With `MUSTER_PEER_CONSUL` a real Consul is asked the same: each write has the status and changes the bodies that the
//! record says, and what the record says returns does. Consul is free in when it returns what nothing changed (each query
//! no oftener than it was recorded to, all in all: one that comes late counts for the next write), and in whether the two
//! queries that it was recorded to miss return. A restore is not asked of it: it leaves queries on the health of a service
//! blocked.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::Duration;

use muster_conformance::exchange::{Answer, Request, exchange, exchange_within};
use muster_conformance::peer;
use muster_conformance::target::{Target, announce, or_skip};
use serde_json::Value;

/// How long a query that has to return may take until it counts as one that hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the target is asked something else before a query counts as one that still blocks.
const FENCE: usize = 10;

/// How often Consul was recorded to return what nothing changed.
const CONSULS: usize = 75;

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

/// What came of a run.
#[derive(Default)]
struct Tally {
    due: usize,
    /// Returns for nothing: query and title of the write.
    for_nothing: Vec<(String, String)>,
}

impl Tally {
    fn nothing_changed(&mut self, watch: &str, title: &str) {
        self.for_nothing.push((watch.to_owned(), title.to_owned()));
    }

    fn of(&self, watch: &str) -> usize {
        self.for_nothing.iter().filter(|(returned, _)| returned == watch).count()
    }
}

/// What a write changes.
struct Due<'a> {
    title: &'a str,
    /// Queries that return with another body.
    return_changed: BTreeSet<&'a str>,
    /// Queries whose body is another one and that need not return.
    change: BTreeSet<&'a str>,
}

/// Whose target it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Muster,
    Consul,
}

#[test]
fn what_a_write_changed_returns_and_little_else() {
    let Some(target) = or_skip("wake matrix", Target::open()) else { return };
    let tally = play(target.address(), Who::Muster);
    let (due, ours) = (tally.due, tally.for_nothing.len());
    announce(&format!(
        "wake matrix: {due} returns due, {ours} for nothing (Consul: {CONSULS}): {:?}",
        tally.for_nothing
    ));
    assert!(2 * ours <= CONSULS, "{ours} returns for nothing");
}

#[test]
fn a_real_consul_wakes_what_it_was_recorded_to_wake() {
    let Some(peer) = peer::or_skip("wake matrix", &[]) else { return };
    peer.is_quiet().expect("its agent tells the catalog of itself");
    let tally = play(peer.target.address(), Who::Consul);
    let (due, for_nothing) = (tally.due, tally.for_nothing.len());
    announce(&format!("wake matrix of a real Consul: all {due} returns that are due, {for_nothing} for nothing"));
    for watch in texts(&record()["watches"]) {
        let recorded = recorded_for_nothing(&record(), watch);
        let now = tally.of(watch);
        // One that does not block any more may be seen with the write before the one that it was recorded with.
        assert!(now <= recorded + usize::from(recorded > 0), "{watch} returns {now} times for nothing, not {recorded}");
    }
}

#[test]
fn the_record_says_how_often_consul_wakes_for_nothing() {
    let record = record();
    let all = texts(&record["watches"]).map(|watch| recorded_for_nothing(&record, watch));
    assert_eq!(all.sum::<usize>(), CONSULS);
}

fn record() -> Value {
    serde_json::from_str(include_str!("../data/consul-wake-recorded.json")).expect("JSON")
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().expect("a list").iter().filter_map(Value::as_str)
}

/// All queries block while all writes come.
fn play(address: SocketAddr, who: Who) -> Tally {
    let record = record();
    let rows = |name: &str| record[name].as_array().expect("a list").iter();
    let mut world = World { address, sessions: Vec::new() };
    for row in rows("setup") {
        assert_eq!(world.write(row), 200, "{row}");
    }
    let watches: Vec<&str> = texts(&record["watches"]).collect();
    let mut blocked: Vec<Blocked> = watches.iter().map(|watch| world.block(watch)).collect();
    let mut tally = Tally::default();
    for (row, result) in rows("writes").zip(rows("results")) {
        let due = due(row[0].as_str().expect("a title"), result, who);
        assert_eq!(u64::from(world.write(row)), result["status"].as_u64().expect("a status"), "{}", due.title);
        step(&world, &watches, &mut blocked, &due, &mut tally);
    }
    if who == Who::Muster {
        finish(&world, &watches, blocked);
    }
    tally
}

fn due<'a>(title: &'a str, result: &'a Value, who: Who) -> Due<'a> {
    let changes: BTreeSet<&str> = texts(&result["changes"]).collect();
    match who {
        Who::Muster => {
            let ours =
                OURS.iter().filter(|(write, _)| *write == title).flat_map(|(_, watches)| watches.iter().copied());
            Due { title, return_changed: changes.into_iter().chain(ours).collect(), change: BTreeSet::new() }
        }
        Who::Consul => {
            let returned: BTreeSet<&str> = texts(&result["wakes"]).chain(texts(&result["never blocked"])).collect();
            let (return_changed, change) = changes.into_iter().partition(|watch| returned.contains(watch));
            Due { title, return_changed, change }
        }
    }
}

/// After a write: those whose body it changes return with another one, and nobody else has another one; whoever else
/// returned did so for nothing. All block anew.
fn step(world: &World, watches: &[&str], blocked: &mut [Blocked], due: &Due<'_>, tally: &mut Tally) {
    let title = due.title;
    for (watch, slot) in watches.iter().zip(blocked.iter_mut()) {
        if due.return_changed.contains(watch) {
            tally.due += 1;
            returns_changed(world, watch, slot, title, tally);
        }
    }
    for _ in 0..FENCE {
        world.ask("GET", "/v1/status/leader", b"");
    }
    for (watch, slot) in watches.iter().zip(blocked.iter_mut()) {
        let is_changed = world.ask("GET", &world.named(watch), b"").body != slot.before;
        assert_eq!(is_changed, due.change.contains(watch), "{title:?} changes the answer to {watch}");
        match slot.answer.try_recv() {
            Ok(answer) if answer.body == slot.before => tally.nothing_changed(watch, title),
            Ok(_) => assert!(is_changed, "{watch} returned after {title:?} with what is not so"),
            Err(TryRecvError::Empty) if !is_changed => continue,
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => panic!("{watch} was cut off after {title:?}"),
        }
        *slot = world.block(watch);
    }
}

/// Waits until the query has returned with another body. What returns without one blocks again.
fn returns_changed(world: &World, watch: &str, slot: &mut Blocked, title: &str, tally: &mut Tally) {
    loop {
        let answer = slot.answer.recv_timeout(PATIENCE);
        let answer = answer.unwrap_or_else(|_| panic!("{watch} does not return though {title:?} changed it"));
        let last = std::mem::replace(slot, world.block(watch)).before;
        if answer.body != last {
            return;
        }
        tally.nothing_changed(watch, title);
        // The change came between the two.
        if slot.before != last {
            return;
        }
    }
}

/// A restore wakes everybody who still blocks.
fn finish(world: &World, watches: &[&str], blocked: Vec<Blocked>) {
    let snapshot = world.ask("GET", "/v1/snapshot", b"").body;
    assert_eq!(world.ask("PUT", "/v1/snapshot", &snapshot).status, 200);
    for (watch, slot) in watches.iter().zip(blocked) {
        let answer = slot.answer.recv_timeout(PATIENCE);
        assert!(answer.is_ok_and(|answer| matches!(answer.status, 200 | 404)), "{watch} hangs");
    }
}

/// How often the record says of Consul that it woke a query without a change, or did not even let it block any more.
fn recorded_for_nothing(record: &Value, watch: &str) -> usize {
    let has = |result: &Value, list: &str| texts(&result[list]).any(|other| other == watch);
    let results = record["results"].as_array().expect("a list").iter();
    let count = |result| {
        let woken = has(result, "wakes") && !has(result, "changes");
        usize::from(woken) + usize::from(has(result, "never blocked"))
    };
    results.map(count).sum()
}

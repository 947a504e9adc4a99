//! Small histories that break one rule each, beside ones that break none.

use super::*;
use crate::event::{Answer, Entry, Instance, Reply, Request, Step};

/// A history in the making: each request begins when the one before has ended.
#[derive(Default)]
struct History(Vec<Event>);

impl History {
    fn then(mut self, request: Request, reply: Reply) -> Self {
        let at = std::time::Duration::from_millis(self.0.len() as u64 * 10);
        let end = at + std::time::Duration::from_millis(5);
        self.0.push(Event { client: 0, start: at, end, last: false, request, reply });
        self
    }

    /// The last look at everything.
    fn lastly(self, prefix: &str, index: u64, list: Vec<Entry>) -> Self {
        let mut history = self.then(Request::Tree { prefix: prefix.to_owned() }, entries(index, list));
        history.0.last_mut().unwrap().last = true;
        history
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules: Vec<_> = check(&self.0).into_iter().map(|violation| violation.rule).collect();
        rules.dedup();
        rules
    }
}

fn entry(key: &str, value: &str, created: u64, modified: u64) -> Entry {
    Entry { key: key.into(), value: Some(value.into()), created, modified, lock: 0, session: None }
}

fn entries(index: u64, list: Vec<Entry>) -> Reply {
    Reply::Entries(Answer { index, list })
}

fn set(marker: &str, value: &str) -> Request {
    Request::Transaction { marker: marker.into(), steps: vec![Step::Set("txn/a".into(), value.into())] }
}

fn done(marker: &str, value: &str, created: u64, index: u64) -> Reply {
    Reply::Committed(vec![entry(marker, "", index, index), entry("txn/a", value, created, index)])
}

fn get(key: &str) -> Request {
    Request::Get { key: key.into() }
}

fn markers(list: &[(&str, u64)]) -> Vec<Entry> {
    list.iter().map(|(marker, index)| entry(marker, "", *index, *index)).collect()
}

fn two_transactions() -> History {
    History::default()
        .then(set("log/1", "x"), done("log/1", "x", 5, 5))
        .then(set("log/2", "y"), done("log/2", "y", 5, 6))
}

#[test]
fn a_good_history_is_good() {
    let history = two_transactions().then(get("txn/a"), entries(6, vec![entry("txn/a", "y", 5, 6)])).lastly(
        "log/",
        6,
        markers(&[("log/1", 5), ("log/2", 6)]),
    );
    assert_eq!(history.rules(), []);
}

#[test]
fn an_older_state_than_was_acknowledged_is_stale() {
    let history = two_transactions().then(get("txn/a"), entries(5, vec![entry("txn/a", "x", 5, 5)])).lastly(
        "log/",
        6,
        markers(&[("log/1", 5), ("log/2", 6)]),
    );
    assert_eq!(history.rules(), [Rule::StaleRead]);
}

#[test]
fn a_state_that_never_was_is_no_order() {
    let history = two_transactions().then(get("txn/a"), entries(6, vec![entry("txn/a", "z", 5, 6)])).lastly(
        "log/",
        6,
        markers(&[("log/1", 5), ("log/2", 6)]),
    );
    assert_eq!(history.rules(), [Rule::Order]);
}

#[test]
fn an_acknowledged_transaction_without_marker_is_lost() {
    let history = two_transactions().lastly("log/", 6, markers(&[("log/1", 5)]));
    assert_eq!(history.rules(), [Rule::LostAcknowledgement]);
}

#[test]
fn a_marker_of_a_refused_transaction_is_a_half_one() {
    let steps = vec![Step::Get("txn/none".into())];
    let refused = Request::Transaction { marker: "log/3".into(), steps };
    let history = two_transactions().then(refused, Reply::RolledBack(vec![1])).lastly(
        "log/",
        7,
        markers(&[("log/1", 5), ("log/2", 6), ("log/3", 7)]),
    );
    assert_eq!(history.rules(), [Rule::Atomicity]);
}

#[test]
fn a_refusal_without_reason_is_no_order() {
    let steps = vec![Step::CheckIndex("txn/a".into(), 6)];
    let refused = Request::Transaction { marker: "log/3".into(), steps };
    let history = two_transactions().then(refused, Reply::RolledBack(vec![1])).lastly(
        "log/",
        6,
        markers(&[("log/1", 5), ("log/2", 6)]),
    );
    assert_eq!(history.rules(), [Rule::Order]);
}

#[test]
fn two_transactions_have_two_indexes() {
    let history = History::default()
        .then(set("log/1", "x"), done("log/1", "x", 5, 5))
        .then(set("log/2", "y"), done("log/2", "y", 5, 5))
        .lastly("log/", 5, markers(&[("log/1", 5), ("log/2", 5)]));
    assert!(history.rules().contains(&Rule::Index));
}

fn put(key: &str, value: &str, cas: Option<u64>) -> Request {
    Request::Put { key: key.into(), value: value.into(), cas }
}

#[test]
fn a_version_is_replaced_once() {
    let history = History::default()
        .then(put("cas/a", "x", Some(0)), Reply::Held(true))
        .then(get("cas/a"), entries(5, vec![entry("cas/a", "x", 5, 5)]))
        .then(put("cas/a", "y", Some(5)), Reply::Held(true))
        .then(put("cas/a", "z", Some(5)), Reply::Held(true));
    assert_eq!(history.rules(), [Rule::Cas]);
}

#[test]
fn a_refused_write_is_not_read() {
    let history = History::default()
        .then(put("cas/a", "x", Some(0)), Reply::Held(false))
        .then(get("cas/a"), entries(5, vec![entry("cas/a", "x", 5, 5)]));
    assert_eq!(history.rules(), [Rule::Cas]);
}

#[test]
fn one_writer_s_puts_are_read_in_their_order() {
    let two = || {
        History::default()
            .then(put("own/0", "1", None), Reply::Held(true))
            .then(put("own/0", "2", None), Reply::Held(true))
    };
    let good = two().then(get("own/0"), entries(6, vec![entry("own/0", "2", 5, 6)]));
    assert_eq!(good.rules(), []);
    let stale = two().then(get("own/0"), entries(5, vec![entry("own/0", "1", 5, 5)]));
    assert_eq!(stale.rules(), [Rule::StaleRead]);
    let lost = two().lastly("own/", 5, vec![entry("own/0", "1", 5, 5)]);
    assert_eq!(lost.rules(), [Rule::LostAcknowledgement]);
}

#[test]
fn the_same_again_moves_nothing() {
    let history = History::default()
        .then(put("own/0", "1", None), Reply::Held(true))
        .then(get("own/0"), entries(5, vec![entry("own/0", "1", 5, 5)]))
        .then(put("own/0", "1", None), Reply::Held(true))
        .then(get("own/0"), entries(6, vec![entry("own/0", "1", 5, 6)]));
    assert_eq!(history.rules(), [Rule::NoOpWrite]);
    let register = |version| Request::Register { service: "s".into(), version };
    let instances = |index| Reply::Instances(Answer { index, list: vec![Instance { version: 1, modified: 5 }] });
    let read = || Request::Instances { service: "s".into() };
    let history = History::default()
        .then(register(1), Reply::Done)
        .then(read(), instances(5))
        .then(register(1), Reply::Done)
        .then(read(), instances(6));
    assert_eq!(history.rules(), [Rule::NoOpWrite]);
}

fn session(history: History, id: &str, delay: u64) -> History {
    let lock_delay = std::time::Duration::from_millis(delay);
    let create = Request::CreateSession { lock_delay, deletes: false, node: id.into() };
    history.then(create, Reply::Session(id.into()))
}

fn acquire(id: &str) -> Request {
    Request::Acquire { key: "lock/a".into(), session: id.into() }
}

fn destroy(id: &str) -> Request {
    Request::DestroySession { session: id.into() }
}

#[test]
fn a_lock_has_one_holder() {
    let both = session(session(History::default(), "s", 0), "t", 0).then(acquire("s"), Reply::Held(true));
    assert_eq!(both.then(acquire("t"), Reply::Held(true)).rules(), [Rule::Lock]);
}

#[test]
fn a_lock_that_is_free_is_given() {
    let both = session(session(History::default(), "s", 0), "t", 0);
    let good = both.then(acquire("s"), Reply::Held(true)).then(acquire("t"), Reply::Held(false));
    assert_eq!(good.rules(), []);
    let both = session(session(History::default(), "s", 0), "t", 0);
    assert_eq!(both.then(acquire("t"), Reply::Held(false)).rules(), [Rule::Lock]);
}

#[test]
fn a_lock_delay_is_kept() {
    let history = |delay| {
        session(session(History::default(), "s", delay), "t", 0)
            .then(acquire("s"), Reply::Held(true))
            .then(destroy("s"), Reply::Done)
            .then(acquire("t"), Reply::Held(true))
    };
    assert_eq!(history(0).rules(), []);
    assert_eq!(history(1000).rules(), [Rule::LockDelay]);
}

#[test]
fn a_session_and_its_locks_end_together() {
    let ended =
        || session(History::default(), "s", 0).then(acquire("s"), Reply::Held(true)).then(destroy("s"), Reply::Done);
    let mut locked = entry("lock/a", "s", 5, 5);
    locked.session = Some("s".into());
    assert_eq!(ended().then(get("lock/a"), entries(6, vec![locked])).rules(), [Rule::SessionInvalidation]);
    let found = Reply::Found(Answer { index: 6, list: vec!["s".into()] });
    let look = || Request::Session { session: "s".into() };
    assert_eq!(ended().then(look(), found).rules(), [Rule::SessionInvalidation]);
    let gone = Reply::Found(Answer { index: 6, list: Vec::new() });
    assert_eq!(session(History::default(), "s", 0).then(look(), gone).rules(), [Rule::SessionInvalidation]);
}

#[test]
fn an_index_never_goes_back() {
    let history =
        History::default().then(get("lock/a"), entries(7, Vec::new())).then(get("lock/a"), entries(6, Vec::new()));
    assert_eq!(history.rules(), [Rule::Index]);
}

#[test]
fn a_blocking_query_waits() {
    let wait = std::time::Duration::from_secs(1);
    let watch = Request::Watch { key: "lock/a".into(), after: 7, wait };
    assert_eq!(History::default().then(watch.clone(), entries(7, Vec::new())).rules(), [Rule::Watch]);
    assert_eq!(History::default().then(watch, entries(8, Vec::new())).rules(), []);
}

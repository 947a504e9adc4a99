//! What Consul 1.21.4 was recorded to answer, one test for each sequence.

use muster_conformance::{record, replay, skipped};

#[test]
fn skip_list_is_true_and_does_not_grow() {
    let list = skipped::list();
    assert_eq!(skipped::problems(&list, &record::sequences(), skipped::MOST), [""; 0]);
    let parts: std::collections::BTreeSet<_> = list.iter().map(|entry| entry.part.as_str()).collect();
    let line = format!("conformance: {} of 292 rows are skipped, waiting for: {parts:?}", list.len());
    muster_conformance::target::announce(&line);
}

#[test]
fn kv_basics() {
    replay::run("kv basics");
}

#[test]
fn kv_cas() {
    replay::run("kv cas");
}

#[test]
fn sessions_and_locks() {
    replay::run("sessions and locks");
}

#[test]
fn catalog() {
    replay::run("catalog");
}

#[test]
fn agent_services() {
    replay::run("agent services");
}

#[test]
fn agent_checks() {
    replay::run("agent checks");
}

#[test]
fn txn() {
    replay::run("txn");
}

#[test]
fn filters() {
    replay::run("filters");
}

#[test]
fn cross_cutting() {
    replay::run("cross-cutting");
}

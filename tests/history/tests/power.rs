//! The whole process under SIGKILL with its unsynced writes dropped: nothing acknowledged is lost; and without syncs
//! something is.
//!
//! Run by tests/history/run, which builds muster and the library that does the dropping.

use muster_history::binary::named_in;
use muster_history::checker::{Rule, check};
use muster_history::plan::{Plan, run_on};
use muster_history::power::{PowerCuts, Sync};
use muster_history::subject::Subject;

const PLAN: Plan = Plan { seed: 11, clients: 3, rounds: 120, kill_every: 150 };

async fn subject(sync: Sync) -> Subject {
    let power = PowerCuts::new(named_in("MUSTER_LOSSY_LIBRARY"), sync, PLAN.seed);
    let subject = Subject::start_with_power_cuts(&named_in("MUSTER_BIN"), power).await;
    subject.unwrap_or_else(|error| panic!("{error}"))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs muster's binary and a library: tests/history/run"]
async fn a_registry_whose_unsynced_writes_are_dropped_keeps_one_order() {
    let history = run_on(subject(Sync::Honest).await, PLAN).await.unwrap_or_else(|error| panic!("{error}"));
    let found: Vec<String> = check(&history.events).iter().map(ToString::to_string).collect();
    println!(
        "history: {} requests, {} power cuts, {} unsynced bytes dropped, {} replies that break a rule",
        history.events.len(),
        history.kills,
        history.dropped,
        found.len()
    );
    assert!(history.kills >= 5 && history.dropped > 0, "{} cuts, {} bytes", history.kills, history.dropped);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs muster's binary and a library: tests/history/run"]
async fn a_registry_that_does_not_sync_is_found() {
    match run_on(subject(Sync::Nothing).await, PLAN).await {
        Err(error) => println!("history: without syncs: it does not start again: {error}"),
        Ok(history) => {
            let found = check(&history.events);
            let lost =
                found.iter().find(|violation| matches!(violation.rule, Rule::LostAcknowledgement | Rule::StaleRead));
            println!("history: without syncs: {lost:?}");
            assert!(lost.is_some(), "{} replies, {} bytes dropped", history.events.len(), history.dropped);
        }
    }
}

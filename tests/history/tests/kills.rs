//! The whole process under SIGKILL: one order of everything that was answered; and each seeded bug is found.
//!
//! Run by tests/history/run, which builds muster with and without the seeded bugs.

use muster_history::binary::named_in;
use muster_history::checker::{Rule, Violation, check};
use muster_history::plan::{History, Plan, run};

/// Seeded bugs (crates/registry/src/seeded.rs), each with the rule under which it has to be found.
const BUGS: [(&str, Rule); 9] = [
    ("StaleCas", Rule::Cas),
    ("HalfTransaction", Rule::Atomicity),
    ("StolenLock", Rule::Lock),
    ("NoLockDelay", Rule::LockDelay),
    ("KeptLock", Rule::SessionInvalidation),
    ("SharedIndex", Rule::Index),
    ("MovingNoOp", Rule::NoOpWrite),
    ("LostAcknowledgement", Rule::LostAcknowledgement),
    ("StaleRead", Rule::StaleRead),
];
/// A bug that shows by chance only is looked for so often.
const TRIES: u64 = 5;

/// `MUSTER_HISTORY_ROUNDS`: how many rounds each client does.
fn rounds() -> usize {
    std::env::var("MUSTER_HISTORY_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(250)
}

async fn history(variable: &str, bug: Option<&str>, plan: Plan) -> (History, Vec<Violation>) {
    let history = run(&named_in(variable), bug, plan).await.unwrap_or_else(|error| panic!("{error}"));
    let found = check(&history.events);
    (history, found)
}

/// Writes a history beside the binaries, a request a line.
fn keep(history: &History) {
    let lines: Vec<String> = history.events.iter().map(|event| format!("{event:?}\n")).collect();
    let path = named_in("MUSTER_BIN").with_file_name("history.txt");
    std::fs::write(&path, lines.concat()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    println!("history: all requests are in {}", path.display());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs muster's binaries: tests/history/run"]
async fn a_registry_that_is_killed_again_and_again_keeps_one_order() {
    let plan = Plan { seed: 7, clients: 3, rounds: rounds(), kill_every: 400 };
    let (history, found) = history("MUSTER_BIN", None, plan).await;
    println!(
        "history: {} requests, {} kills, {} replies that break a rule",
        history.events.len(),
        history.kills,
        found.len()
    );
    assert!(history.kills >= 3, "killed {} times only", history.kills);
    if !found.is_empty() {
        keep(&history);
    }
    let list: Vec<String> = found.iter().take(10).map(ToString::to_string).collect();
    assert!(found.is_empty(), "{} replies break a rule:\n{}", found.len(), list.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs muster's binaries: tests/history/run"]
async fn each_seeded_bug_is_found() {
    let mut missed = Vec::new();
    for (bug, rule) in BUGS {
        let mut by = None;
        for seed in 0..TRIES {
            let plan = Plan { seed, clients: 3, rounds: 80, kill_every: 500 };
            let (history, found) = history("MUSTER_SEEDED_BIN", Some(bug), plan).await;
            if let Some(violation) = found.into_iter().find(|violation| violation.rule == rule) {
                println!("history: {bug} found in {} requests: {violation}", history.events.len());
                by = Some(violation);
                break;
            }
        }
        if by.is_none() {
            missed.push(bug);
        }
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
}

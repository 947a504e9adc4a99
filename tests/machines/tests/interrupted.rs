//! Creations that end before their end: nothing is left, or what is left is found.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use muster_machines::{Bench, Gate, Outcome, Verdict, signal};

const NOTHING: Vec<String> = Vec::new();

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn an_interrupt_at_any_line_of_create_leaves_nothing() {
    let bench = Bench::new();
    for line in 0.. {
        let (reached, outcome) = bench.create_until(&["m1"], line, |process| signal(process, "INT"));
        if !reached || outcome.code == 0 {
            assert!(line > 8, "{line}: {outcome:?}");
            break;
        }
        assert_eq!(outcome.code, 1, "{line}: {outcome:?}");
        assert!(outcome.one_line().contains("interrupted") || line < 3, "{line}: {outcome:?}");
        assert_eq!(bench.left(), NOTHING, "after line {line}: {outcome:?}");
    }
    bench.machine(&["rm", "-f", "m1"]);
    assert_eq!(bench.left(), NOTHING);
}

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn what_a_killed_create_leaves_is_listed_and_removed_or_made_anew() {
    let bench = Bench::new();
    for line in 3..=12 {
        let (reached, outcome) = bench.create_until(&["m1"], line, |process| signal(process, "KILL"));
        assert!(reached, "{line}: {outcome:?}");
        if bench.store().join("machines/m1").exists() {
            let listed = bench.succeed(&["ls", "--format", "{{.State}} {{.Error}}"]);
            assert!(listed.starts_with("Error ") && listed.contains("half made"), "{line}: {listed}");
            if line % 4 == 0 {
                bench.succeed(&["create", "m1"]);
            }
            bench.succeed(&["rm", "-y", "m1"]);
        }
        assert_eq!(bench.left(), NOTHING, "after line {line}: {outcome:?}");
    }
}

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn an_engine_that_goes_amid_create_is_told_and_rm_clears_up_later() {
    let bench = Bench::new();
    let gate = Gate::open(&bench.store().join("gate.sock"), &bench.engine);
    let engine = format!("unix://{}", bench.store().join("gate.sock").display());
    let (reached, broken) = bench.create_until(&["--container-engine", &engine, "m1"], 5, |_| gate.shut());
    assert!(reached && broken.code == 1, "{broken:?}");
    let line = broken.one_line();
    assert!(
        line.starts_with("Error creating machine: ") && line.contains("docker-machine rm m1 does that later"),
        "{line}"
    );
    let listed = bench.succeed(&["ls", "--format", "{{.State}} {{.Error}}"]);
    assert!(listed.starts_with("Error ") && listed.contains("half made"), "{listed}");
    let _gate = Gate::open(&bench.store().join("gate.sock"), &bench.engine);
    bench.succeed(&["rm", "-y", "m1"]);
    assert_eq!(bench.left(), NOTHING);
}

/// Whether the machine was made in spite of all: then there were fewer changes than were asked for.
fn is_made(outcome: &Outcome, change: usize) -> bool {
    assert!(outcome.code != 0 || change > 5, "networks, volume, container, its address, files, start: {outcome:?}");
    outcome.code == 0
}

fn at(change: usize, verdict: impl Fn(u32) -> Verdict + Send + Sync + 'static) -> impl Fn(u32, usize, &str) -> Verdict {
    move |process, number, _| if number == change { verdict(process) } else { Verdict::Pass }
}

fn with_signal(process: u32, name: &'static str) -> Verdict {
    Verdict::Then(Box::new(move || signal(process, name)))
}

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn a_create_killed_after_any_change_on_the_engine_is_cleared_up_or_made_anew() {
    let bench = Bench::new();
    for change in 0.. {
        let outcome = bench.create_judged(at(change, |process| with_signal(process, "KILL")));
        let _gate = bench.gate();
        if is_made(&outcome, change) {
            break;
        }
        assert_eq!(outcome.code, -1, "{change}: {outcome:?}");
        assert!(bench.left().len() > 1, "{change}: its directory, and at least what the last change made");
        if change % 3 == 2 {
            bench.succeed(&["create", &bench.through_gate(), "m1"]);
        }
        bench.succeed(&["rm", "-y", "m1"]);
        assert_eq!(bench.left(), NOTHING, "after change {change}: {outcome:?}");
    }
    let _gate = bench.gate();
    bench.succeed(&["rm", "-y", "m1"]);
    assert_eq!(bench.left(), NOTHING);
}

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn an_interrupt_amid_any_change_on_the_engine_leaves_nothing() {
    let bench = Bench::new();
    for change in 0.. {
        let outcome = bench.create_judged(at(change, |process| with_signal(process, "INT")));
        if is_made(&outcome, change) {
            break;
        }
        assert_eq!((outcome.code, outcome.one_line()), (1, "Error creating machine: interrupted"), "{change}");
        assert_eq!(bench.left(), NOTHING, "after change {change}: {outcome:?}");
    }
    let _gate = bench.gate();
    bench.succeed(&["rm", "-y", "m1"]);
}

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn an_engine_that_goes_after_any_change_is_told_and_rm_clears_up_later() {
    let bench = Bench::new();
    for change in 0.. {
        let outcome = bench.create_judged(at(change, |_| Verdict::ThenShut));
        let _gate = bench.gate();
        if is_made(&outcome, change) {
            break;
        }
        let line = outcome.one_line();
        assert!(
            outcome.code == 1
                && line.starts_with("Error creating machine: docker engine at unix:///")
                && line.ends_with("docker-machine rm m1 does that later"),
            "{change}: {line}"
        );
        bench.succeed(&["rm", "-y", "m1"]);
        assert_eq!(bench.left(), NOTHING, "after change {change}: {outcome:?}");
    }
    let _gate = bench.gate();
    bench.succeed(&["rm", "-y", "m1"]);
}

#[test]
#[ignore = "needs an engine of its own: tests/machines/run"]
fn whatever_the_engine_has_no_room_for_is_told_and_nothing_is_left() {
    let bench = Bench::new();
    for change in 0.. {
        let outcome = bench.create_judged(at(change, |_| Verdict::Refuse("write /x: no space left on device")));
        if is_made(&outcome, change) {
            break;
        }
        let line = outcome.one_line();
        assert!(
            outcome.code == 1
                && line.starts_with("Error creating machine: docker engine at unix:///")
                && line.ends_with("write /x: no space left on device (status 500)"),
            "{change}: {line}"
        );
        assert_eq!(bench.left(), NOTHING, "at change {change}: {outcome:?}");
    }
    let _gate = bench.gate();
    bench.succeed(&["rm", "-y", "m1"]);
}

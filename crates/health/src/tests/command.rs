//! Real processes.

use std::path::Path;

use super::*;
use CheckStatus::{Critical, Passing, Warning};

/// Seconds after which a command is ended: on a slow machine the first may be too few for it to begin.
const PATIENCE: [u64; 3] = [1, 5, 50];

fn script(args: &[&str]) -> Probe {
    Probe::Script { args: args.iter().map(|arg| Arc::from(*arg)).collect() }
}

fn shell(text: &str) -> Probe {
    script(&["/bin/sh", "-c", text])
}

#[tokio::test]
async fn the_exit_code_is_the_status() {
    assert_eq!(look(shell("echo fine")).await, (Passing, "fine\n".into()));
    assert_eq!(look(shell("echo careful; exit 1")).await, (Warning, "careful\n".into()));
    for end in ["exit 2", "exit 255", "kill -9 $$"] {
        assert_eq!(look(shell(end)).await.0, Critical, "{end}");
    }
}

#[tokio::test]
async fn both_outputs_are_kept_in_order_and_their_end_if_they_are_long() {
    assert_eq!(look(shell("echo a; echo b >&2; echo c")).await.1, "a\nb\nc\n");
    let long = CheckDefinition { output_max_bytes: 4, ..CheckDefinition::new(shell("printf 0123456789")) };
    assert_eq!(run(long).await.output, "Captured 4 of 10 bytes\n...\n6789");
    let flood = look(shell("head -c 3000000 /dev/zero | tr '\\0' x")).await;
    assert!(flood.1.starts_with("Captured 4096 of 3000000 bytes\n...\nxxx"), "{}", &flood.1[..60]);
    assert_eq!(look(shell("cat")).await, (Passing, String::new()), "nothing comes in");
}

#[tokio::test]
async fn what_cannot_be_run_is_critical() {
    assert_eq!(look(script(&["/no/such"])).await, (Critical, "fork/exec /no/such: no such file or directory".into()));
    assert_eq!(look(script(&["/etc"])).await, (Critical, "fork/exec /etc: permission denied".into()));
    assert_eq!(look(script(&[""])).await, (Critical, "exec: no command".into()));
    let words = look(script(&["two words"])).await;
    assert_eq!(words, (Critical, "exec: \"two words\": executable file not found in $PATH".into()));
}

#[tokio::test]
async fn a_command_that_takes_too_long_is_killed_with_all_that_it_started() {
    let directory = tempfile::tempdir().unwrap();
    let pid = directory.path().join("pid");
    // A child of the shell's, which holds the output open too.
    let text = format!("sleep 600 & echo $! > {}; wait", pid.display());
    let said = || std::fs::read_to_string(&pid).unwrap_or_default();
    for seconds in PATIENCE {
        let late = run_within(shell(&text), Duration::from_secs(seconds)).await;
        assert_eq!((late.status, late.output), (Critical, format!("Timed out ({seconds}s) running check")));
        if said().ends_with('\n') {
            break;
        }
    }
    gone(&said()).await;
    let mut told = String::new();
    for seconds in PATIENCE {
        told = run_within(shell("echo so far; sleep 600"), Duration::from_secs(seconds)).await.output;
        if told == format!("Timed out ({seconds}s) running check\n\nso far\n") {
            return;
        }
    }
    panic!("what it said is not told: {told:?}");
}

#[tokio::test]
async fn a_run_that_is_given_up_is_killed_too() {
    let directory = tempfile::tempdir().unwrap();
    let pid = directory.path().join("pid");
    let text = format!("sleep 600 & echo $! > {0}.new; mv {0}.new {0}; wait", pid.display());
    let running = tokio::spawn(run(CheckDefinition::new(shell(&text))));
    while !pid.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    gone(&std::fs::read_to_string(&pid).unwrap()).await;
}

/// Waits until a process has ended; one that nobody has looked after yet counts as ended.
async fn gone(pid: &str) {
    assert!(pid.trim().parse::<u32>().is_ok(), "it never began: {pid:?}");
    let status = format!("/proc/{}/status", pid.trim());
    let runs = || {
        let text = std::fs::read_to_string(Path::new(&status)).unwrap_or_default();
        !text.is_empty() && !text.contains("State:\tZ")
    };
    let wait = async {
        while runs() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("the process lives on");
}

#[tokio::test]
async fn without_an_engine_a_docker_check_is_critical() {
    let probe = Probe::Docker { container: "c".into(), shell: "".into(), args: vec!["true".into()] };
    let (status, output) = look(probe).await;
    assert!(status == Critical && output.contains("cannot be reached"), "{output}");
    let odd = Probe::Docker { container: "a/../b".into(), shell: "".into(), args: vec!["true".into()] };
    assert_eq!(look(odd).await, (Critical, "no such container: a/../b".into()));
}

//! Checks that run commands, as whoever registers them over the API sees them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "running/agent.rs"]
mod agent;

use std::time::{Duration, Instant};

use agent::Agent;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(120);

fn start(flags: &[&str]) -> Agent {
    Agent::start(&[&["agent", "-dev", "-http-port", "0", "-node", "n1"], flags].concat())
}

fn register(agent: &Agent, id: &str, arguments: &[&str], more: Value) {
    let mut check = json!({"ID": id, "Name": id, "Args": arguments, "Interval": "1s"});
    check.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    agent.body("PUT", "/v1/agent/check/register", &check.to_string());
}

/// Waits for a check's result; its output.
fn until(agent: &Agent, id: &str, status: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let checks: Value = serde_json::from_str(&agent.body("GET", "/v1/agent/checks", "")).unwrap();
        let output = checks[id]["Output"].as_str().unwrap().to_owned();
        // What it begins with is no result.
        if checks[id]["Status"] == status && !output.is_empty() {
            return output;
        }
        assert!(Instant::now() < deadline, "{id} is never {status}: {}", checks[id]);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn exit_codes_and_output_of_commands_are_told_over_the_api() {
    let agent = start(&["-enable-script-checks"]);
    let state = tempfile::tempdir().unwrap();
    let file = state.path().join("code");
    std::fs::write(&file, "0").unwrap();
    let script = format!("echo out; echo err >&2; exit $(cat {})", file.display());
    register(&agent, "codes", &["sh", "-c", &script], json!({}));
    let output = until(&agent, "codes", "passing");
    assert!(output.contains("out\n") && output.contains("err\n"), "{output:?}");
    for (code, status) in [("1", "warning"), ("2", "critical"), ("0", "passing")] {
        std::fs::write(&file, code).unwrap();
        until(&agent, "codes", status);
    }
    let catalog: Value = serde_json::from_str(&agent.body("GET", "/v1/health/node/n1", "")).unwrap();
    let row = catalog.as_array().unwrap().iter().find(|row| row["CheckID"] == "codes").unwrap();
    assert_eq!((&row["Status"], &row["Type"]), (&json!("passing"), &json!("script")));
    register(&agent, "absent", &["/no/such/program"], json!({}));
    assert!(until(&agent, "absent", "critical").contains("/no/such/program"));
}

#[test]
fn a_command_that_takes_too_long_is_killed_and_told() {
    let agent = start(&["-enable-script-checks"]);
    let state = tempfile::tempdir().unwrap();
    let ids = state.path().join("ids");
    let script = format!("echo $$ >> {}; sleep 1000", ids.display());
    register(&agent, "slow", &["sh", "-c", &script], json!({"Timeout": "300ms", "Status": "passing"}));
    let output = until(&agent, "slow", "critical");
    assert!(output.contains("timed out") || output.contains("Timed out"), "{output:?}");
    // On a slow machine the first ones may be killed before they come to say their number.
    let deadline = Instant::now() + PATIENCE;
    let first = loop {
        let said = std::fs::read_to_string(&ids).unwrap_or_default();
        if let Some((first, _)) = said.split_once('\n') {
            break first.to_owned();
        }
        assert!(Instant::now() < deadline, "none ever came to run");
        std::thread::sleep(Duration::from_millis(20));
    };
    while std::path::Path::new(&format!("/proc/{first}")).exists() {
        assert!(Instant::now() < deadline, "{first} still runs");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn long_output_keeps_its_end_up_to_what_the_check_may_say() {
    let agent = start(&["-enable-script-checks"]);
    let script = "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; exit 1";
    register(&agent, "long", &["sh", "-c", script], json!({}));
    register(&agent, "short", &["sh", "-c", script], json!({"OutputMaxSize": 100}));
    for (id, most) in [("long", 4096), ("short", 100)] {
        let output = until(&agent, id, "warning");
        let kept =
            output.rsplit_once("line 1999").unwrap_or_else(|| panic!("its end is gone: {output:?}")).0.len() + 10;
        assert!(output.len() < most + 100 && kept > most / 2, "{id}: {} bytes", output.len());
        assert!(!output.contains("line 0\n"), "{id}");
    }
}

#[test]
fn commands_over_the_api_need_more_than_commands_from_files() {
    for flags in [&[][..], &["-enable-local-script-checks"]] {
        let agent = start(flags);
        let check = json!({"ID": "c", "Name": "c", "Args": ["true"], "Interval": "1s"}).to_string();
        let answer = agent.ask("PUT", "/v1/agent/check/register", &check);
        assert!(answer.starts_with("HTTP/1.1 500") && answer.contains("enable_script_checks"), "{answer}");
        assert!(!agent.body("GET", "/v1/agent/checks", "").contains("\"c\""));
    }
}

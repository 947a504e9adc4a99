//! The HTTP API on a socket in the file system, and the commands that ask there.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "running/agent.rs"]
mod agent;

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Stdio};

use agent::{Agent, muster, refused};

/// An agent that is reached by the socket alone.
fn start(socket: &Path) -> Child {
    let settings = format!(
        "addresses {{ http = \"unix://{}\" }} unix_sockets {{ mode = \"0600\" }} ports {{ dns = -1 }} limits {{ http_max_conns_per_client = 1 }}",
        socket.display()
    );
    let mut process = muster(&["agent", "-dev", "-hcl", &settings]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains(&format!("HTTP API on unix://{}", socket.display())), "{line}");
    process
}

fn end(mut process: Child, signal: &str) {
    let id = process.id().to_string();
    assert!(std::process::Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
    process.wait().unwrap();
}

#[test]
fn commands_reach_an_agent_by_its_socket() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("http.sock");
    let ask = |arguments: &[&str]| {
        let mut command = muster(arguments);
        let output = command.env("CONSUL_HTTP_ADDR", format!("unix://{}", socket.display())).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let process = start(&socket);
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(ask(&["kv", "put", "a/b", "c"]), "Success! Data written to: a/b\n");
    assert_eq!(ask(&["kv", "get", "a/b"]), "c\n");
    assert!(ask(&["catalog", "services"]).contains("consul"));
    let settings = format!("addresses {{ http = \"unix://{}\" }} ports {{ dns = -1 }}", socket.display());
    let (code, line) = refused(&["agent", "-dev", "-hcl", &settings]);
    assert!(code == 1 && line.contains("another process listens there"), "{line}");
    assert_eq!(ask(&["kv", "get", "a/b"]), "c\n", "the one that was refused took nothing away");
    end(process, "KILL");
    assert!(socket.exists());
    // What a killed process left is replaced.
    end(start(&socket), "TERM");
    assert!(!socket.exists(), "it goes with the process");
}

#[test]
fn wrong_sockets_are_told_with_what_would_be_right() {
    for (settings, expected) in [
        ("addresses { http = \"unix://\" }", "has a socket without a path"),
        ("addresses { dns = \"unix:///run/x.sock\" }", "only addresses.http may be a socket"),
        ("client_addr = \"unix:///run/x.sock\"", "only addresses.http may be a socket"),
        ("unix_sockets { mode = \"999\" }", "octal digits such as \"0770\" would be right"),
        ("unix_sockets { user = \"nobody-of-that-name\" }", "or a name of /etc/passwd, would be right"),
        ("unix_sockets { group = \"nobody-of-that-name\" }", "or a name of /etc/group, would be right"),
    ] {
        let (code, line) = refused(&["agent", "-dev", "-http-port", "0", "-hcl", settings]);
        assert!(code == 1 && line.contains(expected), "{settings}: {line}");
    }
}

#[test]
fn an_agent_may_have_as_many_files_open_as_its_hard_limit_says() {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -Sn 256 && ulimit -Hn 4000 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_muster")]);
    command.args(["agent", "-dev", "-http-port", "0", "-dns-port", "-1"]);
    let agent = Agent::of(command.stdout(Stdio::piped()).spawn().unwrap());
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", agent.process.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let words: Vec<_> = line.split_whitespace().skip(3).take(2).collect();
    assert_eq!(words, ["4000", "4000"], "{line}");
}

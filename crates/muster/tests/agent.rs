//! `muster agent` as its users run it: a process, its port, its data directory, and what it says when something is wrong.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// A running agent; killed when dropped.
struct Agent {
    process: Child,
    address: String,
}

impl Agent {
    fn start(arguments: &[&str]) -> Self {
        let mut process = muster(arguments).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).unwrap_or_else(|| panic!("not ready: {line:?}"));
        let address = address.split([' ', ',']).next().unwrap().to_owned();
        Self { process, address }
    }

    fn durable(directory: &Path) -> Self {
        let directory = directory.to_str().unwrap();
        Self::start(&["agent", "-bootstrap", "-data-dir", directory, "-http-port", "0", "-node", "n1"])
    }

    /// Status line, headers and body of one request.
    fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn body(&self, method: &str, path: &str, body: &str) -> String {
        let answer = self.ask(method, path, body);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{method} {path}: {answer}");
        body.to_owned()
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    fn ends_after(mut self, signal: &str) -> std::process::ExitStatus {
        self.signal(signal);
        self.process.wait().unwrap()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn muster(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    command.args(arguments).env_remove("MUSTER_LOG").env_remove("DOCKER_HOST").stdin(Stdio::null());
    command
}

/// Runs to its end, which must be a failure; the one line that it said.
fn refused(arguments: &[&str]) -> (i32, String) {
    let Output { status, stderr, .. } = muster(arguments).output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(!status.success(), "{arguments:?} went well");
    assert!(!stderr.contains("panicked") && !stderr.contains("RUST_BACKTRACE"), "{stderr}");
    (status.code().unwrap(), stderr.lines().next().unwrap_or_default().to_owned())
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let agent = Agent::durable(&directory.path().join("data"));
    for number in 0..20 {
        assert_eq!(agent.body("PUT", &format!("/v1/kv/k/{number}"), "value"), "true");
    }
    agent.body(
        "PUT",
        "/v1/agent/service/register",
        r#"{"Name":"web","Port":80,"Check":{"TTL":"1h","Status":"passing"}}"#,
    );
    let read = |agent: &Agent| {
        let paths = ["/v1/kv/k?recurse", "/v1/health/service/web", "/v1/catalog/nodes", "/v1/agent/checks"];
        paths.map(|path| agent.body("GET", path, ""))
    };
    let before = read(&agent);
    assert!(!agent.ends_after("KILL").success());
    let agent = Agent::durable(&directory.path().join("data"));
    assert_eq!(read(&agent), before, "the same entries with the same indexes");
    assert!(agent.ends_after("TERM").success());
    let agent = Agent::durable(&directory.path().join("data"));
    assert_eq!(read(&agent), before);
    assert!(agent.ends_after("INT").success());
}

#[test]
fn a_stop_does_not_wait_for_blocked_queries() {
    let agent = Agent::start(&["agent", "-dev", "-http-port", "0"]);
    let index = agent.ask("GET", "/v1/catalog/nodes", "");
    let index = index.lines().find_map(|line| line.strip_prefix("x-consul-index: ")).unwrap().to_owned();
    let mut blocked = TcpStream::connect(&agent.address).unwrap();
    write!(blocked, "GET /v1/catalog/nodes?index={index}&wait=10m HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(agent.ends_after("TERM").success());
}

#[test]
fn a_taken_port_is_named() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port().to_string();
    let (code, line) = refused(&["agent", "-dev", "-http-port", &port]);
    assert_eq!(code, 1);
    assert!(line.starts_with(&format!("cannot listen on 127.0.0.1:{port} (the HTTP port)")), "{line}");
    assert!(line.contains("choose another with -http-port"), "{line}");
}

#[test]
fn a_data_directory_in_use_is_named_with_its_holder() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let agent = Agent::durable(&data);
    let (_, line) = refused(&["agent", "-bootstrap", "-data-dir", data.to_str().unwrap(), "-http-port", "0"]);
    assert_eq!(line, format!("data directory {} is in use by process {}", data.display(), agent.process.id()));
}

#[test]
fn a_data_directory_of_a_newer_muster_or_of_consul_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let newer = directory.path().join("newer");
    std::fs::create_dir(&newer).unwrap();
    std::fs::write(newer.join("FORMAT"), "muster-journal 99\n").unwrap();
    let (_, line) = refused(&["agent", "-bootstrap", "-data-dir", newer.to_str().unwrap(), "-http-port", "0"]);
    assert!(line.contains("has format 99") && line.contains("use a newer muster"), "{line}");
    let consuls = directory.path().join("consul");
    std::fs::create_dir_all(consuls.join("raft")).unwrap();
    let (_, line) = refused(&["agent", "-bootstrap", "-data-dir", consuls.to_str().unwrap(), "-http-port", "0"]);
    assert!(line.contains("holds the data of a Consul server"), "{line}");
    assert_eq!(std::fs::read_dir(&consuls).unwrap().count(), 1, "nothing was added");
}

#[test]
fn wrong_command_lines_get_one_line_each() {
    let cases: [(&[&str], &str); 9] = [
        (&["agent"], "a client agent is not there yet"),
        (&["agent", "-server", "-data-dir", "/nowhere"], "a server that waits for others is not there yet"),
        (&["agent", "-bootstrap"], "data_dir cannot be empty"),
        (&["agent", "-dev", "-retry-join", "x"], "flag -retry-join is not supported by this version of muster"),
        (&["agent", "-dev", "-nonsense"], "flag provided but not defined: -nonsense"),
        (&["agent", "-dev", "-client", "0.0.0.0"], "-client 0.0.0.0 lets everybody who reaches that address"),
        (&["agent", "-dev", "-client", "here"], "-client is \"here\": an IP address"),
        (&["agent", "-dev", "-http-port", "99999"], "HTTP port is 99999"),
        (&["serve"], "muster has no command \"serve\""),
    ];
    for (arguments, expected) in cases {
        let (code, line) = refused(arguments);
        assert_eq!(code, 1, "{arguments:?}");
        assert!(line.starts_with(expected), "{arguments:?}: {line}");
    }
}

#[test]
fn a_wrong_file_is_named_with_its_key() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("agent.json");
    let refused_file = |text: &str| {
        std::fs::write(&path, text).unwrap();
        refused(&["agent", "-dev", "-http-port", "0", "-config-file", path.to_str().unwrap()]).1
    };
    let name = path.display().to_string();
    assert_eq!(refused_file("{\"acl\":{}}"), format!("{name}: key \"acl\" is not supported by this version of muster"));
    assert_eq!(refused_file("{\"node_name\":"), format!("{name}: unexpected EOF"));
    assert!(refused_file("server = true").contains("only JSON files are read"));
    let (_, line) = refused(&["agent", "-dev", "-config-file", "/nowhere/agent.json"]);
    assert!(line.starts_with("cannot read configuration file /nowhere/agent.json: "), "{line}");
}

#[test]
fn under_the_name_consul_an_open_address_works() {
    let directory = tempfile::tempdir().unwrap();
    let consul = directory.path().join("consul");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_muster"), &consul).unwrap();
    let mut process = Command::new(&consul)
        .args(["agent", "-dev", "-client", "0.0.0.0", "-http-port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(line.contains("http://0.0.0.0:"), "{line}");
    let version = Command::new(&consul).args(["version", "-format=json"]).output().unwrap();
    assert!(String::from_utf8(version.stdout).unwrap().contains("\"Version\":\"1.21.4\""));
}

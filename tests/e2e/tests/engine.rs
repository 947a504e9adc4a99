//! muster on a real Docker engine that belongs to the test alone.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

fn binary(name: &str) -> PathBuf {
    muster_testbed::engine::required();
    PathBuf::from(std::env::var_os("MUSTER_TEST_BINARIES").unwrap()).join(name)
}

fn demo(arguments: &[&str]) -> std::process::Output {
    let cache = std::env::var_os("MUSTER_TEST_CACHE").unwrap();
    Command::new(binary("muster-demo")).arg("--cache").arg(cache).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().unwrap();
    assert!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A muster process; killed when dropped.
struct Process(Child);

impl Process {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(binary("muster"));
        Self(command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A container; removed when dropped.
struct Container(String);

impl Container {
    fn web(name: &str) -> Self {
        static IMAGES: std::sync::Once = std::sync::Once::new();
        IMAGES.call_once(|| assert!(demo(&["--images"]).status.success(), "the images cannot be built"));
        docker(&["run", "-d", "--name", name, "-p", "4000", "muster-demo/web"]);
        Self(name.to_owned())
    }

    /// The port on the host that Docker chose.
    fn port(&self) -> String {
        let text = docker(&["port", &self.0, "4000/tcp"]);
        text.lines().next().unwrap().rsplit_once(':').unwrap().1.to_owned()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = Command::new("docker").args(["rm", "-f", &self.0]).stdout(Stdio::null()).status();
    }
}

/// The ports of service `web` as the registry at `port` lists them; empty while it does not answer.
fn registered(port: &str) -> Vec<String> {
    let Ok(mut stream) = TcpStream::connect(format!("127.0.0.1:{port}")) else { return Vec::new() };
    let mut answer = String::new();
    let sent = write!(stream, "GET /v1/health/service/web HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    if sent.is_err() || stream.read_to_string(&mut answer).is_err() {
        return Vec::new();
    }
    // Tagged addresses have ports too; the instance's own stands before its weights.
    let own = answer.split("\"Port\":").skip(1).filter_map(|rest| rest.split_once(",\"Weights\""));
    own.map(|(port, _)| port.to_owned()).filter(|port| port.bytes().all(|byte| byte.is_ascii_digit())).collect()
}

fn until(what: &str, mut holds: impl FnMut() -> Result<(), String>) {
    let deadline = Instant::now() + PATIENCE;
    while let Err(found) = holds() {
        assert!(Instant::now() < deadline, "{what}: {found}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn until_registered(registry: &str, wanted: &[String]) {
    until("the registry lists what runs", || {
        let mut found = registered(registry);
        let mut wanted = wanted.to_vec();
        found.sort();
        wanted.sort();
        if found == wanted { Ok(()) } else { Err(format!("{found:?} instead of {wanted:?}")) }
    });
}

#[test]
#[ignore = "needs the test engine: make test runs it"]
fn a_the_demo_proves_itself_and_leaves_nothing() {
    let output = demo(&["--exit"]);
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("| up-registry-empty |"), "every step was played");
    for list in [&["ps", "-aq"][..], &["volume", "ls", "-q"], &["network", "ls", "-q"]] {
        let filtered = [list, &["--filter", "label=muster.demo=1"]].concat();
        assert_eq!(docker(&filtered), "", "{list:?}");
    }
}

#[test]
#[ignore = "needs the test engine: make test runs it"]
fn b_a_restarted_container_is_registered_on_its_new_port_and_no_ghost_stays() {
    let data = tempfile::tempdir().unwrap();
    let directory = data.path().join("data");
    let _up = Process::start(&["up", "--data-dir", directory.to_str().unwrap(), "--http-port", "18610"]);
    let web = Container::web("restarted");
    until_registered("18610", &[web.port()]);
    for _ in 0..5 {
        docker(&["restart", "-t", "0", "restarted"]);
        until_registered("18610", &[web.port()]);
    }
    docker(&["kill", "restarted"]);
    until_registered("18610", &[]);
}

#[test]
#[ignore = "needs the test engine: make test runs it"]
fn c_a_registrator_waits_for_its_registry_and_its_restart_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let directory = data.path().join("data");
    let web = Container::web("early");
    let arguments = ["registrator", "-retry-attempts", "-1", "-retry-interval", "100", "consul://127.0.0.1:18611"];
    let registrator = Process::start(&arguments);
    let directory = directory.to_str().unwrap();
    let _registry = Process::start(&["agent", "-bootstrap", "-data-dir", directory, "-http-port", "18611"]);
    until_registered("18611", &[web.port()]);
    drop(registrator);
    docker(&["rm", "-f", "early"]);
    let late = Container::web("late");
    let _again = Process::start(&arguments);
    until_registered("18611", &[late.port()]);
}

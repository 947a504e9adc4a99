//! Machines on a real engine: the tests in `tests/` run `muster machine` beside an engine of their own (`tests/machines/run`).
//!
//! The engine in its namespaces is the outer one: machines are its containers, each with an engine inside. Images come
//! from scripts/machine-image's archives, which `tests/machines/run` loads before.

mod gate;

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, OnceLock};

pub use gate::{Gate, Verdict};
use muster_testbed::engine;
use tempfile::TempDir;

/// What one machine's tests need: the program, a store of its own, the outer engine.
pub struct Bench {
    binary: PathBuf,
    store: TempDir,
    /// Where the outer engine listens.
    pub engine: String,
}

/// What would change what the program does or says.
const UNSET: [&str; 7] = [
    "MACHINE_DRIVER",
    "MUSTER_COMPAT",
    "CONTAINER_IMAGE",
    "CONTAINER_ENGINE",
    "DOCKER_TLS_VERIFY",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
];

/// The gate's socket in the store's directory.
const GATE: &str = "gate.sock";

/// What a command did.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its exit code; -1: a signal.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub errors: String,
}

impl Outcome {
    /// The one line of an error.
    ///
    /// # Panics
    ///
    /// If there is none, or more than one.
    pub fn one_line(&self) -> &str {
        assert_eq!(self.errors.trim_end().lines().count(), 1, "{self:?}");
        self.errors.trim_end()
    }
}

/// Sends a signal, `INT` or `KILL`, to a process.
///
/// # Panics
///
/// If there is no such process.
pub fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status();
    assert!(sent.expect("kill is there").success());
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { code: output.status.code().unwrap_or(-1), out: text(output.stdout), errors: text(output.stderr) }
    }
}

impl Bench {
    /// A new store; the program is MUSTER_TEST_MUSTER.
    ///
    /// # Panics
    ///
    /// Without an engine of its own, or without the program.
    #[expect(clippy::new_without_default, reason = "it panics without its surroundings")]
    pub fn new() -> Self {
        let engine = format!("unix://{}", engine::required().join("docker.sock").display());
        let binary = std::env::var_os("MUSTER_TEST_MUSTER").expect("MUSTER_TEST_MUSTER is set: tests/machines/run");
        Self { binary: binary.into(), store: TempDir::new().expect("a temporary directory"), engine }
    }

    /// The store's directory.
    pub fn store(&self) -> &Path {
        self.store.path()
    }

    /// The program under a name, for this store.
    pub fn command(&self, name: &str, arguments: &[&str]) -> Command {
        let link = self.store.path().join(name);
        if !link.exists() {
            std::os::unix::fs::symlink(&self.binary, &link).expect("a link in a temporary directory");
        }
        let mut command = Command::new(link);
        command.args(arguments).env("DOCKER_HOST", &self.engine);
        command.env("MACHINE_STORAGE_PATH", self.store.path()).env("SHELL", "/bin/sh").env("USER", "ann");
        for name in UNSET {
            command.env_remove(name);
        }
        command
    }

    /// Runs `docker-machine ARGUMENTS…` to its end.
    pub fn machine(&self, arguments: &[&str]) -> Outcome {
        self.machine_with(arguments, "")
    }

    /// The same with standard input.
    pub fn machine_with(&self, arguments: &[&str], input: &str) -> Outcome {
        run(self.command("docker-machine", arguments), input)
    }

    /// Runs `docker-machine ARGUMENTS…`, which has to succeed, and gives what it printed, without the last line's end.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let outcome = self.machine(arguments);
        assert_eq!(outcome.code, 0, "docker-machine {arguments:?}: {outcome:?}");
        outcome.out.trim_end().to_owned()
    }

    /// Runs `muster ARGUMENTS…`.
    pub fn muster(&self, arguments: &[&str]) -> Outcome {
        run(self.command("muster", arguments), "")
    }

    /// Runs `docker-machine create ARGUMENTS…`, and `act` after its line number `line` (from 0) with its process ID; gives
    /// whether there was such a line.
    ///
    /// # Panics
    ///
    /// If it cannot be run.
    pub fn create_until(&self, arguments: &[&str], line: usize, act: impl FnOnce(u32)) -> (bool, Outcome) {
        let mut command = self.command("docker-machine", &["create"]);
        let mut child = command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut out = String::new();
        let mut add = |line: Option<std::io::Result<String>>| match line {
            Some(Ok(text)) => {
                out.push_str(&text);
                out.push('\n');
                true
            }
            _ => false,
        };
        let reached = (0..=line).all(|_| add(lines.next()));
        if reached {
            act(child.id());
        }
        while add(lines.next()) {}
        let mut errors = String::new();
        let _ = child.stderr.take().expect("it is piped").read_to_string(&mut errors);
        let status = child.wait().expect("it ends");
        (reached, Outcome { code: status.code().unwrap_or(-1), out, errors })
    }

    /// A gate to the outer engine, where `create_judged` has its own.
    pub fn gate(&self) -> Gate {
        Gate::open(&self.store.path().join(GATE), &self.engine)
    }

    /// The flag that has `create` go through the gate.
    pub fn through_gate(&self) -> String {
        format!("--container-engine=unix://{}", self.store.path().join(GATE).display())
    }

    /// Runs `docker-machine create m1` through a gate; `judge` is given the process, the number of the change on the
    /// engine and its request line.
    ///
    /// # Panics
    ///
    /// If it cannot be run.
    pub fn create_judged(&self, judge: impl Fn(u32, usize, &str) -> Verdict + Send + Sync + 'static) -> Outcome {
        let process = Arc::new(OnceLock::new());
        let known = Arc::clone(&process);
        let socket = self.store.path().join(GATE);
        let _gate = Gate::judged(&socket, &self.engine, move |number, line| judge(*known.wait(), number, line));
        let mut command = self.command("docker-machine", &["create", &self.through_gate(), "m1"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let child = child.expect("the program runs");
        let _ = process.set(child.id());
        child.wait_with_output().expect("it ends").into()
    }

    /// What is left of machines on the outer engine and in the store; nothing: an empty list.
    pub fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        for (kind, list) in [
            ("container", &["ps", "-aq"][..]),
            ("volume", &["volume", "ls", "-q"]),
            ("network", &["network", "ls", "-q"]),
        ] {
            let found = self.docker(&[list, &["--filter", "label=muster.machine"]].concat());
            left.extend(found.out.lines().map(|id| format!("{kind} {id}")));
        }
        let machines = std::fs::read_dir(self.store.path().join("machines"));
        left.extend(machines.into_iter().flatten().flatten().map(|entry| format!("file {}", entry.path().display())));
        left
    }

    /// `docker ARGUMENTS…` on the outer engine.
    pub fn docker(&self, arguments: &[&str]) -> Outcome {
        let mut command = Command::new("docker");
        command.args(arguments).env("DOCKER_HOST", &self.engine).env_remove("DOCKER_TLS_VERIFY");
        run(command, "")
    }

    /// A shell script with `docker-machine` and `muster` on PATH.
    pub fn shell(&self, script: &str) -> Outcome {
        self.command("muster", &[]);
        let mut command = self.command("docker-machine", &[]);
        command = {
            let mut shell = Command::new("sh");
            for (name, value) in command.get_envs() {
                match value {
                    Some(value) => shell.env(name, value),
                    None => shell.env_remove(name),
                };
            }
            shell
        };
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.store.path().display()));
        command.args(["-euc", script]);
        run(command, "")
    }
}

impl Drop for Bench {
    /// A test that failed must not make the next one fail.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let machines = std::fs::read_dir(self.store.path().join("machines"));
            for entry in machines.into_iter().flatten().flatten() {
                self.machine(&["rm", "-f", &entry.file_name().to_string_lossy()]);
            }
            for left in self.left() {
                match left.split_once(' ') {
                    Some(("container", id)) => self.docker(&["rm", "-f", "-v", id]),
                    Some((kind @ ("volume" | "network"), id)) => self.docker(&[kind, "rm", id]),
                    _ => continue,
                };
            }
        }
    }
}

fn run(mut command: Command, input: &str) -> Outcome {
    use std::io::Write;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    // One that does not read its input is no failure.
    let _ = child.stdin.take().expect("it is piped").write_all(input.as_bytes());
    child.wait_with_output().expect("it ends").into()
}

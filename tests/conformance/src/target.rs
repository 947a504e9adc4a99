//! What is tested: a URL, or a muster of our own.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::exchange::{Request, exchange};

/// How long a target may take until it has a leader. Consul needs up to ten seconds.
const START: Duration = Duration::from_secs(60);

/// Where DNS is unless somebody says otherwise.
const DNS_PORT: u16 = 8600;

/// A target that answers.
pub struct Target {
    address: SocketAddr,
    dns: SocketAddr,
    child: Option<Child>,
    /// Sequences take turns on a target that they share.
    _turn: Option<MutexGuard<'static, ()>>,
}

/// Why there is no target.
#[derive(Debug)]
pub enum NoTarget {
    /// There is nothing to run; the test is to be skipped, loudly.
    NoBinary(PathBuf),
    /// What should run does not.
    Failed(String),
}

static TURN: Mutex<()> = Mutex::new(());

impl Target {
    /// Whether it is a muster that was started for this.
    pub fn is_own(&self) -> bool {
        self.child.is_some()
    }

    /// `MUSTER_TARGET`, or a fresh `muster agent -dev` from `MUSTER_BIN` or the target directory.
    pub fn open() -> Result<Self, NoTarget> {
        Self::open_with(&[])
    }

    /// The same, with these arguments besides for one of our own.
    pub fn open_with(arguments: &[String]) -> Result<Self, NoTarget> {
        if let Ok(url) = std::env::var("MUSTER_TARGET") {
            let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
            let place = url.trim_start_matches("http://").trim_end_matches('/');
            let address = place.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
            let address =
                address.ok_or_else(|| NoTarget::Failed(format!("MUSTER_TARGET {url:?} is no http://host:port")))?;
            let dns = match std::env::var("MUSTER_TARGET_DNS") {
                Ok(text) => text.parse().map_err(|_| {
                    NoTarget::Failed(format!("MUSTER_TARGET_DNS {text:?} is no IP:port, such as 127.0.0.1:8600"))
                })?,
                Err(_) => SocketAddr::new(address.ip(), DNS_PORT),
            };
            return Self { address, dns, child: None, _turn: Some(turn) }.ready();
        }
        let binary = binary();
        if !binary.is_file() {
            return Err(NoTarget::NoBinary(binary));
        }
        Self::start(&binary, arguments)?.ready()
    }

    fn start(binary: &PathBuf, arguments: &[String]) -> Result<Self, NoTarget> {
        let failed = |error: io::Error| NoTarget::Failed(format!("{}: {error}", binary.display()));
        let mut child = Command::new(binary)
            .args(["agent", "-dev", "-node", "rec", "-http-port", "0", "-dns-port", "0"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(if std::env::var_os("MUSTER_TARGET_LOG").is_some() { Stdio::inherit() } else { Stdio::null() })
            .spawn()
            .map_err(failed)?;
        // It says where it got a place; a port that was looked for beforehand could be another's by now.
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).map_err(failed)?;
        }
        let place = |before: &str| {
            let rest = line.split_once(before)?.1;
            rest.split([' ', ',', '\n']).next()?.parse().ok()
        };
        let (Some(address), Some(dns)) = (place("http://"), place("DNS on ")) else {
            end(&mut child);
            return Err(NoTarget::Failed(format!("it is not ready (MUSTER_TARGET_LOG=1 shows its log): {line:?}")));
        };
        Ok(Self { address, dns, child: Some(child), _turn: None })
    }

    /// What a program of ours serves there.
    pub(crate) fn of(address: SocketAddr, dns: SocketAddr, child: Child) -> Self {
        Self { address, dns, child: Some(child), _turn: None }
    }

    /// Waits until a server that has just begun to lead has put itself into the catalog.
    pub(crate) fn settled(self) -> Result<Self, NoTarget> {
        self.wait_for(&["/v1/health/service/consul?passing", "/v1/agent/connect/ca/roots"])?;
        Ok(self)
    }

    /// Waits until each of these reads is answered with a list that is not empty.
    pub(crate) fn wait_for(&self, reads: &[&str]) -> Result<(), NoTarget> {
        let until = Instant::now() + START;
        let is_there = |read: &&str| {
            let request = Request { method: "GET", target: read, headers: &[], body: b"" };
            exchange(self.address, &request).is_ok_and(|answer| answer.status == 200 && answer.body.len() > 4)
        };
        while !reads.iter().all(is_there) {
            if Instant::now() > until {
                return Err(NoTarget::Failed(format!("{} has not all of {reads:?} after {START:?}", self.address)));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Ends the program, if there is one.
    pub(crate) fn kill(&mut self) {
        if let Some(child) = &mut self.child {
            end(child);
        }
    }

    /// Asks until the target has a leader.
    pub(crate) fn ready(mut self) -> Result<Self, NoTarget> {
        let request = Request { method: "GET", target: "/v1/status/leader", headers: &[], body: b"" };
        let until = Instant::now() + START;
        loop {
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten()) {
                return Err(NoTarget::Failed(format!(
                    "it ended with {status} (MUSTER_TARGET_LOG=1 shows muster's log)"
                )));
            }
            match exchange(self.address, &request) {
                Ok(answer) if answer.status == 200 && answer.body.len() > 2 => return Ok(self),
                other if Instant::now() > until => {
                    return Err(NoTarget::Failed(format!("{} has no leader after {START:?}: {other:?}", self.address)));
                }
                _ => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its DNS listens, UDP and TCP.
    pub fn dns(&self) -> SocketAddr {
        self.dns
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.kill();
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself; there is nobody left to tell either way.
    let _ = child.kill();
    let _ = child.wait();
}

/// `MUSTER_BIN`, else `muster` beside this test's own directory (`target/debug/deps`).
fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("MUSTER_BIN") {
        return PathBuf::from(path);
    }
    let mut path = std::env::current_exe().unwrap_or_default();
    path.pop();
    path.pop();
    path.join("muster")
}

/// The target; without one it says so by name, and panics if `CI` is `true`.
pub fn or_skip(name: &str, opened: Result<Target, NoTarget>) -> Option<Target> {
    match opened {
        Ok(target) => Some(target),
        Err(NoTarget::NoBinary(path)) => {
            let line = format!("SKIPPED conformance of {name:?}: no muster at {} (MUSTER_BIN)", path.display());
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{line}");
            announce(&line);
            None
        }
        Err(NoTarget::Failed(reason)) => panic!("{name}: {reason}"),
    }
}

/// Says a line past the test harness, which keeps what passing tests print.
pub fn announce(line: &str) {
    // A closed stderr is no reason to fail.
    let _ = writeln!(io::stderr(), "{line}");
}

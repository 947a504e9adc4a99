//! The registry under test: a durable `muster agent` in a directory of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use muster_testbed::program::{Program, ProgramError, Stream};
use tempfile::TempDir;
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(180);

/// A running `muster agent`. Dropping it kills it.
#[derive(Debug)]
pub struct Subject {
    program: Program,
    data: TempDir,
    /// Where its HTTP API listens.
    pub http: SocketAddr,
    /// Where its DNS listens, over UDP and TCP.
    pub dns: SocketAddr,
}

impl Subject {
    /// Starts one with an empty directory, and a seeded leak if one is named.
    pub async fn start(binary: &Path, leak: Option<&str>) -> Result<Self, ProgramError> {
        let data = TempDir::new().expect("a directory");
        let mut command = Command::new(binary);
        command.args(["agent", "-bootstrap", "-node", "soak", "-http-port", "0", "-dns-port", "0"]);
        command.arg("-enable-script-checks").arg("-data-dir").arg(data.path());
        if let Some(leak) = leak {
            command.env("MUSTER_SEEDED_BUG", leak);
        }
        let mut program = Program::start("muster agent", command, None)?;
        let ready = program.wait_for_line("where it listens", PATIENCE, |line| {
            line.stream == Stream::Out && line.text.starts_with("muster agent: ")
        });
        let line = ready.await?.text;
        let after = |words| address(&line, words).unwrap_or_else(|| panic!("no address after {words:?} in {line:?}"));
        let (http, dns) = (after("http://"), after("DNS on "));
        Ok(Self { program, data, http, dns })
    }

    /// Its process ID.
    pub fn pid(&self) -> u32 {
        self.program.pid()
    }

    /// Its data directory.
    pub fn data(&self) -> PathBuf {
        self.data.path().to_owned()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.program.is_running()
    }
}

/// The address after some words in what an agent says when it is ready.
fn address(line: &str, words: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once(words)?;
    rest.split([',', ' ']).next()?.parse().ok()
}

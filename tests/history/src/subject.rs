//! The registry under test: a process that is killed and started again on the same port and directory.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use muster_testbed::program::{Program, ProgramError, Stream};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::sync::watch;

use crate::power::PowerCuts;

const PATIENCE: Duration = Duration::from_secs(180);

/// A running `muster agent`, and whether it can be reached.
#[derive(Debug)]
pub struct Subject {
    binary: PathBuf,
    environment: Vec<(String, OsString)>,
    data: TempDir,
    address: SocketAddr,
    up: watch::Sender<bool>,
    program: Option<Program>,
    power: Option<PowerCuts>,
    /// How often it was killed.
    pub kills: u32,
}

impl Subject {
    /// Starts one with an empty directory, and a seeded bug if one is named.
    pub async fn start(binary: &Path, bug: Option<&str>) -> Result<Self, ProgramError> {
        let bug = bug.map(|bug| ("MUSTER_SEEDED_BUG".to_owned(), OsString::from(bug)));
        Self::start_with(binary, bug.into_iter().collect()).await
    }

    /// Starts one with an empty directory and more in its environment.
    pub async fn start_with(binary: &Path, environment: Vec<(String, OsString)>) -> Result<Self, ProgramError> {
        Self::start_on(binary, environment, None).await
    }

    /// Starts one with an empty directory whose every kill is a power cut too.
    pub async fn start_with_power_cuts(binary: &Path, power: PowerCuts) -> Result<Self, ProgramError> {
        Self::start_on(binary, power.environment(), Some(power)).await
    }

    async fn start_on(
        binary: &Path,
        environment: Vec<(String, OsString)>,
        power: Option<PowerCuts>,
    ) -> Result<Self, ProgramError> {
        let first = 20_000 + u16::try_from(std::process::id() % 10_000).expect("below 10,000");
        // Not a port that the system hands out: while the registry is down another test could get it.
        let port = (first..32_000).find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.expect("a free port")));
        let data = TempDir::new().expect("a directory");
        let binary = binary.to_owned();
        let mut subject =
            Self { binary, environment, data, address, up: watch::Sender::new(false), program: None, power, kills: 0 };
        subject.run().await?;
        Ok(subject)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process ID.
    pub fn pid(&self) -> Option<u32> {
        self.program.as_ref().map(Program::pid)
    }

    /// Whether it can be reached, now and later.
    pub fn up(&self) -> watch::Receiver<bool> {
        self.up.subscribe()
    }

    /// Bytes that power cuts dropped.
    pub fn dropped(&self) -> u64 {
        self.power.as_ref().map_or(0, |power| power.dropped)
    }

    /// SIGKILL, with a power cut if there are any, and up again.
    pub async fn kill(&mut self) -> Result<(), ProgramError> {
        self.up.send_replace(false);
        if let Some(mut program) = self.program.take() {
            program.kill().await?;
        }
        self.kills += 1;
        if let Some(power) = &mut self.power {
            power.cut(&self.data.path().join("journal.redb")).expect("the journal's file is ours");
        }
        self.run().await
    }

    async fn run(&mut self) -> Result<(), ProgramError> {
        let mut command = Command::new(&self.binary);
        command.args(["agent", "-bootstrap", "-node", "history", "-http-port", &self.address.port().to_string()]);
        command.args(["-dns-port", "-1"]).arg("-data-dir").arg(self.data.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let mut program = Program::start("muster agent", command, None)?;
        let ready = |line: &muster_testbed::program::Line| {
            line.stream == Stream::Out && line.text.starts_with("muster agent: ")
        };
        program.wait_for_line("where it listens", PATIENCE, ready).await?;
        self.program = Some(program);
        self.up.send_replace(true);
        Ok(())
    }
}

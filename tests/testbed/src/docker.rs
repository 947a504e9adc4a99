//! Docker's own command line, against one local engine.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::sync::RwLock;

use crate::program_path::find_program;

/// Compose takes its time over many containers.
const LONGEST_COMMAND: Duration = Duration::from_secs(60);
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";
/// Debian's own client; the first on PATH may be another one, without the builder or Compose.
const DEBIAN_CLIENT: &str = "/usr/bin/docker";

/// A Docker client for one engine on this machine.
#[derive(Debug, Clone)]
pub struct Docker {
    program: PathBuf,
    socket: PathBuf,
    /// Held shared by each command under way.
    under_way: Arc<RwLock<()>>,
}

/// Why Docker did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DockerError {
    /// DOCKER_HOST names another machine.
    #[error("DOCKER_HOST={host} is not an engine on this machine: only unix:// sockets are used here")]
    Remote {
        /// The variable's value.
        host: String,
    },
    /// There is no client.
    #[error("docker is not installed (Debian: apt-get install docker.io)")]
    NoClient,
    /// A program could not be started.
    #[error("cannot run {command}")]
    Run {
        /// The command line.
        command: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The command failed.
    #[error("{command} failed: {output}")]
    Failed {
        /// The command line.
        command: String,
        /// The last lines it wrote.
        output: String,
    },
    /// Its output was not as expected.
    #[error("{command} printed {output:?}")]
    Output {
        /// The command line.
        command: String,
        /// What it printed.
        output: String,
    },
}

impl Docker {
    /// The engine at DOCKER_HOST, or at Docker's usual socket; never one on another machine.
    pub fn local() -> Result<Self, DockerError> {
        let socket = match std::env::var("DOCKER_HOST") {
            Ok(host) if !host.is_empty() => match host.strip_prefix("unix://") {
                Some(path) => PathBuf::from(path),
                None => return Err(DockerError::Remote { host }),
            },
            _ => PathBuf::from(DEFAULT_SOCKET),
        };
        let debian = Some(PathBuf::from(DEBIAN_CLIENT)).filter(|path| path.exists());
        let program = debian.or_else(|| find_program("docker")).ok_or(DockerError::NoClient)?;
        Ok(Self { program, socket, under_way: Arc::default() })
    }

    /// The engine's socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The value for DOCKER_HOST.
    pub fn host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// A command that speaks to this engine and to no other, whatever the environment says.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("DOCKER_HOST", self.host()).stdin(Stdio::null()).kill_on_drop(true);
        // A Ctrl-C is for the caller, which then decides what to stop.
        command.process_group(0);
        for name in ["DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_API_VERSION", "COMPOSE_FILE"] {
            command.env_remove(name);
        }
        command
    }

    /// The client itself.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Runs `docker ARGUMENTS…` and gives what it printed, without the last line's end.
    pub async fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<String, DockerError> {
        let mut command = self.command(&self.program);
        command.args(arguments);
        self.finish(command).await
    }

    /// Runs a command to its end and gives its standard output.
    ///
    /// It goes on if the caller goes away: the engine may be in the middle of making something, which could then not
    /// be found yet by the one who clears up.
    pub(crate) async fn finish(&self, command: Command) -> Result<String, DockerError> {
        let line = command_line(&command);
        let under_way = Arc::clone(&self.under_way).read_owned().await;
        let running = tokio::spawn(async move {
            let outcome = run(command).await;
            drop(under_way);
            outcome
        });
        let failed = |error: tokio::task::JoinError| DockerError::Run { command: line, source: error.into() };
        running.await.map_err(failed)?
    }

    /// Waits for the commands whose callers went away.
    pub async fn quiesce(&self) {
        // One that hangs must not hold the clearing up for ever.
        let _ = tokio::time::timeout(LONGEST_COMMAND, self.under_way.write()).await;
    }

    /// The IDs, in full, of what `docker LIST… --filter` finds, such as `["ps"]` or `["volume", "ls"]`.
    pub async fn find(&self, list: &[&str], filters: &[&str]) -> Result<Vec<String>, DockerError> {
        let mut arguments = list.to_vec();
        arguments.push("--quiet");
        if list[0] != "volume" {
            arguments.push("--no-trunc");
        }
        for filter in filters {
            arguments.extend(["--filter", filter]);
        }
        Ok(self.run(&arguments).await?.lines().map(str::to_owned).collect())
    }

    /// What `docker inspect` says of one container.
    pub async fn inspect(&self, container: &str) -> Result<Container, DockerError> {
        let arguments = ["inspect", "--type", "container", container];
        let text = self.run(&arguments).await?;
        let parsed = serde_json::from_str::<Value>(&text).ok().and_then(|list| Container::new(list.get(0)?));
        parsed.ok_or_else(|| DockerError::Output { command: format!("docker {}", arguments.join(" ")), output: text })
    }
}

/// What is asked of a container.
#[derive(Debug, Clone)]
pub struct Container {
    /// The whole ID.
    pub id: String,
    /// Whether it runs.
    pub running: bool,
    /// When it was started last, as the engine says it.
    pub started_at: String,
    /// The host's port of each published one (`4000/tcp`).
    pub ports: Vec<(String, u16)>,
}

impl Container {
    fn new(value: &Value) -> Option<Self> {
        let bindings = value["NetworkSettings"]["Ports"].as_object();
        let ports = bindings.into_iter().flatten().filter_map(|(port, bindings)| {
            // One binding for IPv4 and one for IPv6: the same port.
            let text = bindings[0]["HostPort"].as_str()?;
            Some((port.clone(), text.parse().ok()?))
        });
        Some(Self {
            id: value["Id"].as_str()?.to_owned(),
            running: value["State"]["Running"].as_bool()?,
            started_at: value["State"]["StartedAt"].as_str()?.to_owned(),
            ports: ports.collect(),
        })
    }
}

async fn run(mut command: Command) -> Result<String, DockerError> {
    let line = command_line(&command);
    let output = command.output().await.map_err(|source| DockerError::Run { command: line.clone(), source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    Err(DockerError::Failed { command: line, output: lines[lines.len().saturating_sub(5)..].join("; ") })
}

fn command_line(command: &Command) -> String {
    let command = command.as_std();
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words: Vec<_> = std::iter::once(program).chain(command.get_args()).map(OsStr::to_string_lossy).collect();
    words.join(" ")
}

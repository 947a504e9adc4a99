//! The system's ssh and scp, with a machine's own key and the host key that was recorded when it was made.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::driver::Keys;
use crate::store::{StoreError, write_private};
use crate::{Machine, MachineName};

/// The names of the files in a machine's directory.
const KEY: &str = "id_rsa";
const KNOWN_HOSTS: &str = "known_hosts";
/// ssh's own failures; a command's exit code is passed on.
const SSH_FAILED: i32 = 255;

/// Why ssh did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SshError {
    /// A program is not installed.
    #[error("{program} is not installed (Debian: apt-get install openssh-client)")]
    Missing {
        /// Which one.
        program: String,
    },
    /// It could not be run.
    #[error("cannot run {program}")]
    Run {
        /// Which one.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nobody answers there.
    #[error("machine {name:?} cannot be reached over ssh at {address}")]
    Unreachable {
        /// The machine.
        name: String,
        /// Its address and port.
        address: String,
    },
    /// Somebody else answers there.
    #[error(
        "the ssh host key at {address} is not the one that was recorded when machine {name:?} was created, so somebody \
         else may be answering; if the host was set up anew, remove {}", known_hosts.display()
    )]
    HostKeyChanged {
        /// The machine.
        name: String,
        /// Its address and port.
        address: String,
        /// Where the right one is recorded.
        known_hosts: PathBuf,
    },
    /// The host does not take our key.
    #[error("machine {name:?} at {address} does not take the key in {}", key.display())]
    Refused {
        /// The machine.
        name: String,
        /// Its address and port.
        address: String,
        /// The key.
        key: PathBuf,
    },
    /// The command on the machine failed.
    #[error("on machine {name:?}: {output} (exit code {code})")]
    Command {
        /// The machine.
        name: String,
        /// Its last line.
        output: String,
        /// Its exit code.
        code: i32,
    },
    /// A file of the machine's directory.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a machine is reached.
#[derive(Debug, Clone)]
pub struct Ssh {
    name: String,
    user: String,
    host: String,
    port: u16,
    directory: PathBuf,
}

impl Ssh {
    /// For a machine.
    pub fn to(machine: &Machine) -> Self {
        let driver = &machine.config.driver;
        let user = Some(&driver.ssh_user).filter(|user| !user.is_empty());
        Self {
            name: machine.name.to_string(),
            user: user.map_or("root", String::as_str).to_owned(),
            host: driver.ip_address.clone(),
            port: if driver.ssh_port == 0 { 22 } else { driver.ssh_port },
            directory: machine.directory(),
        }
    }

    /// `user@host`.
    pub fn destination(&self) -> String {
        format!("{}@{}", self.user, self.host)
    }

    /// The user who logs in.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The host's address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The private key's file.
    pub fn key(&self) -> PathBuf {
        self.directory.join(KEY)
    }

    fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    fn known_hosts(&self) -> PathBuf {
        self.directory.join(KNOWN_HOSTS)
    }

    /// The options with which ssh reaches this machine.
    fn options(&self) -> Vec<OsString> {
        let mut options = options_for(&[self]);
        options.extend(["-o".into(), format!("HostKeyAlias={}", self.name).into()]);
        options
    }

    /// `ssh` to this machine; what it is to run is still to be added.
    pub fn command(&self) -> Command {
        let mut command = Command::new("ssh");
        command.args(self.options()).arg(self.destination());
        command
    }

    /// Runs a command on the machine, gives it `input`, and returns what it printed.
    pub async fn run(&self, line: &str, input: &[u8]) -> Result<String, SshError> {
        let mut command = self.command();
        command.arg(line).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|source| cannot_run("ssh", source))?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that does not read to the end says why by its exit code.
            let _ = stdin.write_all(input).await;
        }
        let output = child.wait_with_output().await.map_err(|source| cannot_run("ssh", source))?;
        match output.status.code() {
            Some(0) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            Some(SSH_FAILED) => Err(self.diagnose().await),
            code => {
                let text = String::from_utf8_lossy(&output.stderr).into_owned();
                let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it failed");
                let (name, output) = (self.name.clone(), last.trim().to_owned());
                Err(SshError::Command { name, output, code: code.unwrap_or(-1) })
            }
        }
    }

    /// Why ssh ended with its own exit code, 255; it is run quietly, so it does not say.
    pub async fn diagnose(&self) -> SshError {
        let (name, address) = (self.name.clone(), self.address());
        let mut scan = Command::new("ssh-keyscan");
        scan.args(["-T", "5", "-p", &self.port.to_string()]).arg(&self.host).stdin(Stdio::null()).kill_on_drop(true);
        let Ok(found) = scan.output().await else { return SshError::Unreachable { name, address } };
        let found = String::from_utf8_lossy(&found.stdout).into_owned();
        let keys: Vec<&str> = found.lines().filter_map(key_of).collect();
        if keys.is_empty() {
            return SshError::Unreachable { name, address };
        }
        let recorded = std::fs::read_to_string(self.known_hosts()).unwrap_or_default();
        if !recorded.lines().filter_map(key_of).any(|key| keys.contains(&key)) {
            return SshError::HostKeyChanged { name, address, known_hosts: self.known_hosts() };
        }
        SshError::Refused { name, address, key: self.key() }
    }
}

/// The options that ssh and scp take alike, to reach these machines.
pub fn options_for(ways: &[&Ssh]) -> Vec<OsString> {
    let mut options: Vec<OsString> = ["-F", "/dev/null"].map(Into::into).to_vec();
    let mut option = |text: String| options.extend(["-o".into(), text.into()]);
    for text in [
        "ConnectionAttempts=3",
        "ConnectTimeout=10",
        "ControlMaster=no",
        "ControlPath=none",
        "LogLevel=quiet",
        "PasswordAuthentication=no",
        "ServerAliveInterval=60",
        "IdentitiesOnly=yes",
        "GlobalKnownHostsFile=/dev/null",
        "CheckHostIP=no",
        // OpenSSH's own first choice costs both ends a fifth of a second at each connection.
        "KexAlgorithms=^curve25519-sha256",
    ] {
        option(text.to_owned());
    }
    // docker-machine checks no host key. A store of its own has none recorded: then the first one seen is.
    let recorded = ways.iter().all(|way| way.known_hosts().exists());
    option(format!("StrictHostKeyChecking={}", if recorded { "yes" } else { "accept-new" }));
    let files: Vec<_> = ways.iter().map(|way| format!("\"{}\"", way.known_hosts().display())).collect();
    option(format!("UserKnownHostsFile={}", files.join(" ")));
    if let Some(way) = ways.first() {
        option(format!("Port={}", way.port));
    }
    for way in ways {
        option(format!("IdentityFile=\"{}\"", way.key().display()));
    }
    options
}

/// `TYPE BASE64` of a line of known_hosts.
fn key_of(line: &str) -> Option<&str> {
    let (_, key) = line.split_once(' ')?;
    (!line.starts_with('#')).then_some(key.trim())
}

/// An error of starting `program`.
pub fn cannot_run(program: &str, source: std::io::Error) -> SshError {
    let program = program.to_owned();
    if source.kind() == std::io::ErrorKind::NotFound {
        SshError::Missing { program }
    } else {
        SshError::Run { program, source }
    }
}

/// Makes a key pair for the user and one for the host in a machine's directory, and records the host's.
pub(crate) async fn make_keys(directory: &Path, name: &MachineName) -> Result<Keys, SshError> {
    // RSA, for its name says so and older libraries believe it; the host's never leaves the machine.
    generate(directory, KEY, &["-t", "rsa", "-b", "2048"]).await?;
    generate(directory, "host_key", &["-t", "ed25519"]).await?;
    let read = |file: &str| {
        let path = directory.join(file);
        std::fs::read_to_string(&path).map_err(|source| StoreError::File { action: "read", path, source })
    };
    let keys =
        Keys { authorized: read("id_rsa.pub")?, host_private: read("host_key")?, host_public: read("host_key.pub")? };
    let public: Vec<&str> = keys.host_public.split_whitespace().take(2).collect();
    write_private(&directory.join(KNOWN_HOSTS), format!("{name} {}\n", public.join(" ")).as_bytes())?;
    for file in ["host_key", "host_key.pub"] {
        let path = directory.join(file);
        std::fs::remove_file(&path).map_err(|source| StoreError::File { action: "remove", path, source })?;
    }
    Ok(keys)
}

/// Records a machine's host key under its address too: scp between two machines has one set of options for both.
pub(crate) fn record_address(directory: &Path, name: &MachineName, address: &str) -> Result<(), StoreError> {
    let path = directory.join(KNOWN_HOSTS);
    let text = std::fs::read_to_string(&path).map_err(|source| StoreError::File {
        action: "read",
        path: path.clone(),
        source,
    })?;
    let line = text.lines().next().and_then(key_of).unwrap_or_default();
    write_private(&path, format!("{name},{address} {line}\n").as_bytes())
}

async fn generate(directory: &Path, file: &str, kind: &[&str]) -> Result<(), SshError> {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-N", "", "-C", ""]).args(kind).arg("-f").arg(directory.join(file));
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output.map_err(|source| cannot_run("ssh-keygen", source))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    let source = std::io::Error::other(text.trim().replace('\n', "; "));
    Err(StoreError::File { action: "write", path: directory.join(file), source }.into())
}

#[cfg(test)]
mod tests;

//! The host's side: makes the namespaces, waits, and removes what is left.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitStatus;

use rustix::process::{Pid, Signal};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use super::area::{self, Area};
use super::{EngineError, HOST_CONFIGURATION};
use crate::program_path::find_program;

/// What the engine needs, and the Debian packages that have it.
const NEEDED: [(&str, &str); 6] = [
    ("dockerd", "docker.io"),
    ("docker", "docker.io"),
    ("iptables", "iptables"),
    ("ip", "iproute2"),
    ("mount", "mount"),
    ("unshare", "util-linux"),
];

/// Starts an engine, runs `command` beside it and gives the command's exit code; nothing is left of the engine.
///
/// `inside` is the command line that makes this same program call `run_inside`: the engine's directory and `command`
/// are added to it. SIGINT, SIGTERM and SIGHUP end engine and command. To be called on a thread that outlives it all:
/// the kernel ends the engine with the thread that started it.
pub async fn run_with_engine(inside: &[OsString], command: &[OsString]) -> Result<u8, EngineError> {
    if !rustix::process::geteuid().is_root() {
        return Err(EngineError::NotRoot);
    }
    for (program, package) in NEEDED {
        if find_program(program).is_none() {
            return Err(EngineError::Missing { program, package });
        }
    }
    for path in area::clear_abandoned()? {
        eprintln!("in-engine: removed {}, left by an engine that was killed", path.display());
    }
    let area = Area::create()?;
    let made = make_host_configuration()?;
    let outcome = start_and_wait(inside, area.path(), command).await;
    if made {
        // Another engine, the host's even, may have moved in meanwhile: only an empty directory goes.
        let _ = std::fs::remove_dir(HOST_CONFIGURATION);
    }
    area.clear()?;
    outcome
}

/// Makes the directory that is covered inside, where it is not there; gives whether it did.
fn make_host_configuration() -> Result<bool, EngineError> {
    let path = Path::new(HOST_CONFIGURATION);
    match std::fs::create_dir(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(source) => Err(EngineError::Area { action: "make", path: path.to_owned(), source }),
    }
}

async fn start_and_wait(inside: &[OsString], area: &Path, command: &[OsString]) -> Result<u8, EngineError> {
    let failed = |source| EngineError::Run { program: "unshare".to_owned(), source };
    let mut interrupts = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()]
        .into_iter()
        .map(signal)
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    // If this process is killed, setpriv's rule ends unshare, and --kill-child ends all that is inside.
    let mut child = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"])
        .args(["--mount-proc", "--"])
        .args(inside)
        .arg(area)
        .arg("--")
        .args(command)
        .spawn()
        .map_err(failed)?;
    let [interrupt, terminate, hangup] = interrupts.as_mut_slice() else { unreachable!("three were asked for") };
    let signalled = tokio::select! {
        status = child.wait() => return Ok(exit_code(status.map_err(failed)?)),
        _ = interrupt.recv() => Signal::INT,
        _ = terminate.recv() => Signal::TERM,
        _ = hangup.recv() => Signal::HUP,
    };
    end_namespace(&mut child);
    child.wait().await.map_err(failed)?;
    Ok(exit_code_of_signal(signalled.as_raw()))
}

/// Kills the first process inside, and so all; unshare itself then ends once they are gone.
fn end_namespace(unshare: &mut Child) {
    let Some(pid) = unshare.id() else { return };
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let first = children.split_whitespace().next().and_then(|text| text.parse().ok()).and_then(Pid::from_raw);
    match first {
        Some(first) => {
            // It may have ended in this very moment.
            let _ = rustix::process::kill_process(first, Signal::KILL);
        }
        None => {
            let _ = unshare.start_kill();
        }
    }
}

fn exit_code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => u8::try_from(code).unwrap_or(1),
        (None, Some(number)) => exit_code_of_signal(number),
        (None, None) => 1,
    }
}

/// As a shell says it.
fn exit_code_of_signal(number: i32) -> u8 {
    u8::try_from(128 + number).unwrap_or(1)
}

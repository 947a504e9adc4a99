//! The engine's side: the first process in the new namespaces.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{WaitOptions, WaitStatus};

use super::{ENGINE_VARIABLE, EngineError, HOST_CONFIGURATION, UNIFIED_VARIABLE, area};

const PATIENCE: Duration = Duration::from_secs(180);
/// Debian's own client; the first on PATH may be another one, without the builder or Compose.
const DEBIAN_CLIENT: &str = "/usr/bin/docker";
const LOG_LINES: usize = 20;

/// Sets up mounts and network, starts dockerd, runs `command` and gives its exit code.
///
/// To be called in the first process of new network, mount and process-ID namespaces: all else in there ends with it.
pub fn run_inside(area: &Path, command: &[OsString]) -> Result<u8, EngineError> {
    hide_the_host(area)?;
    make_network()?;
    let mut engine = start_engine(area)?;
    wait_until_ready(area, &mut engine)?;
    let (program, arguments) = command.split_first().expect("the command line was checked outside");
    let child = Command::new(program)
        .args(arguments)
        .env("DOCKER_HOST", format!("unix://{}", socket(area).display()))
        .env(ENGINE_VARIABLE, area)
        .env("PATH", search_path(area)?)
        .env_remove("DOCKER_CONTEXT")
        .env_remove("DOCKER_TLS_VERIFY")
        .env_remove("DOCKER_CERT_PATH")
        .env_remove("DOCKER_API_VERSION")
        .spawn()
        .map_err(|source| EngineError::Run { program: program.to_string_lossy().into_owned(), source })?;
    wait_for(child.id(), engine.id())
}

/// An empty /run hides the host's engine and containerd; an empty /etc/docker hides its configuration and its ID, which
/// an engine of 20.10 would take for its own; a new /sys shows the new network's interfaces.
fn hide_the_host(area: &Path) -> Result<(), EngineError> {
    let cgroups = area.join("cgroups");
    fs::create_dir(&cgroups).map_err(|source| EngineError::Area { action: "make", path: cgroups.clone(), source })?;
    let cgroups = cgroups.to_string_lossy();
    set_up(&["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"])?;
    set_up(&["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", HOST_CONFIGURATION])?;
    set_up(&["mount", "--rbind", "/sys/fs/cgroup", &cgroups])?;
    set_up(&["mount", "-t", "sysfs", "sysfs", "/sys"])?;
    if std::env::var_os(UNIFIED_VARIABLE).is_some() {
        // Of a hybrid host's: without the controllers that version 1 holds.
        set_up(&["mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup"])?;
    } else {
        set_up(&["mount", "--rbind", &cgroups, "/sys/fs/cgroup"])?;
    }
    set_up(&["umount", "-l", &cgroups])
}

/// A network card with an address and a default route, as a host has one. Nothing answers at the other end.
fn make_network() -> Result<(), EngineError> {
    set_up(&["ip", "link", "set", "lo", "up"])?;
    // Docker itself needs veth, so the kernel has it; the dummy driver is not everywhere.
    set_up(&["ip", "link", "add", "eth0", "type", "veth", "peer", "name", "uplink"])?;
    set_up(&["ip", "address", "add", "10.231.0.2/24", "dev", "eth0"])?;
    set_up(&["ip", "link", "set", "uplink", "up"])?;
    set_up(&["ip", "link", "set", "eth0", "up"])?;
    set_up(&["ip", "route", "add", "default", "via", "10.231.0.1"])
}

fn set_up(command: &[&str]) -> Result<(), EngineError> {
    let output = Command::new(command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .output()
        .map_err(|source| EngineError::Run { program: command[0].to_owned(), source })?;
    if output.status.success() {
        return Ok(());
    }
    Err(EngineError::SetUp {
        command: command.join(" "),
        output: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

fn socket(area: &Path) -> PathBuf {
    area.join("docker.sock")
}

fn log(area: &Path) -> PathBuf {
    area.join("dockerd.log")
}

fn start_engine(area: &Path) -> Result<Child, EngineError> {
    let failed = |action, path: PathBuf| move |source| EngineError::Area { action, path, source };
    // A configuration of its own: the host's daemon.json is for the host's engine.
    let configuration = area.join("daemon.json");
    fs::write(&configuration, "{}\n").map_err(failed("write", configuration.clone()))?;
    let output = File::create(log(area)).map_err(failed("write", log(area)))?;
    let errors = output.try_clone().map_err(failed("write", log(area)))?;
    Command::new("dockerd")
        .arg("--config-file")
        .arg(configuration)
        .arg("--data-root")
        .arg(area.join("data"))
        .args(["--exec-root", "/run/docker", "--pidfile", "/run/docker.pid"])
        .arg("--host")
        .arg(format!("unix://{}", socket(area).display()))
        .arg("--cgroup-parent")
        .arg(format!("/{}", area::cgroup_of(area)))
        .args(["--exec-opt", "native.cgroupdriver=cgroupfs"])
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn()
        .map_err(|source| EngineError::Run { program: "dockerd".to_owned(), source })
}

fn wait_until_ready(area: &Path, engine: &mut Child) -> Result<(), EngineError> {
    let started = Instant::now();
    while !answers(&socket(area)) {
        let ended = engine.try_wait().map_err(|source| EngineError::Run { program: "dockerd".to_owned(), source })?;
        let what = match ended {
            Some(_) => "ended",
            None if started.elapsed() > PATIENCE => "did not answer within three minutes",
            None => {
                std::thread::sleep(Duration::from_millis(10));
                continue;
            }
        };
        return Err(EngineError::Engine { what, log: end_of_log(area) });
    }
    Ok(())
}

fn answers(socket: &Path) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /_ping HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.split_whitespace().nth(1) == Some("200"))
}

fn end_of_log(area: &Path) -> String {
    let text = fs::read_to_string(log(area)).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}

fn search_path(area: &Path) -> Result<OsString, EngineError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !Path::new(DEBIAN_CLIENT).exists() {
        return Ok(path);
    }
    let directory = area.join("bin");
    let failed = |source| EngineError::Area { action: "make", path: directory.clone(), source };
    fs::create_dir(&directory).map_err(failed)?;
    std::os::unix::fs::symlink(DEBIAN_CLIENT, directory.join("docker")).map_err(failed)?;
    let mut first = OsString::from(directory);
    first.push(":");
    first.push(path);
    Ok(first)
}

/// Waits for the command, and as the first process of its namespace for every orphan.
fn wait_for(command: u32, engine: u32) -> Result<u8, EngineError> {
    loop {
        let (pid, status) = match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some(ended)) => ended,
            Ok(None) | Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(EngineError::Run { program: "the command".to_owned(), source: error.into() }),
        };
        let pid = pid.as_raw_nonzero().get().unsigned_abs();
        if pid == command {
            return Ok(exit_code(status));
        }
        if pid == engine {
            eprintln!("in-engine: dockerd ended while the command ran");
        }
    }
}

fn exit_code(status: WaitStatus) -> u8 {
    let code = status.exit_status().or_else(|| status.terminating_signal().map(|number| 128 + number));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

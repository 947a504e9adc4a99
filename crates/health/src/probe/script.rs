//! A command on this host says how it is by its exit code.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use muster_model::CheckStatus;
use muster_model::duration_text::GoDuration;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};

use crate::Outcome;
use crate::dial::reason;
use crate::tail::Tail;

pub(super) async fn run(args: &[Arc<str>], timeout: Duration, limit: usize) -> Outcome {
    let (child, pipe) = match start(args) {
        Ok(started) => started,
        Err(error) => {
            let program = args.first().map(|program| &**program).unwrap_or_default();
            if program.is_empty() {
                return Outcome::critical("exec: no command");
            }
            let is_searched = error.kind() == io::ErrorKind::NotFound && !program.contains('/');
            return Outcome::critical(match is_searched {
                true => format!("exec: {program:?}: executable file not found in $PATH"),
                false => format!("fork/exec {program}: {}", reason(&error)),
            });
        }
    };
    let mut group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
    let mut tail = Tail::new(limit);
    let mut child = child;
    match tokio::time::timeout(timeout, finish(&mut child, pipe, &mut tail)).await {
        Ok(Ok(status)) => {
            group.0 = None;
            Outcome { status: meaning(status.code()), output: tail.remarked() }
        }
        Ok(Err(error)) => Outcome::critical(reason(&error)),
        Err(_) => {
            drop(group);
            // So that two of it never run at once.
            let _ = child.wait().await;
            Outcome::critical(timed_out(timeout, &tail))
        }
    }
}

/// What is said of a command that took longer than it may, with what it had said until then.
pub(super) fn timed_out(timeout: Duration, tail: &Tail) -> String {
    let late = format!("Timed out ({}) running check", GoDuration::from(timeout));
    match tail.remarked() {
        said if said.is_empty() => late,
        said => format!("{late}\n\n{said}"),
    }
}

/// The status that an exit code stands for; none: a signal ended it.
pub(super) fn meaning(code: Option<i32>) -> CheckStatus {
    match code {
        Some(0) => CheckStatus::Passing,
        Some(1) => CheckStatus::Warning,
        _ => CheckStatus::Critical,
    }
}

/// Both of its outputs go into one pipe, so that their order stays.
fn start(args: &[Arc<str>]) -> io::Result<(Child, Receiver)> {
    let [program, args @ ..] = args else { return Err(io::ErrorKind::InvalidInput.into()) };
    let (reader, writer) = io::pipe()?;
    let mut command = Command::new(&**program);
    command
        .args(args.iter().map(|arg| &**arg))
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .process_group(0)
        .kill_on_drop(true);
    let child = command.spawn()?;
    Ok((child, Receiver::from_owned_fd(reader.into())?))
}

/// Reads until nobody can write any more, then waits for the end.
async fn finish(child: &mut Child, mut pipe: Receiver, tail: &mut Tail) -> io::Result<ExitStatus> {
    let mut buffer = [0; 4096];
    loop {
        match pipe.read(&mut buffer).await? {
            0 => return child.wait().await,
            read => tail.write(&buffer[..read]),
        }
    }
}

/// A command with all that it started. Dropped while it runs, it is killed: on timeout, when its check is taken
/// out, when the agent stops.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // There may be nobody left.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

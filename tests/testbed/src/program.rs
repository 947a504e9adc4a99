//! Programs under test as processes: started, watched by their lines, stopped by their own process ID.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Program {
    name: String,
    pid: u32,
    child: Child,
    output: watch::Receiver<Vec<Line>>,
}

/// One line that a program wrote.
#[derive(Debug, Clone)]
pub struct Line {
    /// Where to.
    pub stream: Stream,
    /// Without its end.
    pub text: String,
}

/// The two places to write to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Why a program could not be started, watched or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It, or its log file, could not be opened.
    #[error("cannot start {name}")]
    Start {
        /// The program.
        name: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It ended before it had said what was waited for.
    #[error("{name} ended ({status}) before it said {what}; it said: {said}")]
    Ended {
        /// The program.
        name: String,
        /// Its exit status.
        status: String,
        /// What was waited for.
        what: String,
        /// Its last lines.
        said: String,
    },
    /// It did not say or do what was waited for.
    #[error("{name} did not {what} within {patience:?}; it said: {said}")]
    Slow {
        /// The program.
        name: String,
        /// What was waited for.
        what: String,
        /// For how long.
        patience: Duration,
        /// Its last lines.
        said: String,
    },
    /// It could not be signalled or waited for.
    #[error("cannot stop {name}")]
    Stop {
        /// The program.
        name: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Program {
    /// Starts a program in a process group of its own, so that a Ctrl-C reaches it through its owner only.
    ///
    /// Its lines are kept, and added to `log` if there is one.
    pub fn start(name: &str, mut command: Command, log: Option<&Path>) -> Result<Self, ProgramError> {
        let failed = |source| ProgramError::Start { name: name.to_owned(), source };
        let log = match log {
            Some(path) => Some(OpenOptions::new().create(true).append(true).open(path).map_err(failed)?),
            None => None,
        };
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let pid = child.id().expect("a child that was not waited for has an ID");
        let (lines, output) = watch::channel(Vec::new());
        let log = log.map(std::sync::Arc::new);
        if let Some(out) = child.stdout.take() {
            tokio::spawn(collect(out, Stream::Out, lines.clone(), log.clone()));
        }
        if let Some(err) = child.stderr.take() {
            tokio::spawn(collect(err, Stream::Err, lines, log));
        }
        Ok(Self { name: name.to_owned(), pid, child, output })
    }

    /// Its process ID.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// All that it wrote so far.
    pub fn lines(&self) -> Vec<Line> {
        self.output.borrow().clone()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for the first line, written already or to come, that `wanted` takes.
    pub async fn wait_for_line(
        &mut self,
        what: &str,
        patience: Duration,
        wanted: impl Fn(&Line) -> bool,
    ) -> Result<Line, ProgramError> {
        let mut output = self.output.clone();
        let found = async {
            let lines = output.wait_for(|lines| lines.iter().any(&wanted)).await;
            // Its output has ended: only its exit is of interest then.
            lines.ok().and_then(|lines| lines.iter().find(|line| wanted(line)).cloned())
        };
        let status = tokio::select! {
            biased;
            Some(line) = found => return Ok(line),
            status = self.child.wait() => status,
            () = tokio::time::sleep(patience) => return Err(self.slow(&format!("say {what}"), patience)),
        };
        Err(ProgramError::Ended {
            name: self.name.clone(),
            status: status.map_or_else(|error| error.to_string(), |status| status.to_string()),
            what: what.to_owned(),
            said: self.last_words(),
        })
    }

    /// SIGTERM, then waits; one that does not stop in time is killed and is an error.
    pub async fn terminate(&mut self, patience: Duration) -> Result<ExitStatus, ProgramError> {
        self.signal(Signal::TERM)?;
        match tokio::time::timeout(patience, self.child.wait()).await {
            Ok(status) => status.map_err(|source| self.stop_error(source)),
            Err(_) => {
                let error = self.slow("stop after SIGTERM", patience);
                self.kill().await?;
                Err(error)
            }
        }
    }

    /// SIGKILL, then waits until it is gone.
    pub async fn kill(&mut self) -> Result<ExitStatus, ProgramError> {
        self.signal(Signal::KILL)?;
        let status = self.child.wait().await;
        status.map_err(|source| self.stop_error(source))
    }

    /// Waits for its end.
    pub async fn wait(&mut self, patience: Duration) -> Result<ExitStatus, ProgramError> {
        match tokio::time::timeout(patience, self.child.wait()).await {
            Ok(status) => status.map_err(|source| self.stop_error(source)),
            Err(_) => Err(self.slow("end", patience)),
        }
    }

    fn signal(&mut self, signal: Signal) -> Result<(), ProgramError> {
        // One that was waited for has given its process ID back, and somebody else may have it now.
        if !self.is_running() {
            return Ok(());
        }
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw).expect("the system gave this process ID");
        rustix::process::kill_process(pid, signal).map_err(|error| self.stop_error(error.into()))
    }

    fn stop_error(&self, source: std::io::Error) -> ProgramError {
        ProgramError::Stop { name: self.name.clone(), source }
    }

    fn slow(&self, what: &str, patience: Duration) -> ProgramError {
        ProgramError::Slow { name: self.name.clone(), what: what.to_owned(), patience, said: self.last_words() }
    }

    fn last_words(&self) -> String {
        let lines = self.output.borrow();
        let last = &lines[lines.len().saturating_sub(8)..];
        if last.is_empty() {
            return "nothing".to_owned();
        }
        last.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" | ")
    }
}

async fn collect(
    from: impl AsyncRead + Unpin,
    stream: Stream,
    lines: watch::Sender<Vec<Line>>,
    log: Option<std::sync::Arc<std::fs::File>>,
) {
    let mut from = BufReader::new(from);
    let mut bytes = Vec::new();
    while matches!(from.read_until(b'\n', &mut bytes).await, Ok(read) if read > 0) {
        let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        if let Some(mut log) = log.as_deref() {
            // The lines are kept in any case; a full disk must not end the program under test.
            let _ = writeln!(log, "{text}");
        }
        lines.send_modify(|lines| lines.push(Line { stream, text }));
        bytes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(120);

    fn shell(script: &str) -> Program {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Program::start("a script", command, None).unwrap()
    }

    #[tokio::test]
    async fn a_line_is_found_on_the_stream_it_was_written_to() {
        let mut program = shell("echo early >&2; echo ready; sleep 100");
        let line = program.wait_for_line("ready", PATIENCE, |line| line.text == "ready").await.unwrap();
        assert_eq!(line.stream, Stream::Out);
        let line = program.wait_for_line("early", PATIENCE, |line| line.text == "early").await.unwrap();
        assert_eq!(line.stream, Stream::Err);
    }

    #[tokio::test]
    async fn a_program_that_ends_first_is_reported_with_its_words() {
        let mut program = shell("echo no database >&2; exit 3");
        let error = program.wait_for_line("ready", PATIENCE, |line| line.text == "ready").await.unwrap_err();
        assert!(error.to_string().contains("exit status: 3"), "{error}");
    }

    #[tokio::test]
    async fn one_that_ignores_sigterm_is_killed_and_reported() {
        let mut program = shell("trap '' TERM; echo ready; while :; do sleep 0.1; done");
        program.wait_for_line("ready", PATIENCE, |line| line.text == "ready").await.unwrap();
        let error = program.terminate(Duration::from_millis(300)).await.unwrap_err();
        assert!(matches!(error, ProgramError::Slow { .. }), "{error}");
        assert!(!program.is_running());
    }

    #[tokio::test]
    async fn stopping_twice_is_stopping_once() {
        let mut program = shell("sleep 100");
        program.kill().await.unwrap();
        program.terminate(PATIENCE).await.unwrap();
    }
}

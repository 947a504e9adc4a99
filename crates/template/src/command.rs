//! Commands that are run when a file has changed.

mod keeper;

use std::collections::BTreeMap;
use std::io;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

pub(crate) use keeper::Keepers;

/// How long a command may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A command line. Several words go to `sh -c`, a single one is run directly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Command(Arc<str>);

/// A command that did not do what it was for.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It could not be started.
    #[error("command {command:?} cannot be started")]
    Start {
        /// The command line.
        command: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It ended badly.
    #[error("command {command:?} failed: {status}")]
    Failed {
        /// The command line.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// It took too long and was killed.
    #[error("command {command:?} was killed after {} s", TIMEOUT.as_secs())]
    TimedOut {
        /// The command line.
        command: String,
    },
}

impl Command {
    /// A command line; none if there is nothing in it.
    pub fn new(line: &str) -> Option<Self> {
        let line = line.trim();
        (!line.is_empty()).then(|| Self(Arc::from(line)))
    }

    /// The command line.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Runs the command with `environment` added to the process's own. Standard input and output are
    /// the process's own, too. Killed with all it started when it takes too long or is dropped.
    pub(crate) async fn run(&self, environment: &BTreeMap<String, String>) -> Result<(), CommandError> {
        let mut command = if self.0.split_whitespace().nth(1).is_some() {
            let mut shell = tokio::process::Command::new("sh");
            shell.arg("-c").arg(&*self.0);
            shell
        } else {
            tokio::process::Command::new(&*self.0)
        };
        command.envs(environment).process_group(0);
        let failed = |source| CommandError::Start { command: self.0.to_string(), source };
        let mut group = Group { child: command.spawn().map_err(failed)? };
        match tokio::time::timeout(TIMEOUT, group.child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(CommandError::Failed { command: self.0.to_string(), status }),
            Ok(Err(source)) => Err(failed(source)),
            Err(_) => {
                group.kill();
                // Reaped here rather than left to the runtime.
                let _ = group.child.wait().await;
                Err(CommandError::TimedOut { command: self.0.to_string() })
            }
        }
    }
}

/// A running command with all that it started: they share its process group.
struct Group {
    child: Child,
}

impl Group {
    /// Does nothing once the command has been waited for: its ID may be another's then.
    fn kill(&self) {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // It may have ended this very moment.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str, variable: &str) -> Result<(), CommandError> {
        let environment = BTreeMap::from([("MUSTER_TEST".to_owned(), variable.to_owned())]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(Command::new(line).unwrap().run(&environment))
    }

    #[test]
    fn several_words_go_to_a_shell_and_one_does_not() {
        run("test \"$MUSTER_TEST\" = 'a b'", "a b").unwrap();
        run("true", "").unwrap();
        let error = run("false;", "").unwrap_err();
        assert_eq!(error.to_string(), "command \"false;\" cannot be started");
    }

    #[test]
    fn failure_is_told() {
        let error = run("exit 3 ", "").unwrap_err();
        assert_eq!(error.to_string(), "command \"exit 3\" failed: exit status: 3");
        assert_eq!(run("false", "").unwrap_err().to_string(), "command \"false\" failed: exit status: 1");
    }

    #[test]
    fn nothing_is_no_command() {
        assert_eq!(Command::new("  "), None);
    }
}

//! The processes that a run has started, written down so that a later one can end them if this one is killed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use muster_testbed::wait::until;
use rustix::process::{Pid, Signal};

const PATIENCE: Duration = Duration::from_secs(5);

/// The list of one cache directory; one run at a time holds it.
#[derive(Debug)]
pub(crate) struct Processes {
    directory: PathBuf,
    list: Vec<Process>,
    _lock: File,
}

/// A process, with its start time: an ID alone may belong to another one by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pid: i32,
    started: String,
    name: String,
}

impl Processes {
    /// Reads the list, and keeps any other run out.
    pub(crate) fn open(directory: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
        let path = directory.join("lock");
        let lock = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        lock.try_lock().with_context(|| format!("the demo is running already ({} is locked)", path.display()))?;
        let text = fs::read_to_string(directory.join("processes")).unwrap_or_default();
        let list = text.lines().filter_map(Process::parse).collect();
        Ok(Self { directory: directory.to_owned(), list, _lock: lock })
    }

    /// Where the list stands, with the run's logs and data.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Adds a process that has just been started.
    pub(crate) fn add(&mut self, pid: u32, name: &str) -> anyhow::Result<()> {
        let pid = i32::try_from(pid).context("no process ID")?;
        // One that has ended already needs no ending.
        if let Some(started) = start_time(pid) {
            self.list.push(Process { pid, started, name: name.to_owned() });
        }
        self.save()
    }

    /// Those that still run.
    pub(crate) fn running(&self) -> Vec<&Process> {
        self.list.iter().filter(|process| process.is_running()).collect()
    }

    /// Ends all of them: SIGTERM, then SIGKILL for one that stays.
    pub(crate) async fn end_all(&mut self) -> anyhow::Result<()> {
        self.running().iter().for_each(|process| process.signal(Signal::TERM));
        let gone = async || match self.running().as_slice() {
            [] => Ok(()),
            [first, ..] => Err(format!("{} ({}) runs", first.name, first.pid)),
        };
        if until("the end of the demo's processes", PATIENCE, gone).await.is_err() {
            self.running().iter().for_each(|process| process.signal(Signal::KILL));
            until("the end of the demo's processes", PATIENCE, gone).await?;
        }
        self.list.clear();
        self.save()
    }

    fn save(&self) -> anyhow::Result<()> {
        let path = self.directory.join("processes");
        let lines: String = self.list.iter().map(Process::line).collect();
        fs::write(&path, lines).with_context(|| format!("cannot write {}", path.display()))
    }
}

impl Process {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.splitn(3, ' ');
        let (pid, started, name) = (words.next()?, words.next()?, words.next()?);
        Some(Self { pid: pid.parse().ok()?, started: started.to_owned(), name: name.to_owned() })
    }

    fn line(&self) -> String {
        format!("{} {} {}\n", self.pid, self.started, self.name)
    }

    fn is_running(&self) -> bool {
        start_time(self.pid).is_some_and(|started| started == self.started)
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = Pid::from_raw(self.pid).filter(|_| self.is_running()) {
            // It may end in this very moment.
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}

/// When the process was started, in ticks since the machine was; none if there is no such process, or a dead one that
/// nobody has waited for.
fn start_time(pid: i32) -> Option<String> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in brackets and may hold anything.
    let mut fields = line.rsplit_once(") ")?.1.split(' ');
    if fields.next()? == "Z" {
        return None;
    }
    fields.nth(18).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[tokio::test]
    async fn a_process_written_down_is_ended_by_a_later_run() {
        let directory = tempfile::tempdir().unwrap();
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        let mut first = Processes::open(directory.path()).unwrap();
        first.add(child.id(), "a sleeper").unwrap();
        drop(first);
        let mut second = Processes::open(directory.path()).unwrap();
        assert_eq!(second.running().len(), 1);
        second.end_all().await.unwrap();
        assert!(!child.wait().unwrap().success());
        drop(second);
        assert!(Processes::open(directory.path()).unwrap().running().is_empty());
    }

    #[tokio::test]
    async fn another_process_under_the_same_id_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        fs::write(directory.path().join("processes"), format!("{} 1 a sleeper\n", child.id())).unwrap();
        let mut processes = Processes::open(directory.path()).unwrap();
        assert!(processes.running().is_empty());
        processes.end_all().await.unwrap();
        assert_eq!(child.try_wait().unwrap(), None);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn two_runs_at_once_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let _first = Processes::open(directory.path()).unwrap();
        assert!(Processes::open(directory.path()).unwrap_err().to_string().contains("running already"));
    }
}

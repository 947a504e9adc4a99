//! What a process holds at a moment, as Linux tells it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

/// How often a rest is looked at.
const PAUSE: Duration = Duration::from_millis(50);

/// What a process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Open descriptors.
    pub descriptors: u64,
    /// Threads.
    pub threads: u64,
    /// RssAnon, in KiB.
    pub memory: u64,
    /// Bytes of its data directory on disk, in KiB.
    pub journal: u64,
}

impl Sample {
    /// What each has least of.
    fn lowest(self, other: Self) -> Self {
        Self {
            descriptors: self.descriptors.min(other.descriptors),
            threads: self.threads.min(other.threads),
            memory: self.memory.min(other.memory),
            journal: self.journal.min(other.journal),
        }
    }
}

/// Where samples are taken.
#[derive(Debug, Clone)]
pub struct Sampler {
    process: PathBuf,
    data: PathBuf,
}

impl Sampler {
    /// Of a process with a data directory.
    pub fn new(pid: u32, data: PathBuf) -> Self {
        Self { process: PathBuf::from(format!("/proc/{pid}")), data }
    }

    /// The least that there was of each within a rest: a check that runs just then, or a connection that is just being
    /// closed, is gone at another moment of it; what leaked is there all along.
    pub async fn rest(&self, rest: Duration) -> std::io::Result<Sample> {
        let end = Instant::now() + rest;
        let mut lowest = self.take()?;
        while Instant::now() < end {
            tokio::time::sleep(PAUSE).await;
            lowest = lowest.lowest(self.take()?);
        }
        Ok(lowest)
    }

    /// CPU time so far, in clock ticks of a hundredth of a second.
    pub fn ticks(&self) -> std::io::Result<u64> {
        let text = std::fs::read_to_string(self.process.join("stat"))?;
        // The name in brackets may hold anything; utime and stime are the 14th and 15th of all fields.
        let fields = text.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect::<Vec<_>>());
        let fields = fields.unwrap_or_default();
        let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        Ok(number(11) + number(12))
    }

    fn take(&self) -> std::io::Result<Sample> {
        let status = std::fs::read_to_string(self.process.join("status"))?;
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
                .ok_or_else(|| std::io::Error::other(format!("no {name} in /proc/PID/status")))
        };
        Ok(Sample {
            descriptors: std::fs::read_dir(self.process.join("fd"))?.count() as u64,
            threads: number("Threads:")?,
            memory: number("RssAnon:")?,
            journal: size_of(&self.data)? >> 10,
        })
    }
}

/// All bytes below a directory. A file that goes meanwhile counts for nothing.
fn size_of(directory: &Path) -> std::io::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let Ok(metadata) = entry.metadata() else { continue };
        sum += if metadata.is_dir() { size_of(&entry.path())? } else { metadata.len() };
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_more_descriptor_and_file_show() {
        let directory = tempfile::TempDir::new().unwrap();
        let sampler = Sampler::new(std::process::id(), directory.path().to_owned());
        let before = sampler.take().unwrap();
        std::fs::create_dir(directory.path().join("raft")).unwrap();
        std::fs::write(directory.path().join("raft/log"), vec![0; 5 << 10]).unwrap();
        let files: Vec<_> = (0..50).map(|_| std::fs::File::open("/dev/null").unwrap()).collect();
        let after = sampler.take().unwrap();
        assert!(after.descriptors >= before.descriptors + 40, "{before:?} {after:?}");
        assert_eq!(after.journal, 5);
        assert!(after.memory > 0 && after.threads > 0);
        drop(files);
    }

    #[test]
    fn a_rest_counts_what_was_there_all_along() {
        let low = Sample { descriptors: 3, threads: 9, memory: 5, journal: 7 };
        let high = Sample { descriptors: 4, threads: 8, memory: 6, journal: 7 };
        assert_eq!(low.lowest(high), Sample { descriptors: 3, threads: 8, memory: 5, journal: 7 });
    }
}

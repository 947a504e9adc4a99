//! Noticing that configuration files changed (`auto_reload_config`).
//!
//! They are looked at once a second, which needs nothing of the kernel and works on every file system. A change counts
//! once two looks agree, so that a file that is being written is not read in the middle.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use crate::flags::Parsed;

const LOOK: Duration = Duration::from_secs(1);

/// What a file is like, but for its content.
type Look = BTreeMap<PathBuf, (i64, i64, u64, u64)>;

/// The files that an agent was started with.
pub struct Files {
    paths: Vec<PathBuf>,
    /// As they were read last.
    read: Look,
}

impl Files {
    /// Those that the flags name.
    pub fn named_by(flags: &Parsed) -> Self {
        let paths = flags.in_order(&["config-file", "config-dir"]).map(|(_, path)| PathBuf::from(path));
        Self::of(paths.collect())
    }

    fn of(paths: Vec<PathBuf>) -> Self {
        let read = look(&paths);
        Self { paths, read }
    }

    /// Waits for the next change.
    pub async fn changed(&mut self) {
        let mut before = self.read.clone();
        loop {
            tokio::time::sleep(LOOK).await;
            let now = look(&self.paths);
            if now == before && now != self.read {
                self.read = now;
                return;
            }
            before = now;
        }
    }
}

fn look(paths: &[PathBuf]) -> Look {
    let within = |path: &PathBuf| match std::fs::read_dir(path) {
        Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        Err(_) => vec![path.clone()],
    };
    let files = paths.iter().flat_map(within);
    let looks = files.filter_map(|path| {
        let metadata = std::fs::metadata(&path).ok().filter(|metadata| !metadata.is_dir())?;
        Some((path, (metadata.mtime(), metadata.mtime_nsec(), metadata.size(), metadata.ino())))
    });
    looks.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_file_that_is_changed_added_or_removed_is_noticed_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("a.hcl"), "1").unwrap();
        let mut files = Files::of(vec![directory.path().to_owned(), path("alone.hcl")]);
        for step in 0..4 {
            match step {
                0 => std::fs::write(path("a.hcl"), "22").unwrap(),
                1 => std::fs::write(path("b.hcl"), "3").unwrap(),
                2 => std::fs::remove_file(path("a.hcl")).unwrap(),
                _ => std::fs::write(path("alone.hcl"), "4").unwrap(),
            }
            files.changed().await;
            let nothing = tokio::time::timeout(LOOK * 10, files.changed()).await;
            assert!(nothing.is_err(), "step {step} is told once");
        }
    }
}

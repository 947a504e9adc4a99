//! The directory and the cgroups of one engine, and what an earlier one left behind.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::EngineError;

/// On a disk: Docker's overlays need a real file system, and /tmp is memory on newer Debians.
const PARENT: &str = "/var/tmp";
const PREFIX: &str = "muster-testbed-";
const CGROUPS: &str = "/sys/fs/cgroup";
/// A directory younger than this may be about to be locked.
const SETTLING: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(60);

/// One engine's directory, held by a lock for as long as its owner lives.
pub(super) struct Area {
    path: PathBuf,
    _lock: File,
}

impl Area {
    /// Makes and locks a directory of its own.
    pub(super) fn create() -> Result<Self, EngineError> {
        let failed = |action, path: &Path, source| EngineError::Area { action, path: path.to_owned(), source };
        let directory = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(PARENT)
            .map_err(|source| failed("make a directory in", Path::new(PARENT), source))?;
        let lock = File::open(directory.path()).map_err(|source| failed("open", directory.path(), source))?;
        lock.try_lock().map_err(|error| failed("lock", directory.path(), error.into()))?;
        Ok(Self { path: directory.keep(), _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the directory and the cgroups; nothing of the engine may be running any more.
    pub(super) fn clear(self) -> Result<(), EngineError> {
        clear(&self.path)
    }
}

/// Removes what engines left whose owners were killed; gives their directories.
pub(super) fn clear_abandoned() -> Result<Vec<PathBuf>, EngineError> {
    let parent = Path::new(PARENT);
    let entries =
        fs::read_dir(parent).map_err(|source| EngineError::Area { action: "read", path: parent.to_owned(), source })?;
    let mut cleared = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let ours = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
        if ours && is_abandoned(&path) {
            clear(&path)?;
            cleared.push(path);
        }
    }
    Ok(cleared)
}

fn is_abandoned(path: &Path) -> bool {
    let Ok(directory) = File::open(path) else { return false };
    let old = directory
        .metadata()
        .and_then(|metadata| metadata.modified())
        .is_ok_and(|modified| SystemTime::now().duration_since(modified).is_ok_and(|age| age > SETTLING));
    old && directory.try_lock().is_ok()
}

/// The name of an engine's cgroups: its directory's.
pub(super) fn cgroup_of(area: &Path) -> String {
    area.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn clear(path: &Path) -> Result<(), EngineError> {
    let name = cgroup_of(path);
    // Version 2 has one tree, version 1 one for each controller.
    let mut trees = vec![PathBuf::from(CGROUPS)];
    trees.extend(fs::read_dir(CGROUPS).into_iter().flatten().flatten().map(|entry| entry.path()));
    for cgroup in trees.into_iter().map(|tree| tree.join(&name)).filter(|cgroup| cgroup.is_dir()) {
        remove_cgroup(&cgroup).map_err(|source| EngineError::Area { action: "remove", path: cgroup, source })?;
    }
    fs::remove_dir_all(path).map_err(|source| EngineError::Area { action: "remove", path: path.to_owned(), source })
}

fn remove_cgroup(path: &Path) -> io::Result<()> {
    for child in fs::read_dir(path)?.flatten() {
        if child.file_type()?.is_dir() {
            remove_cgroup(&child.path())?;
        }
    }
    let started = Instant::now();
    loop {
        match fs::remove_dir(path) {
            // The kernel empties a cgroup a moment after its last process has gone.
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy && started.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            done => return done,
        }
    }
}

//! Locks between processes that use one store.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Store, StoreError, make_directory};
use crate::MachineName;

/// Between two looks at a lock that another process holds.
const IMAGE_PAUSE: Duration = Duration::from_millis(100);

/// Held until it is dropped, or until its process goes.
#[derive(Debug)]
pub struct Lock {
    _file: File,
    /// Removed with the lock.
    path: Option<PathBuf>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}

impl Store {
    /// Waits until no other process makes certificates or chooses an address in this store.
    pub(crate) async fn lock(&self) -> Result<Lock, StoreError> {
        make_directory(self.path())?;
        let path = self.path().join(".lock");
        let file = open(&path)?;
        let failed = |source| StoreError::File { action: "lock", path: path.clone(), source };
        let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
        Ok(Lock { _file: locked.map_err(|error| failed(error.into()))?.map_err(failed)?, path: None })
    }

    /// Waits until no other process of this store has an image built; none: it was told to stop before.
    pub(crate) async fn lock_image(&self, interrupt: &CancellationToken) -> Result<Option<Lock>, StoreError> {
        make_directory(self.path())?;
        let path = self.path().join(".image.lock");
        let file = open(&path)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Lock { _file: file, path: None })),
                Err(TryLockError::Error(source)) => return Err(StoreError::File { action: "lock", path, source }),
                // A wait in the system could not be given up, and this one can take minutes.
                Err(TryLockError::WouldBlock) => tokio::select! {
                    () = tokio::time::sleep(IMAGE_PAUSE) => {}
                    () = interrupt.cancelled() => return Ok(None),
                },
            }
        }
    }

    /// Locks a machine that is being made; its directory is there.
    pub(crate) fn lock_creation(&self, name: &MachineName) -> Result<Lock, StoreError> {
        let path = self.directory(name).join(".creating");
        let file = open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file, path: Some(path) }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Busy { name: name.to_string() }),
            Err(TryLockError::Error(source)) => Err(StoreError::File { action: "lock", path, source }),
        }
    }

    /// Whether some process is making this machine right now.
    pub fn is_being_created(&self, name: &MachineName) -> bool {
        let path = self.directory(name).join(".creating");
        File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

fn open(path: &Path) -> Result<File, StoreError> {
    let opened = fs::OpenOptions::new().create(true).truncate(false).write(true).open(path);
    opened.map_err(|source| StoreError::File { action: "open", path: path.to_owned(), source })
}

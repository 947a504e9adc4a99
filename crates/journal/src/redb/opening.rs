//! From a directory to an open store: nothing is served from a file that is not whole.

use std::cell::Cell;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Once;

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, StorageBackend};

use super::Directory;
use super::store::{self, Store, StoreError};
use crate::{Damage, HistoryId, OpenError, Position, StorageFailure};

/// What redb may keep in memory of the file. Entries are read once, in order, at the start; the newest
/// ones followers get from memory: there is nothing that a larger cache would help.
const CACHE_BYTES: usize = 2 << 20;

/// Opens the journal in the directory at `path`, and says where it ends.
pub(super) fn open(path: &Path) -> Result<(Store, Position), OpenError> {
    let directory = Directory::take(path)?;
    let path = directory.journal_path();
    let (database, examined) = match directory.open_journal()? {
        Some(file) => {
            let tail = examine(&path)?;
            (open_database(on_file(file, &path)?, &path)?, tail)
        }
        None => {
            let database = open_database(on_file(directory.draft_journal()?, &path)?, &path)?;
            store::create(&database, HistoryId::random()).map_err(|error| failure(&path, error))?;
            directory.finish_journal()?;
            (database, None)
        }
    };
    directory.mark()?;
    finish(database, examined, path, Some(directory))
}

/// Opens a journal on storage of the caller's.
#[cfg(test)]
pub(super) fn open_on(backend: impl StorageBackend) -> Result<(Store, Position), OpenError> {
    let path = PathBuf::from("journal");
    let database = open_database(backend, &path)?;
    if !store::is_created(&database).map_err(|error| failure(&path, error))? {
        store::create(&database, HistoryId::random()).map_err(|error| failure(&path, error))?;
    }
    finish(database, None, path, None)
}

/// Looks through a file that was closed well, before anything is written to it: the entry that is
/// damaged can be named here, and redb, which trusts such a file, may panic over it. Says where the
/// journal ends, but not of a file that was not closed well.
fn examine(path: &Path) -> Result<Option<Position>, OpenError> {
    let file = File::open(path).map_err(|source| OpenError::Io { action: "open", path: path.to_owned(), source })?;
    let backend = on_file(file, path)?;
    trusting_nothing(path, || {
        let database = match Builder::new().set_cache_size(CACHE_BYTES).open_read_only_with_backend(backend) {
            // Not closed well: redb checks every page of it when it opens it for writing.
            Err(DatabaseError::RepairAborted) => return Ok(None),
            opened => opened?,
        };
        store::verify(&database, store::history(&database)?).map(Some)
    })
}

fn open_database(backend: impl StorageBackend, path: &Path) -> Result<Database, OpenError> {
    trusting_nothing(path, || {
        let mut builder = Builder::new();
        builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true);
        Ok(builder.create_with_backend(backend)?)
    })
}

/// What `read` gives; where redb panics over what it reads, the file is damaged, and that is all that is said of it.
fn trusting_nothing<R>(path: &Path, read: impl FnOnce() -> Result<R, StoreError>) -> Result<R, OpenError> {
    thread_local! { static EXPECTED: Cell<bool> = const { Cell::new(false) }; }
    static SILENCED: Once = Once::new();
    SILENCED.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !EXPECTED.get() {
                usual(panic);
            }
        }));
    });
    EXPECTED.set(true);
    let done = catch_unwind(AssertUnwindSafe(read));
    EXPECTED.set(false);
    match done {
        Ok(result) => result.map_err(|error| failure(path, error)),
        Err(panic) => {
            let reason = panic.downcast_ref::<String>().map_or("a page cannot be read", String::as_str).to_owned();
            Err(OpenError::Damaged { path: path.to_owned(), damage: Damage::Structure { reason } })
        }
    }
}

fn finish(
    database: Database,
    examined: Option<Position>,
    path: PathBuf,
    directory: Option<Directory>,
) -> Result<(Store, Position), OpenError> {
    let history = store::history(&database).map_err(|error| failure(&path, error))?;
    let tail = match examined {
        Some(tail) => tail,
        None => trusting_nothing(&path, || store::verify(&database, history))?,
    };
    Ok((Store { database, history, path, _directory: directory }, tail))
}

fn on_file(file: File, path: &Path) -> Result<FileBackend, OpenError> {
    FileBackend::new(file).map_err(|error| failure(path, error.into()))
}

/// The system's own refusals stay what they are; all else that redb says of a file that it, or this
/// program, has written means that the file is not as it was.
fn failure(path: &Path, error: StoreError) -> OpenError {
    use std::io::ErrorKind::{InvalidData, UnexpectedEof};
    let path = path.to_owned();
    match error {
        StoreError::Damaged(damage) => OpenError::Damaged { path, damage },
        StoreError::Failed(redb::Error::Io(error)) if !matches!(error.kind(), InvalidData | UnexpectedEof) => {
            OpenError::Storage { path, source: StorageFailure::new(error) }
        }
        StoreError::Failed(error @ (redb::Error::DatabaseAlreadyOpen | redb::Error::UpgradeRequired(_))) => {
            OpenError::Storage { path, source: StorageFailure::new(error) }
        }
        StoreError::Failed(error) => {
            OpenError::Damaged { path, damage: Damage::Structure { reason: error.to_string() } }
        }
    }
}

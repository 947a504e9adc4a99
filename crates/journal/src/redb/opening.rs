//! From a directory to an open store: nothing is served from a file that is not whole.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

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

/// What `read` gives; where redb panics over what it reads, the file is damaged, and that is all that is said of it:
/// what the panic says, and where, as it may be a mistake of the program instead.
fn trusting_nothing<R>(path: &Path, read: impl FnOnce() -> Result<R, StoreError>) -> Result<R, OpenError> {
    match telling_panics(read) {
        Ok(result) => result.map_err(|error| failure(path, error)),
        Err(reason) => Err(OpenError::Damaged { path: path.to_owned(), damage: Damage::Structure { reason } }),
    }
}

/// Whose turn it is to change the panic hook.
static HOOK: Mutex<()> = Mutex::new(());

thread_local! {
    /// Whether this thread reads what may be damaged.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
    /// What its panic said, and where.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `read`; what a panic of it says is handed out instead of printed. The panic hook is the process's: it is
/// another one only as long as `read` runs, and goes on doing the usual for other threads.
fn telling_panics<R>(read: impl FnOnce() -> R) -> Result<R, String> {
    let only = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let usual = Arc::new(panic::take_hook());
    let others = Arc::clone(&usual);
    panic::set_hook(Box::new(move |info| {
        if EXPECTED.get() {
            SAID.set(Some(told(info)));
        } else {
            others(info);
        }
    }));
    EXPECTED.set(true);
    let done = panic::catch_unwind(AssertUnwindSafe(read));
    EXPECTED.set(false);
    drop(panic::take_hook());
    // Nobody else has it: the hook that did is gone.
    if let Some(usual) = Arc::into_inner(usual) {
        panic::set_hook(usual);
    }
    drop(only);
    done.map_err(|_| SAID.take().unwrap_or_else(|| "a page cannot be read".to_owned()))
}

fn told(info: &PanicHookInfo<'_>) -> String {
    let text = info.payload().downcast_ref::<&str>().copied();
    let text = text.or_else(|| info.payload().downcast_ref::<String>().map(String::as_str));
    let place = info.location().map(|place| format!(" ({}:{})", place.file(), place.line()));
    // It is a part of one line.
    let text = text.unwrap_or("a page cannot be read").replace('\n', " ");
    format!("{text}{}", place.unwrap_or_default())
}

fn finish(
    database: Database,
    examined: Option<Position>,
    path: PathBuf,
    directory: Option<Directory>,
) -> Result<(Store, Position), OpenError> {
    let (history, tail) = trusting_nothing(&path, || {
        let history = store::history(&database)?;
        Ok((history, examined.map_or_else(|| store::verify(&database, history), Ok)?))
    })?;
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_panic_is_told_with_its_place_and_leaves_the_hook_as_it_was() {
        static SEEN: AtomicUsize = AtomicUsize::new(0);
        let turn = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if info.payload().downcast_ref::<&str>() == Some(&"an own one") {
                SEEN.fetch_add(1, Ordering::Relaxed);
            } else {
                usual(info);
            }
        }));
        drop(turn);
        let line = line!() + 1;
        let refused = trusting_nothing(Path::new("x"), || -> Result<(), StoreError> { panic!("no\nsuch {}", "page") });
        let refused = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(refused, format!("x is damaged: its inner structure is damaged: no such page ({}:{line})", file!()));
        let elsewhere = telling_panics(|| std::thread::spawn(|| panic!("an own one")).join().is_err());
        assert_eq!((elsewhere, SEEN.load(Ordering::Relaxed)), (Ok(true), 1), "another thread's is told as ever");
        // A hook of ours that stayed would keep this one to itself.
        let turn = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
        EXPECTED.set(true);
        assert!(panic::catch_unwind(|| panic!("an own one")).is_err());
        EXPECTED.set(false);
        drop(turn);
        assert_eq!(SEEN.load(Ordering::Relaxed), 2, "the hook from before is back");
    }
}

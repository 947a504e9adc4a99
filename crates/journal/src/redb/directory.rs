//! The data directory: whose it is, which format it has, and that one process at a time has it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::OpenError;

/// The format of directories that this program writes.
const FORMAT: u32 = 1;
const FORMAT_WORD: &str = "muster-journal";

const LOCK_FILE: &str = "LOCK";
const FORMAT_FILE: &str = "FORMAT";
const FORMAT_DRAFT: &str = "FORMAT.new";
const JOURNAL_FILE: &str = "journal.redb";
const JOURNAL_DRAFT: &str = "journal.redb.new";

/// A data directory that this process holds until it is dropped.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Takes `path`, making it if it is not there. Nothing is written to a directory that is not ours.
    pub(super) fn take(path: &Path) -> Result<Self, OpenError> {
        make(path)?;
        check_owner(path)?;
        let lock = lock(path)?;
        // Somebody may have been faster in an empty directory.
        check_owner(path)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Where the journal is.
    pub(super) fn journal_path(&self) -> PathBuf {
        self.path.join(JOURNAL_FILE)
    }

    /// Opens the journal's file; none if there never was one.
    pub(super) fn open_journal(&self) -> Result<Option<File>, OpenError> {
        let path = self.journal_path();
        match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if self.path.join(FORMAT_FILE).exists() {
                    Err(OpenError::Missing { path })
                } else {
                    Ok(None)
                }
            }
            Err(source) => Err(OpenError::Io { action: "open", path, source }),
        }
    }

    /// An empty file, which becomes the journal by [`Directory::finish_journal`] when what must be in
    /// it is: a crash before that leaves a draft, which the next start replaces.
    pub(super) fn draft_journal(&self) -> Result<File, OpenError> {
        let path = self.path.join(JOURNAL_DRAFT);
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(&path);
        opened.map_err(|source| OpenError::Io { action: "create", path, source })
    }

    /// Makes the draft the journal.
    pub(super) fn finish_journal(&self) -> Result<(), OpenError> {
        rename(&self.path, JOURNAL_DRAFT, JOURNAL_FILE)
    }

    /// Marks the directory as ours. Comes last, so that a directory with the mark has a journal.
    pub(super) fn mark(&self) -> Result<(), OpenError> {
        if self.path.join(FORMAT_FILE).exists() {
            return Ok(());
        }
        let draft = self.path.join(FORMAT_DRAFT);
        let written = (|| {
            let mut file = File::create(&draft)?;
            writeln!(file, "{FORMAT_WORD} {FORMAT}")?;
            file.sync_all()
        })();
        written.map_err(|source| OpenError::Io { action: "write", path: draft, source })?;
        rename(&self.path, FORMAT_DRAFT, FORMAT_FILE)
    }
}

fn make(path: &Path) -> Result<(), OpenError> {
    match DirBuilder::new().mode(0o700).create(path) {
        // The entry of the new directory is its parent's.
        Ok(()) => sync_directory(match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        }),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(OpenError::Io { action: "create data directory", path: path.to_owned(), source }),
    }
}

/// Refuses a directory that a newer program or somebody else has written to.
fn check_owner(path: &Path) -> Result<(), OpenError> {
    let not_ours = |reason| OpenError::NotOurs { directory: path.to_owned(), reason };
    let format_file = path.join(FORMAT_FILE);
    match fs::read_to_string(&format_file) {
        Ok(text) => match parse_format(&text) {
            Some(found) if found > FORMAT => {
                Err(OpenError::NewerFormat { directory: path.to_owned(), found, known: FORMAT })
            }
            Some(_) => Ok(()),
            None => Err(not_ours(format!("has a file {FORMAT_FILE} that is not muster's"))),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => match foreign_content(path)? {
            Some(_) if path.join(JOURNAL_FILE).exists() => Err(OpenError::Unmarked {
                directory: path.to_owned(),
                missing: FORMAT_FILE,
                line: format!("{FORMAT_WORD} {FORMAT}"),
            }),
            Some(reason) => Err(not_ours(reason)),
            None => Ok(()),
        },
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(not_ours(format!("has a file {FORMAT_FILE} that is not muster's")))
        }
        Err(source) => Err(OpenError::Io { action: "read", path: format_file, source }),
    }
}

fn parse_format(text: &str) -> Option<u32> {
    let (word, number) = text.trim_end().split_once(' ')?;
    if word == FORMAT_WORD { number.parse().ok() } else { None }
}

/// What stands in an unmarked directory that muster did not put there.
fn foreign_content(path: &Path) -> Result<Option<String>, OpenError> {
    let failed = |source| OpenError::Io { action: "read data directory", path: path.to_owned(), source };
    let mut foreign = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        // A first start that did not come to its end leaves these; `lost+found` is the file system's.
        let expected = [LOCK_FILE, FORMAT_DRAFT, JOURNAL_DRAFT, JOURNAL_FILE, "lost+found"];
        if !expected.contains(&name.as_str()) {
            foreign.push(name);
        }
    }
    foreign.sort();
    Ok(match foreign.first() {
        None => None,
        Some(_) if foreign.iter().any(|name| name == "raft" || name == "serf") => {
            Some("holds the data of a Consul server, which muster cannot read".to_owned())
        }
        Some(name) => Some(format!("is not empty (there is {name:?}) and holds no journal")),
    })
}

fn lock(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join(LOCK_FILE);
    let failed = |action, source| OpenError::Io { action, path: path.clone(), source };
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
    let mut file = opened.map_err(|source| failed("open", source))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let process_id = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
            return Err(OpenError::InUse { directory: directory.to_owned(), process_id });
        }
        Err(TryLockError::Error(source)) => return Err(failed("lock", source)),
    }
    // The number is for people only; the lock is what counts.
    let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id()));
    written.map_err(|source| failed("write", source))?;
    Ok(file)
}

fn rename(directory: &Path, from: &str, to: &str) -> Result<(), OpenError> {
    let path = directory.join(to);
    fs::rename(directory.join(from), &path).map_err(|source| OpenError::Io { action: "create", path, source })?;
    sync_directory(directory)
}

fn sync_directory(path: &Path) -> Result<(), OpenError> {
    let synced = File::open(path).and_then(|directory| directory.sync_all());
    synced.map_err(|source| OpenError::Io { action: "sync directory", path: path.to_owned(), source })
}

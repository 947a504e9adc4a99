//! Replacing a file in one step.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The mode of a file that was not there before.
const NEW_FILE_MODE: u32 = 0o644;

/// A file that could not be written; what was there before still is.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be written: {step}", path.display())]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// What could not be done.
    pub step: &'static str,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// Makes `path` hold `contents`; says whether it did not before. Whoever reads the file sees the old or
/// the new one whole. Mode and owner stay as they are; parent directories are made.
pub(crate) fn replace(path: &Path, contents: &[u8]) -> Result<bool, WriteError> {
    let failed = |step| move |source| WriteError { path: path.to_owned(), step, source };
    match fs::read(path) {
        Ok(existing) if existing == contents => return Ok(false),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed("the file there cannot be read")(error)),
    }
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(failed("its directory cannot be made"))?;
    let existing = match fs::metadata(path) {
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed("the file there cannot be looked at")(error)),
    };
    let mut new = tempfile::Builder::new()
        .prefix(".muster-")
        .tempfile_in(parent)
        .map_err(failed("no file can be made in its directory"))?;
    new.write_all(contents).map_err(failed("its contents cannot be written"))?;
    take_over(new.as_file(), existing.as_ref(), path).map_err(failed("its mode cannot be set"))?;
    new.as_file().sync_all().map_err(failed("it cannot be synced"))?;
    new.persist(path).map_err(|error| failed("it cannot be put in place")(error.error))?;
    // The new name must outlive a crash, too. Some file systems cannot sync directories.
    if let Err(error) = File::open(parent).and_then(|directory| directory.sync_all()) {
        tracing::debug!(directory = %parent.display(), %error, "directory not synced");
    }
    Ok(true)
}

/// Gives the new file the owner and mode of the one that it replaces.
fn take_over(new: &File, existing: Option<&Metadata>, path: &Path) -> io::Result<()> {
    let Some(existing) = existing else {
        return new.set_permissions(Permissions::from_mode(NEW_FILE_MODE));
    };
    let ours = new.metadata()?;
    if (ours.uid(), ours.gid()) != (existing.uid(), existing.gid())
        && let Err(error) = std::os::unix::fs::fchown(new, Some(existing.uid()), Some(existing.gid()))
    {
        tracing::warn!(destination = %path.display(), %error, "owner not kept");
    }
    // After the owner, for a change of owner clears set-user-ID bits.
    new.set_permissions(existing.permissions())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_new_files_with_parents() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/b/out.conf");
        assert!(replace(&path, b"one").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o644);
    }

    #[test]
    fn equal_bytes_leave_the_file_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        assert!(replace(&path, b"one").unwrap());
        let inode = fs::metadata(&path).unwrap().ino();
        assert!(!replace(&path, b"one").unwrap());
        assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
    }

    #[test]
    fn an_empty_file_is_made_if_there_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        assert!(replace(&path, b"").unwrap());
        assert!(path.exists());
    }

    #[test]
    fn mode_and_owner_stay() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        // Only root may give files away; anybody else keeps their own.
        let owner = if rustix::process::getuid().is_root() { 12_345 } else { rustix::process::getuid().as_raw() };
        std::os::unix::fs::chown(&path, Some(owner), None).unwrap();
        assert!(replace(&path, b"new").unwrap());
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!((metadata.mode() & 0o7777, metadata.uid()), (0o600, owner));
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        fs::create_dir(&path).unwrap();
        let error = replace(&path, b"new").unwrap_err();
        assert_eq!(error.to_string(), format!("{} cannot be written: the file there cannot be read", path.display()));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no temporary file is left");
        let below = path.join("x");
        fs::write(directory.path().join("file"), "").unwrap();
        assert!(replace(&directory.path().join("file/x"), b"new").is_err());
        assert!(replace(&below, b"fine").unwrap());
    }
}

//! Logs in files: a new one after a time or so many bytes, old ones removed. Names are Consul's: `base-<nanoseconds>.log`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where logs are kept, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFileSettings {
    /// The file whose name others are made after; a directory when it ends in a slash.
    pub path: PathBuf,
    /// A new file is begun after so long.
    pub every: Duration,
    /// And after so many bytes; 0: however many.
    pub max_bytes: u64,
    /// So many old files are kept; 0: all; below: none.
    pub max_files: i64,
}

/// The file that is written to.
#[derive(Debug)]
pub struct LogFile {
    settings: LogFileSettings,
    directory: PathBuf,
    stem: String,
    extension: String,
    file: File,
    begun: SystemTime,
    written: u64,
}

impl LogFile {
    /// Begins a file.
    pub fn open(settings: LogFileSettings) -> io::Result<Self> {
        let named = if settings.path.as_os_str().to_string_lossy().ends_with('/') || settings.path.is_dir() {
            settings.path.join("consul.log")
        } else {
            settings.path.clone()
        };
        let text = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let (stem, extension) = (text(named.file_stem()), text(named.extension()));
        let extension = if extension.is_empty() { "log".to_owned() } else { extension };
        let directory = named.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        let begun = SystemTime::now();
        let file = begin(directory, &stem, &extension, begun)?;
        Ok(Self { directory: directory.to_owned(), stem, extension, file, begun, written: 0, settings })
    }

    fn rotate_if_due(&mut self, now: SystemTime) -> io::Result<()> {
        let old = now.duration_since(self.begun).unwrap_or_default() >= self.settings.every;
        let full = self.settings.max_bytes > 0 && self.written >= self.settings.max_bytes;
        if !old && !full {
            return Ok(());
        }
        self.file = begin(&self.directory, &self.stem, &self.extension, now)?;
        (self.begun, self.written) = (now, 0);
        self.prune()
    }

    /// Removes the oldest files that are too many; the one that is written to is not counted.
    fn prune(&self) -> io::Result<()> {
        let keep = match self.settings.max_files {
            0 => return Ok(()),
            below if below < 0 => 0,
            count => usize::try_from(count).unwrap_or(usize::MAX),
        };
        let mut old: Vec<(u128, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            old.extend(self.number_of(&path).map(|number| (number, path)));
        }
        old.sort();
        old.pop();
        let surplus = old.len().saturating_sub(keep);
        for (_, path) in old.into_iter().take(surplus) {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    /// The nanoseconds in the name of one of these files.
    fn number_of(&self, path: &Path) -> Option<u128> {
        let name = path.file_name()?.to_str()?;
        let rest = name.strip_prefix(&self.stem)?.strip_prefix('-')?;
        rest.strip_suffix(&self.extension)?.strip_suffix('.')?.parse().ok()
    }
}

fn begin(directory: &Path, stem: &str, extension: &str, now: SystemTime) -> io::Result<File> {
    let nanoseconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let path = directory.join(format!("{stem}-{nanoseconds}.{extension}"));
    OpenOptions::new().create(true).truncate(true).write(true).mode(0o640).open(path)
}

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rotate_if_due(SystemTime::now())?;
        let count = self.file.write(bytes)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(path: PathBuf, max_bytes: u64, max_files: i64) -> LogFileSettings {
        LogFileSettings { path, every: Duration::from_secs(3600), max_bytes, max_files }
    }

    /// The files' contents, oldest first.
    fn contents(directory: &Path) -> Vec<String> {
        let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
    }

    #[test]
    fn a_full_file_is_followed_by_another_and_old_ones_go() {
        let directory = tempfile::tempdir().unwrap();
        let mut log = LogFile::open(settings(directory.path().join("own.txt"), 4, 2)).unwrap();
        for line in ["one\n", "two\n", "three\n", "four\n"] {
            log.write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(contents(directory.path()), ["two\n", "three\n", "four\n"]);
        let name = fs::read_dir(directory.path()).unwrap().next().unwrap().unwrap().file_name();
        let name = name.to_str().unwrap();
        assert!(name.starts_with("own-") && name.ends_with(".txt"), "{name}");
        for (max_files, kept) in [(0, 4), (-1, 1)] {
            let directory = tempfile::tempdir().unwrap();
            let mut log = LogFile::open(settings(directory.path().join("x"), 1, max_files)).unwrap();
            (0..4).for_each(|_| log.write_all(b"line\n").unwrap());
            assert_eq!(contents(directory.path()).len(), kept, "{max_files}");
        }
    }

    #[test]
    fn an_old_file_is_followed_by_another_and_others_files_stay() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("consul-notes.log"), "mine").unwrap();
        let mut log = LogFile::open(settings(directory.path().to_owned(), 0, -1)).unwrap();
        log.write_all(b"before\n").unwrap();
        log.rotate_if_due(SystemTime::now() + Duration::from_secs(3601)).unwrap();
        assert_eq!(contents(directory.path()), ["", "mine"]);
    }
}

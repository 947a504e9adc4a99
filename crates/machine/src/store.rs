//! Where machines are kept: docker-machine's directories and files.
//!
//! ```text
//! certs/{ca,ca-key,cert,key}.pem                     the store's authority and its client certificate
//! machines/NAME/config.json                          see `config`
//! machines/NAME/{ca,cert,key,server,server-key}.pem  the machine's copies and the server's own
//! machines/NAME/{id_rsa,id_rsa.pub,known_hosts}      for ssh
//! ```

pub mod config;
mod lock;

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use config::Config;

use crate::MachineName;

const CONFIG: &str = "config.json";

/// A directory with machines. It need not exist yet.
#[derive(Debug, Clone)]
pub struct Store {
    path: PathBuf,
}

/// Why the store cannot give or take something. Texts without a file are docker-machine's.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such machine.
    #[error(
        "Docker machine {name:?} does not exist. Use \"docker-machine ls\" to list machines. Use \"docker-machine create\" to add a new one."
    )]
    Missing {
        /// The name.
        name: String,
    },
    /// The name is taken.
    #[error("Docker machine {name:?} already exists")]
    Taken {
        /// The name.
        name: String,
    },
    /// Another process is making it.
    #[error("Docker machine {name:?} is being created by another process")]
    Busy {
        /// The name.
        name: String,
    },
    /// A file or directory could not be read, written or removed.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A config.json is not JSON of the known form.
    #[error("{} is not a machine's configuration", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A config.json of a form that is not known here.
    #[error("{} has ConfigVersion {version}; this muster reads version {}", path.display(), config::VERSION)]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u64,
    },
}

impl Store {
    /// The store in a directory.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory of the authority and the client certificate.
    pub fn certificates(&self) -> PathBuf {
        self.path.join("certs")
    }

    /// A machine's directory.
    pub fn directory(&self, name: &MachineName) -> PathBuf {
        self.machines().join(name.as_str())
    }

    fn machines(&self) -> PathBuf {
        self.path.join("machines")
    }

    /// The names of all machines, sorted, half-made ones included.
    pub fn names(&self) -> Result<Vec<MachineName>, StoreError> {
        let path = self.machines();
        let failed = |source| StoreError::File { action: "read", path: path.clone(), source };
        let entries = match fs::read_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let name = MachineName::parse(&entry.file_name().to_string_lossy());
            if let (Ok(name), true) = (name, entry.path().is_dir()) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// Whether there is a machine of this name.
    pub fn exists(&self, name: &MachineName) -> bool {
        self.directory(name).exists()
    }

    /// Whether a machine's directory is there and its configuration is not: a process was killed before it wrote it.
    pub fn is_empty(&self, name: &MachineName) -> bool {
        self.exists(name) && !self.directory(name).join(CONFIG).exists()
    }

    /// Reads a machine's configuration.
    pub fn load(&self, name: &str) -> Result<Config, StoreError> {
        let missing = || StoreError::Missing { name: name.to_owned() };
        let parsed = MachineName::parse(name).map_err(|_| missing())?;
        if !self.exists(&parsed) {
            return Err(missing());
        }
        let path = self.directory(&parsed).join(CONFIG);
        let bytes =
            fs::read(&path).map_err(|source| StoreError::File { action: "read", path: path.clone(), source })?;
        let unreadable = |source| StoreError::Unreadable { path: path.clone(), source };
        let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(unreadable)?;
        let version = value.get("ConfigVersion").and_then(serde_json::Value::as_u64).unwrap_or(0);
        if version != config::VERSION {
            return Err(StoreError::Version { path, version });
        }
        serde_json::from_value(value).map_err(unreadable)
    }

    /// Writes a machine's configuration: the old one or the new one, whole.
    pub fn save(&self, name: &MachineName, config: &Config) -> Result<(), StoreError> {
        let path = self.directory(name).join(CONFIG);
        let text = serde_json::to_vec_pretty(config)
            .map_err(|source| StoreError::Unreadable { path: path.clone(), source })?;
        write_private(&path, &text)
    }

    /// Makes a machine's directory; an error if the name is taken.
    pub(crate) fn reserve(&self, name: &MachineName) -> Result<(), StoreError> {
        make_directory(&self.machines())?;
        let path = self.directory(name);
        match fs::DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(StoreError::Taken { name: name.to_string() })
            }
            Err(source) => Err(StoreError::File { action: "make", path, source }),
        }
    }

    /// Removes a machine's directory with all that is in it.
    pub fn remove(&self, name: &MachineName) -> Result<(), StoreError> {
        let path = self.directory(name);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(|source| StoreError::File { action: "remove", path, source }),
        }
    }
}

/// Makes a directory and those above it, for its owner only.
pub(crate) fn make_directory(path: &Path) -> Result<(), StoreError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| StoreError::File { action: "make", path: path.to_owned(), source })
}

/// Writes a file for its owner only, in one go: a reader sees the old content or the new.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let failed = |action, path: &Path, source| StoreError::File { action, path: path.to_owned(), source };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = path.with_file_name(format!(".{name}.{}", uuid::Uuid::new_v4().simple()));
    let written =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished).and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        });
    if let Err(source) = written {
        let _ = fs::remove_file(&unfinished);
        return Err(failed("write", path, source));
    }
    fs::rename(&unfinished, path).map_err(|source| failed("write", path, source))
}

#[cfg(test)]
mod tests;

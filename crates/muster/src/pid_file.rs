//! The file that holds the process's number while it runs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Removed when dropped.
#[derive(Debug)]
pub struct PidFile(PathBuf);

impl PidFile {
    /// Writes it, over one that is there.
    pub fn write(path: &Path) -> Result<Self> {
        let cannot = || format!("cannot write pid file {}", path.display());
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent).with_context(cannot)?;
        }
        std::fs::write(path, std::process::id().to_string()).with_context(cannot)?;
        Ok(Self(path.to_owned()))
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

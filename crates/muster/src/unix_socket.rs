//! HTTP on sockets in the file system: making them, whose they are, and taking them away again.

use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tokio::net::UnixListener;

/// Whose sockets are, and who may connect (`unix_sockets`); what is not said is as the process makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SocketAccess {
    /// The number of a user.
    pub user: Option<u32>,
    /// The number of a group.
    pub group: Option<u32>,
    /// The file's mode.
    pub mode: Option<u32>,
}

/// A socket that listens; its file goes when this is dropped.
#[derive(Debug)]
pub struct Socket {
    pub path: PathBuf,
    /// Taken by who serves it.
    pub listener: Option<UnixListener>,
}

impl Socket {
    /// Makes one. A file of a process that is gone is replaced; anything else that stands there stays.
    pub fn bind(path: &Path, access: SocketAccess) -> Result<Self> {
        let shown = path.display();
        match std::fs::symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("cannot listen on unix://{shown}")),
            Ok(there) if !there.file_type().is_socket() => {
                bail!(
                    "cannot listen on unix://{shown}: a file that is no socket stands there; another path would be right"
                )
            }
            Ok(_) if std::os::unix::net::UnixStream::connect(path).is_ok() => {
                bail!(
                    "cannot listen on unix://{shown}: another process listens there; end that one, or choose another path"
                )
            }
            Ok(_) => std::fs::remove_file(path).with_context(|| format!("cannot replace the socket {shown}"))?,
        }
        let listener = UnixListener::bind(path).with_context(|| format!("cannot listen on unix://{shown}"))?;
        let socket = Self { path: path.to_owned(), listener: Some(listener) };
        if access.user.is_some() || access.group.is_some() {
            std::os::unix::fs::chown(path, access.user, access.group)
                .with_context(|| format!("cannot give the socket {shown} to unix_sockets.user and .group"))?;
        }
        if let Some(mode) = access.mode {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
                .with_context(|| format!("cannot set the mode of the socket {shown}"))?;
        }
        Ok(socket)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Somebody may have taken it away.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The number of a user or group: itself, or that of its name in a file such as `/etc/passwd`.
pub fn number(text: &str, file: &str) -> Option<u32> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let lines = std::fs::read_to_string(file).ok()?;
    lines.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(text)).then(|| fields.nth(1)?.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_socket_that_nobody_serves_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("http.sock");
        let access = SocketAccess { mode: Some(0o600), ..SocketAccess::default() };
        let first = Socket::bind(&path, access).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let refused = Socket::bind(&path, access).unwrap_err().to_string();
        assert!(refused.contains("another process listens there"), "{refused}");
        drop(first);
        assert!(!path.exists());
        // As a process leaves it that was killed.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        drop(Socket::bind(&path, access).unwrap());
        std::fs::write(&path, "mine").unwrap();
        let refused = Socket::bind(&path, access).unwrap_err().to_string();
        assert!(refused.contains("a file that is no socket stands there"), "{refused}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }

    #[test]
    fn users_are_numbers_or_names() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("passwd");
        std::fs::write(&file, "root:x:0:0:root:/root:/bin/sh\nconsul:x:100:1000::/:/bin/false\n").unwrap();
        let number = |text| number(text, file.to_str().unwrap());
        assert_eq!((number("7"), number("consul"), number("nobody")), (Some(7), Some(100), None));
    }
}

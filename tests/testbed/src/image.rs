//! Images without any image registry: a Debian base from its own packages, and small images on top of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::docker::{Docker, DockerError};
use crate::program_path::find_program;

/// On every image, container, network and volume that the demo and its tests make.
pub const LABEL: &str = "muster.demo=1";
/// Says from which archive a base image was imported.
const BASE_LABEL: &str = "muster.demo.base";
/// What a base holds besides the smallest Debian.
const PACKAGES: &str = "nginx,redis-server";
/// Puts the package unzip into the base as a repository of its own, for an image build that installs it where no
/// package server is reached.
const LOCAL_PACKAGES: &str = r#"directory=$1/var/local/packages; mkdir -p "$directory" && chroot "$1" sh -ec '
cd /var/local/packages
apt-get -q -o APT::Sandbox::User=root download unzip
for file in *.deb; do
  dpkg-deb -f "$file"
  echo "Filename: ./$file"; echo "Size: $(stat -c %s "$file")"; echo "SHA256: $(sha256sum "$file" | cut -d" " -f1)"; echo
done > Packages'"#;
/// One more when the way of making an archive changes.
const REVISION: u32 = 2;
/// The suites known to work; any other host gets the newest of them.
const SUITES: [&str; 2] = ["bookworm", "trixie"];

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// mmdebstrap is not there.
    #[error("mmdebstrap is not installed (Debian: apt-get install mmdebstrap)")]
    NoMmdebstrap,
    /// It failed; it has printed why.
    #[error("mmdebstrap {suite} failed ({status})")]
    Mmdebstrap {
        /// The suite.
        suite: String,
        /// Its exit status.
        status: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Docker said no.
    #[error("cannot make the image {tag}")]
    Docker {
        /// The image.
        tag: String,
        /// What Docker said.
        source: DockerError,
    },
}

/// A file of a build context.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// These bytes.
    Text(&'a str),
    /// A copy of this file, executable.
    Program(&'a Path),
}

/// The Debian suite of this machine, or the newest one that is known to work.
pub fn host_suite() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let value = |name: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        Some(line.trim_matches('"').to_owned())
    };
    match (value("ID").as_deref(), value("VERSION_CODENAME")) {
        (Some("debian"), Some(suite)) if SUITES.contains(&suite.as_str()) => suite,
        _ => SUITES[SUITES.len() - 1].to_owned(),
    }
}

/// The archive of a suite's base, made if it is not in `cache` yet; its progress goes to standard error.
pub async fn base_archive(cache: &Path, suite: &str) -> Result<PathBuf, ImageError> {
    let path = cache.join(format!("base-{}.tar", base_name(suite)));
    if path.exists() {
        return Ok(path);
    }
    let failed = |action, path: &Path, source| ImageError::File { action, path: path.to_owned(), source };
    fs::create_dir_all(cache).map_err(|source| failed("make", cache, source))?;
    let program = find_program("mmdebstrap").ok_or(ImageError::NoMmdebstrap)?;
    let unfinished = tempfile::Builder::new()
        .prefix("base-")
        .suffix(".tar")
        // Made by root, read by anybody in the group docker.
        .permissions(fs::Permissions::from_mode(0o644))
        .tempfile_in(cache)
        .map_err(|source| failed("make a file in", cache, source))?;
    let status = Command::new(program)
        .args(["--variant=minbase", "--include", PACKAGES])
        .args(["man", "doc", "locale", "info"].map(|name| format!("--dpkgopt=path-exclude=/usr/share/{name}/*")))
        .arg(format!("--customize-hook={LOCAL_PACKAGES}"))
        .arg(suite)
        .arg(unfinished.path())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await
        .map_err(|source| failed("run", Path::new("mmdebstrap"), source))?;
    if !status.success() {
        return Err(ImageError::Mmdebstrap { suite: suite.to_owned(), status: status.to_string() });
    }
    unfinished.persist(&path).map_err(|error| failed("keep", &path, error.error))?;
    Ok(path)
}

/// Imports a suite's base archive as `tag`, unless the engine has it already.
pub async fn import_base(docker: &Docker, archive: &Path, suite: &str, tag: &str) -> Result<(), ImageError> {
    let failed = |source| ImageError::Docker { tag: tag.to_owned(), source };
    let name = base_name(suite);
    let format = format!("{{{{index .Config.Labels \"{BASE_LABEL}\"}}}}");
    if docker.run(&["image", "inspect", "--format", &format, tag]).await.is_ok_and(|label| label == name) {
        return Ok(());
    }
    let labels = [format!("LABEL {LABEL}"), format!("LABEL {BASE_LABEL}={name}")];
    let archive = archive.to_string_lossy();
    docker.run(&["import", "-c", &labels[0], "-c", &labels[1], &archive, tag]).await.map_err(failed)?;
    Ok(())
}

fn base_name(suite: &str) -> String {
    format!("{suite}-{}-{REVISION}", std::env::consts::ARCH)
}

/// Builds an image from these files, one of them the Dockerfile, by Docker's classic builder, which needs no network.
pub async fn build(docker: &Docker, tag: &str, files: &[(&str, Source<'_>)]) -> Result<(), ImageError> {
    let failed = |action, path: &Path, source| ImageError::File { action, path: path.to_owned(), source };
    let context = tempfile::tempdir().map_err(|source| failed("make", Path::new("a build context"), source))?;
    for (name, source) in files {
        let path = context.path().join(name);
        match source {
            Source::Text(text) => fs::write(&path, text).map_err(|source| failed("write", &path, source))?,
            Source::Program(from) => {
                fs::copy(from, &path).map_err(|source| failed("copy", from, source))?;
            }
        }
    }
    let mut command = docker.command(docker.program());
    command.env("DOCKER_BUILDKIT", "0");
    command.args(["build", "--quiet", "--label", LABEL, "--tag", tag]).arg(context.path());
    docker.finish(command).await.map_err(|source| ImageError::Docker { tag: tag.to_owned(), source })?;
    Ok(())
}

//! Which texts are read: files, directories, fragments on the command line.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use muster_hcl::{Node, parse, parse_json};

/// The longest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// A text that was read.
#[derive(Debug)]
pub struct Source {
    /// Its name in messages.
    pub name: Arc<str>,
    /// What is in it.
    pub root: Node,
}

/// What a flag named.
#[derive(Debug, Default)]
pub struct Sources {
    /// What was read, in order.
    pub read: Vec<Source>,
    /// What was not, for a warning each.
    pub skipped: Vec<String>,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Hcl,
}

impl Format {
    /// The value of `-config-format`.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "json" => Ok(Self::Json),
            "hcl" => Ok(Self::Hcl),
            other => bail!("-config-format is {other:?}: hcl or json would be right"),
        }
    }

    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "json" => Some(Self::Json),
            "hcl" => Some(Self::Hcl),
            _ => None,
        }
    }
}

/// The files that a path names: one, or all `.json` and `.hcl` files of a directory in alphabetical order. With a
/// format given, every file of the directory.
pub fn sources(path: &Path, format: Option<Format>) -> Result<Sources> {
    let metadata = std::fs::metadata(path).with_context(|| format!("cannot read configuration {}", path.display()))?;
    if !metadata.is_dir() {
        let Some(format) = format.or(Format::of(path)) else {
            bail!(
                "{}: a configuration file's name ends in .hcl or .json; -config-format hcl or json says what it is",
                path.display()
            );
        };
        return Ok(Sources { read: vec![file(path, format)?], skipped: Vec::new() });
    }
    let cannot = || format!("cannot read directory {}", path.display());
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(path).with_context(cannot)? {
        paths.push(entry.with_context(cannot)?.path());
    }
    paths.sort();
    let mut found = Sources::default();
    for path in paths.iter().filter(|path| !path.is_dir()) {
        match format.or(Format::of(path)) {
            Some(format) => found.read.push(file(path, format)?),
            // Consul's words.
            None => found.skipped.push(format!(
                "skipping file {}, extension must be .hcl or .json, or config format must be set",
                path.display()
            )),
        }
    }
    Ok(found)
}

/// A fragment that `-hcl` gives.
pub fn fragment(place: usize, text: &str) -> Result<Source> {
    let name: Arc<str> = Arc::from(format!("-hcl {}", place + 1));
    let root = parse(text.as_bytes()).map_err(|error| anyhow::anyhow!("{name}:{error}"))?;
    Ok(Source { name, root })
}

fn file(path: &Path, format: Format) -> Result<Source> {
    let name = path.display().to_string();
    let mut text = Vec::new();
    // No further: some files have no end.
    let read = File::open(path).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut text));
    let bytes = read.with_context(|| format!("cannot read configuration file {name}"))?;
    if bytes as u64 > MAX_FILE_BYTES {
        bail!("{name} is longer than {MAX_FILE_BYTES} bytes: several files would be right");
    }
    source(&name, &text, format)
}

/// What a text says.
pub fn source(name: &str, text: &[u8], format: Format) -> Result<Source> {
    let root = match format {
        Format::Json => parse_json(text),
        // An object of JSON is HCL too.
        Format::Hcl => parse(text),
    };
    Ok(Source { root: root.map_err(|error| anyhow::anyhow!("{name}:{error}"))?, name: Arc::from(name) })
}

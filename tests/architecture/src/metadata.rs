//! Packages, as `cargo metadata` lists them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Why the workspace could not be read.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// The program is not there or cannot be run.
    #[error("cannot run {program}")]
    Run {
        /// Which.
        program: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It ended with an error.
    #[error("{program} failed: {stderr}")]
    Failed {
        /// Which.
        program: String,
        /// What it said.
        stderr: String,
    },
    /// It printed no JSON.
    #[error("cannot read cargo's metadata")]
    Json(#[from] serde_json::Error),
    /// A field that cargo documents is missing.
    #[error("cargo's metadata has no {0}")]
    Missing(&'static str),
}

/// Every package of a build on this platform: ours and those they need, development included.
#[derive(Debug)]
pub struct Workspace {
    /// The folder with the workspace's Cargo.toml.
    pub root: PathBuf,
    /// All packages.
    pub packages: Vec<Package>,
}

/// One package.
#[derive(Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence expression, empty if it names none.
    pub licence: String,
    /// The folder with its Cargo.toml.
    pub folder: PathBuf,
    /// Whether it is one of the workspace's.
    pub ours: bool,
    /// What its Cargo.toml asks for, optional or not.
    pub dependencies: Vec<Dependency>,
}

/// What a package asks for.
#[derive(Debug)]
pub struct Dependency {
    /// The package's name.
    pub name: String,
    /// For tests and examples only.
    pub development: bool,
}

impl Workspace {
    /// Asks cargo about the workspace that this package stands in.
    pub fn read() -> Result<Self, MetadataError> {
        let host = host_platform()?;
        // Of other platforms cargo would have to download packages that nothing here builds.
        let arguments = ["metadata", "--format-version", "1", "--locked", "--filter-platform", &host];
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let value: Value = serde_json::from_str(&output(&cargo, &arguments)?)?;
        let ours: Vec<&str> = list(&value, "workspace_members")?.iter().filter_map(Value::as_str).collect();
        let packages = list(&value, "packages")?.iter().map(|package| read_package(package, &ours));
        Ok(Self { root: PathBuf::from(text(&value, "workspace_root")?), packages: packages.collect::<Result<_, _>>()? })
    }

    /// Our packages.
    pub fn ours(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.ours)
    }

    /// Our packages under `crates/`.
    pub fn crates(&self) -> impl Iterator<Item = &Package> {
        let folder = self.root.join("crates");
        self.ours().filter(move |package| package.folder.starts_with(&folder))
    }
}

fn read_package(package: &Value, ours: &[&str]) -> Result<Package, MetadataError> {
    let manifest = Path::new(text(package, "manifest_path")?);
    let dependencies = list(package, "dependencies")?.iter().map(|dependency| {
        let development = dependency.get("kind").and_then(Value::as_str) == Some("dev");
        Ok(Dependency { name: text(dependency, "name")?.to_owned(), development })
    });
    Ok(Package {
        name: text(package, "name")?.to_owned(),
        version: text(package, "version")?.to_owned(),
        licence: package.get("license").and_then(Value::as_str).unwrap_or_default().to_owned(),
        folder: manifest.parent().unwrap_or(manifest).to_owned(),
        ours: ours.contains(&text(package, "id")?),
        dependencies: dependencies.collect::<Result<_, MetadataError>>()?,
    })
}

fn text<'a>(value: &'a Value, field: &'static str) -> Result<&'a str, MetadataError> {
    value.get(field).and_then(Value::as_str).ok_or(MetadataError::Missing(field))
}

fn list<'a>(value: &'a Value, field: &'static str) -> Result<&'a [Value], MetadataError> {
    value.get(field).and_then(Value::as_array).map(Vec::as_slice).ok_or(MetadataError::Missing(field))
}

fn host_platform() -> Result<String, MetadataError> {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let about = output(&rustc, &["-vV"])?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or(MetadataError::Missing("host platform"))
}

fn output(program: &str, arguments: &[&str]) -> Result<String, MetadataError> {
    let run = |source| MetadataError::Run { program: program.to_owned(), source };
    let manifest_folder = env!("CARGO_MANIFEST_DIR");
    let output = Command::new(program).args(arguments).current_dir(manifest_folder).output().map_err(run)?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(MetadataError::Failed { program: program.to_owned(), stderr });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

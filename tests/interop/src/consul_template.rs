//! consul-template as its users run it: a template in, a file out.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use muster_testbed::program::Program;
use muster_testbed::wait;
use tempfile::TempDir;
use tokio::process::Command;

use crate::PATIENCE;
use crate::agent::muster;

/// A template, and the program that is to render it.
#[derive(Debug)]
pub struct Rendering<'a> {
    /// consul-template, or muster under that name.
    pub program: &'a Path,
    /// The registry.
    pub registry: SocketAddr,
    /// The template's bytes.
    pub template: &'a [u8],
    /// Environment variables for `env`.
    pub environment: &'a [(&'a str, &'a str)],
}

/// What `-once` did.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code; none if it was killed.
    pub code: Option<i32>,
    /// The file's bytes, if there is one.
    pub file: Option<Vec<u8>>,
    /// What it wrote to standard error.
    pub said: String,
}

/// A program that keeps a file true.
#[derive(Debug)]
pub struct Following {
    program: Program,
    place: Place,
}

#[derive(Debug)]
struct Place {
    directory: TempDir,
}

/// muster under the name consul-template.
#[derive(Debug)]
pub struct Ours {
    directory: TempDir,
}

impl Ours {
    /// A link of that name to the muster that is tested.
    pub fn link() -> Self {
        let ours = Self { directory: tempfile::tempdir().expect("a temporary directory") };
        let muster = std::fs::canonicalize(muster()).expect("muster is built");
        std::os::unix::fs::symlink(muster, ours.program()).expect("the directory was just made");
        ours
    }

    /// The link.
    pub fn program(&self) -> PathBuf {
        self.directory.path().join("consul-template")
    }
}

impl Rendering<'_> {
    /// Renders once and waits for its end.
    pub async fn once(&self) -> Outcome {
        let place = Place::with(self.template);
        let mut command = self.command(&place);
        command.args(["-once", "-log-level", "warn"]).kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output()).await;
        let output = output.unwrap_or_else(|_| panic!("{self:?} did not end within {PATIENCE:?}"));
        let output = output.unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Outcome { code: output.status.code(), file: std::fs::read(place.output()).ok(), said }
    }

    /// Renders until it is dropped.
    pub fn follow(&self) -> Following {
        let place = Place::with(self.template);
        let mut command = self.command(&place);
        command.args(["-log-level", "debug"]);
        Following { program: Program::start("consul-template", command, None).expect("it starts"), place }
    }

    fn command(&self, place: &Place) -> Command {
        let mut command = Command::new(self.program);
        // What the caller's shell says about Consul, Vault and Nomad is none of the test's.
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(self.environment.iter().copied());
        command.arg("-consul-addr").arg(self.registry.to_string());
        command.arg("-template").arg(format!("{}:{}", place.input().display(), place.output().display()));
        command
    }
}

impl Following {
    /// Waits until the file holds exactly this.
    pub async fn shows(&self, expected: &str) {
        let output = self.place.output();
        let shown = wait::until("the rendered file", PATIENCE, async || {
            let text = std::fs::read_to_string(&output).map_err(|error| error.to_string())?;
            if text == expected { Ok(()) } else { Err(format!("{text:?} instead of {expected:?}")) }
        });
        if let Err(error) = shown.await {
            let lines: Vec<_> = self.program.lines().into_iter().map(|line| line.text).collect();
            panic!("{error}\n{}", lines.join("\n"));
        }
    }

    /// Waits for a line of its log.
    pub async fn says(&mut self, part: &str) {
        let said = self.program.wait_for_line(part, PATIENCE, |line| line.text.contains(part));
        said.await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Whether there is a file.
    pub fn has_rendered(&self) -> bool {
        self.place.output().exists()
    }
}

impl Place {
    fn with(template: &[u8]) -> Self {
        let place = Self { directory: tempfile::tempdir().expect("a temporary directory") };
        std::fs::write(place.input(), template).expect("the directory was just made");
        place
    }

    fn input(&self) -> PathBuf {
        self.directory.path().join("in.ctmpl")
    }

    fn output(&self) -> PathBuf {
        self.directory.path().join("out")
    }
}

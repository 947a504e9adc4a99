//! Clients that are npm packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use muster_testbed::program_path::find_program;

use crate::cache;
use crate::skip::Missing;

const TOOL: &str = "Node.js 18 or newer with npm";

/// Node.js with npm.
#[derive(Debug)]
pub struct Node {
    program: PathBuf,
    npm: PathBuf,
}

impl Node {
    /// The one on PATH.
    pub fn find() -> Result<Self, Missing> {
        let missing = |found: String| Missing { tool: TOOL, found };
        let program = find_program("node").ok_or_else(|| missing("there is no node on PATH".into()))?;
        let npm = find_program("npm").ok_or_else(|| missing("there is no npm on PATH".into()))?;
        let output = Command::new(&program).arg("--version").output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
        let major = text.strip_prefix('v').and_then(|text| text.split('.').next()?.parse::<u32>().ok());
        match major {
            Some(major) if major >= 18 => Ok(Self { program, npm }),
            _ => Err(missing(format!("{} is {text:?}", program.display()))),
        }
    }

    /// The directory with the packages that `node/package.json` pins.
    pub fn modules(&self) -> PathBuf {
        let _lock = cache::lock("node");
        let directory = cache::directory().join("node");
        let wanted = fs::read_to_string(sources().join("package.json")).expect("it is in the repository");
        let made_of = directory.join("made-of.json");
        if fs::read_to_string(&made_of).is_ok_and(|had| had == wanted) {
            return directory;
        }
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
        fs::write(directory.join("package.json"), &wanted).expect("the directory was just made");
        let mut install = Command::new(&self.npm);
        install.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"]);
        cache::make(install.current_dir(&directory));
        fs::write(&made_of, wanted).expect("the directory was just made");
        directory
    }

    /// A program of ours.
    pub fn program(&self, name: &str) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(&self.program);
        command.arg(sources().join(name));
        command
    }
}

/// Where the programs are.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("node")
}

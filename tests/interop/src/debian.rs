//! Clients that are Debian packages: `tests/interop/setup` installs them.

use std::path::PathBuf;
use std::process::Stdio;

use muster_testbed::program_path::find_program;
use tokio::process::Command;

use crate::skip::Missing;

/// A program by its name, with the package that has it.
pub fn program(name: &'static str, package: &'static str) -> Result<PathBuf, Missing> {
    let found = || format!("there is no {name} on PATH (apt-get install {package}; tests/interop/setup does it)");
    find_program(name).ok_or_else(|| Missing { tool: name, found: found() })
}

/// Runs a program to its end and gives all that it wrote.
pub async fn output(mut command: Command) -> String {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(crate::PATIENCE, output).await;
    let output = output.unwrap_or_else(|_| panic!("{command:?} did not end"));
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

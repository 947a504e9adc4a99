//! muster: service discovery for Docker hosts in one program.
//!
//! The binary is the only place that knows every part: it reads flags, files and environment, binds
//! ports, installs signals and joins the parts. Under the name of an old tool it is that tool.

#[macro_use]
mod output;

mod address;
mod command;
mod config;
mod connect_root;
mod definitions;
mod descriptors;
mod dns_server;
#[cfg(test)]
mod docs_tests;
mod exit;
mod expose;
mod flags;
mod logging;
mod node_id;
mod pid_file;
mod port_holder;
mod program;
mod registry_client;
mod registry_server;
mod rendering;
mod shutdown;
mod unix_socket;
mod watches;

use std::ffi::OsString;
use std::process::ExitCode;

use exit::Failure;
use program::Program;

/// A registration is many small values in tables that share them; with glibc's allocator more of its time goes to making
/// and dropping these (docs/bench.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let program = Program::named(&words.next().unwrap_or_default().to_string_lossy());
    let run = || {
        check_environment()?;
        command::run(program, &arguments(words)?)
    };
    let done = run().and_then(|()| {
        output::finish().map_err(|error| Failure::from(anyhow::anyhow!("cannot write to standard output: {error}")))
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// What variables that are read begin with.
const READ: [&str; 6] = ["CONSUL_", "CONTAINER_", "DOCKER_", "ENGINE_", "MACHINE_", "MUSTER_"];

/// Refuses a variable that is no text: it would be taken for one that is not there.
fn check_environment() -> Result<(), Failure> {
    let is_read = |name: &str| READ.iter().any(|start| name.starts_with(start));
    let mut names = std::env::vars_os().filter(|(_, value)| value.to_str().is_none());
    match names.find_map(|(name, _)| name.into_string().ok().filter(|name| is_read(name))) {
        Some(name) => Err(anyhow::anyhow!("environment variable {name} is not UTF-8: set it anew, or unset it").into()),
        None => Ok(()),
    }
}

/// The words of the command line, which are texts here.
fn arguments(words: impl Iterator<Item = OsString>) -> Result<Vec<String>, Failure> {
    let text = |(place, word): (usize, OsString)| {
        let wrong = |word| Failure::from(anyhow::anyhow!("argument {} is {word:?}: UTF-8 would be right", place + 1));
        word.into_string().map_err(wrong)
    };
    words.enumerate().map(text).collect()
}

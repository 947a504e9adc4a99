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

use std::process::ExitCode;

use exit::Failure;
use program::Program;

/// A registration is many small values in tables that share them; with glibc's allocator a fifth of its time more goes to
/// making and dropping these.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut arguments = std::env::args();
    let program = Program::named(&arguments.next().unwrap_or_default());
    let arguments: Vec<String> = arguments.collect();
    let done = command::run(program, &arguments).and_then(|()| {
        output::finish().map_err(|error| Failure::from(anyhow::anyhow!("cannot write to standard output: {error}")))
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

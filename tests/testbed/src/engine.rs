//! A Docker Engine of the test's own, with a network, mounts and process IDs of its own.
//!
//! Each start of dockerd rewrites the Docker chains of the network it stands in, so a test's engine never stands in
//! the host's. Everything it starts lives in one process-ID namespace: when its first process goes, the kernel ends
//! every other one, and with them go the mounts and the network. What is left, a directory and some cgroups, is
//! removed by the process outside; should that be killed, by the next one that starts.
//!
//! Machines as containers run inside such an engine, the outer one: `in-engine -- COMMAND` sets DOCKER_HOST to it, which
//! is where `muster machine create` puts machines, and [`required`] gives its directory. Load their image first, with
//! `scripts/machine-image` inside (`tests/machines/run` does so, and is what to start from).

mod area;
mod inside;
mod outside;

pub use inside::run_inside;
pub use outside::run_with_engine;

/// Set for the command that runs beside the engine: the directory with the engine's socket and log.
pub const ENGINE_VARIABLE: &str = "MUSTER_TEST_ENGINE";

/// Set by who wants the engine on cgroups of version 2, on a host of version 1 too.
pub const UNIFIED_VARIABLE: &str = "MUSTER_TEST_CGROUP2";

/// Covered inside; it has to exist for that.
const HOST_CONFIGURATION: &str = "/etc/docker";

/// Why no engine could be started, or why its command could not be run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Namespaces, mounts and dockerd need root.
    #[error("an engine of the test's own needs root")]
    NotRoot,
    /// A program that the engine needs is not on PATH.
    #[error("{program} is not installed (Debian: apt-get install {package})")]
    Missing {
        /// What was looked for.
        program: &'static str,
        /// The Debian package that has it.
        package: &'static str,
    },
    /// The working directory could not be made, locked or removed.
    #[error("cannot {action} {}", path.display())]
    Area {
        /// What was tried.
        action: &'static str,
        /// On which file or directory.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program could not be started or waited for.
    #[error("cannot run {program}")]
    Run {
        /// The program.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A step of the set-up failed.
    #[error("{command} failed: {output}")]
    SetUp {
        /// The command line.
        command: String,
        /// What it printed.
        output: String,
    },
    /// dockerd ended or never answered.
    #[error("dockerd {what}; the end of its log:\n{log}")]
    Engine {
        /// What it did.
        what: &'static str,
        /// The last lines it wrote.
        log: String,
    },
}

/// The engine that this process was started beside, by `in-engine`.
///
/// # Panics
///
/// Without one: a test that needs an engine must fail rather than touch the host's.
pub fn required() -> std::path::PathBuf {
    match std::env::var_os(ENGINE_VARIABLE) {
        Some(directory) => directory.into(),
        None => panic!("{ENGINE_VARIABLE} is not set: this test runs beside an engine of its own (make test)"),
    }
}

//! Runs a command beside a Docker Engine of its own, and leaves nothing of the engine.
//!
//! `in-engine -- COMMAND…`: DOCKER_HOST and MUSTER_TEST_ENGINE are set for it, its exit code is passed on.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use muster_testbed::engine::{EngineError, run_inside, run_with_engine};

/// The command line between the two halves of this program; not for users.
const INSIDE: &str = "--inside";
const USAGE: &str = "usage: in-engine -- COMMAND [ARGUMENT]…";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [dashes, command @ ..] if dashes == "--" && !command.is_empty() => outside(command),
        [inside, area, dashes, command @ ..] if inside == INSIDE && dashes == "--" && !command.is_empty() => {
            run_inside(&PathBuf::from(area), command)
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let mut line = format!("in-engine: {error}");
            let mut source = std::error::Error::source(&error);
            while let Some(error) = source {
                line.push_str(&format!(": {error}"));
                source = error.source();
            }
            eprintln!("{line}");
            ExitCode::from(125)
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn outside(command: &[OsString]) -> Result<u8, EngineError> {
    let program = std::env::current_exe()
        .map_err(|source| EngineError::Run { program: "this program once more".to_owned(), source })?;
    run_with_engine(&[program.into(), INSIDE.into()], command).await
}

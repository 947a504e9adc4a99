//! Clients that are Python packages. Those that own the same module name live in environments of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use muster_testbed::program_path::find_program;

use crate::cache;
use crate::skip::Missing;

const TOOL: &str = "Python 3.10 or newer with venv and pip";
const PROBE: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";

/// A Python that can make environments.
#[derive(Debug)]
pub struct Python {
    program: PathBuf,
}

impl Python {
    /// The one on PATH.
    pub fn find() -> Result<Self, Missing> {
        let missing = |found: String| Missing { tool: TOOL, found };
        let program = find_program("python3").ok_or_else(|| missing("there is no python3 on PATH".into()))?;
        match Command::new(&program).args(["-c", PROBE]).output() {
            Ok(output) if output.status.success() => Ok(Self { program }),
            Ok(_) => Err(missing(format!("{} is older, or lacks them", program.display()))),
            Err(error) => Err(missing(format!("{}: {error}", program.display()))),
        }
    }

    /// The Python of an environment with what `python/requirements-CLIENT.txt` pins.
    pub fn environment(&self, client: &str) -> PathBuf {
        let name = format!("venv-{client}");
        let _lock = cache::lock(&name);
        let directory = cache::directory().join(name);
        let python = directory.join("bin/python");
        let requirements = sources().join(format!("requirements-{client}.txt"));
        let wanted = fs::read_to_string(&requirements).expect("the requirements are in the repository");
        let made_of = directory.join("made-of.txt");
        let current = fs::read_to_string(&made_of).is_ok_and(|had| had == wanted);
        if !current || !imports(&python) {
            cache::make(Command::new(&self.program).args(["-m", "venv", "--clear"]).arg(&directory));
            let mut install = Command::new(&python);
            install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
            cache::make(install.arg(&requirements));
            fs::write(&made_of, wanted).expect("the environment was just made");
        }
        python
    }
}

/// Where the Python programs are.
pub fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python")
}

fn imports(python: &Path) -> bool {
    Command::new(python).args(["-c", "import consul"]).output().is_ok_and(|output| output.status.success())
}

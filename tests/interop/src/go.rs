//! Clients that are Go modules.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use muster_testbed::program_path::find_program;

use crate::cache;
use crate::skip::Missing;

/// The consul-template that muster stands in for.
pub const CONSUL_TEMPLATE: &str = "v0.42.1";

/// What consul-template's go.mod asks for.
const OLDEST: (u32, u32, u32) = (1, 26, 4);
const TOOL: &str = "Go 1.26.4 or newer";

/// A Go toolchain, with a module cache of ours.
#[derive(Debug)]
pub struct Go {
    program: PathBuf,
}

impl Go {
    /// The one on PATH.
    pub fn find() -> Result<Self, Missing> {
        let missing = |found: String| Missing { tool: TOOL, found };
        let program = find_program("go").ok_or_else(|| missing("there is no go on PATH".into()))?;
        let go = Self { program };
        let output = go.command(Path::new("/")).args(["env", "GOVERSION"]).output();
        let text = match output {
            Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            Err(error) => return Err(missing(format!("{}: {error}", go.program.display()))),
        };
        match version(&text) {
            Some(version) if version >= OLDEST => Ok(go),
            _ => Err(missing(format!("{} is {text:?}", go.program.display()))),
        }
    }

    /// The real consul-template, installed at its version if it is not there yet.
    pub fn consul_template(&self) -> PathBuf {
        let name = format!("consul-template-{CONSUL_TEMPLATE}");
        let _lock = cache::lock(&name);
        let directory = cache::directory().join(name);
        let program = directory.join("consul-template");
        if !program.is_file() {
            let module = format!("github.com/hashicorp/consul-template@{CONSUL_TEMPLATE}");
            let mut install = self.command(Path::new("/"));
            cache::make(install.args(["install", "-modcacherw", &module]).env("GOBIN", &directory));
        }
        program
    }

    /// The test program made of `go/`: the Go API client with our questions to it.
    pub fn api_tests(&self) -> PathBuf {
        static BUILT: OnceLock<PathBuf> = OnceLock::new();
        BUILT.get_or_init(|| self.build_api_tests()).clone()
    }

    fn build_api_tests(&self) -> PathBuf {
        let _lock = cache::lock("go-api");
        let program = cache::directory().join("go-api.test");
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("go");
        let mut build = self.command(&sources);
        cache::make(build.args(["test", "-c", "-modcacherw", "-mod=readonly", "-o"]).arg(&program).arg("."));
        program
    }

    fn command(&self, directory: &Path) -> Command {
        let mut command = Command::new(&self.program);
        // The toolchain that is here is the one that is used: another one is not to be fetched.
        command.current_dir(directory).env("GOTOOLCHAIN", "local");
        command.env("GOMODCACHE", cache::directory().join("go-mod")).env("GOWORK", "off");
        command
    }
}

/// Of `go1.26.8`, and of `go1.27rc1`.
fn version(text: &str) -> Option<(u32, u32, u32)> {
    let mut numbers = text.strip_prefix("go")?.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    let mut next = || numbers.next()?.ok();
    Some((next()?, next()?, next().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(version("go1.26.8"), Some((1, 26, 8)));
        assert_eq!(version("go1.27"), Some((1, 27, 0)));
        assert_eq!(version("go1.27.1-X:nodwarf5"), Some((1, 27, 1)));
        assert_eq!(version("devel"), None);
    }
}

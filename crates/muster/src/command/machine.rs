//! `machine`, which is docker-machine: Docker hosts made, listed, reached, removed.

mod actions;
mod arguments;
mod create;
mod env;
mod inspect;
mod list;
mod remote;
mod remove;
mod words;

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use futures_util::future::join_all;
use muster_machine::{AuthorityFiles, Machine, MachineError, Progress, Store};

use crate::exit::Failure;
use crate::flags::{FlagTable, Parsed};
use crate::program::Program;
pub use create::{ROOT_ON_HOST, order_for};
pub use list::{aligned, natural};
use words::Word;
#[cfg(test)]
pub use words::markdown;
use words::{ALIASES, WORDS};

/// The machine that is meant when none is named and one of this name exists.
const DEFAULT_MACHINE: &str = "default";

/// Flags before the command.
pub const GLOBAL: FlagTable = words::GLOBAL;

/// The commands of `machine`.
#[cfg(test)]
pub fn words() -> &'static [words::Word] {
    WORDS
}

/// What every command of `machine` is given.
pub struct Context {
    /// The machines.
    store: Store,
    /// The command line up to the command: `docker-machine` or `muster machine`.
    invoked_as: String,
    /// The whole command line.
    command_line: Vec<String>,
    authority: AuthorityFiles,
    /// Whether docker-machine's behaviour is asked for where ours differs.
    compat: bool,
}

pub fn run(program: Program, arguments: &[String]) -> Result<(), Failure> {
    let invoked_as = if program == Program::DockerMachine { "docker-machine" } else { "muster machine" };
    let usage = |error: anyhow::Error| Failure::usage(1, error, format!("Try: {invoked_as} --help"));
    let global = arguments::read(&GLOBAL, ALIASES, arguments, arguments::Order::FlagsFirst).map_err(usage)?;
    let Some((word, rest)) = global.rest.split_first().filter(|_| !global.help) else {
        if global.bool("version") {
            out!("{}", version_line(invoked_as));
        } else {
            out!("{}", words::overview(invoked_as));
        }
        return Ok(());
    };
    if word == "help" {
        let asked = rest.first().and_then(|name| Word::named(name));
        out!("{}", asked.map_or_else(|| words::overview(invoked_as), |word| word.table.help()));
        return Ok(());
    }
    if words::ABSENT.contains(&word.as_str()) {
        let error = anyhow!("{invoked_as} {word} is not there yet in this muster; see docs/compatibility.md");
        return Err(usage(error));
    }
    let Some(found) = Word::named(word) else {
        let known: Vec<_> = WORDS.iter().map(|word| word.name).collect();
        let error = anyhow!("{invoked_as} has no command {word:?}; there are: {}", known.join(", "));
        return Err(usage(error));
    };
    let asked = std::env::var("MACHINE_DEBUG").ok().and_then(|value| crate::flags::go_bool(&value));
    crate::logging::start(if global.bool("debug") || asked == Some(true) { "debug" } else { "warn" })?;
    let context = context(program, invoked_as, &global, arguments)?;
    (found.run)(&context, rest)
}

fn version_line(invoked_as: &str) -> String {
    let own = env!("CARGO_PKG_VERSION");
    format!("{invoked_as} version {}, build muster-{own}\n", words::DOCKER_MACHINE_VERSION)
}

fn context(program: Program, invoked_as: &str, global: &Parsed, arguments: &[String]) -> Result<Context, Failure> {
    let value = |flag: &str, variable: &str| {
        let from_environment = || std::env::var(variable).ok();
        global.text(flag).map(str::to_owned).or_else(from_environment).filter(|text| !text.is_empty())
    };
    let path = match value("storage-path", "MACHINE_STORAGE_PATH") {
        Some(path) => PathBuf::from(path),
        None => {
            let home = std::env::var("HOME").ok().filter(|home| !home.is_empty());
            let home = home.context(
                "HOME is not set: --storage-path DIR or MACHINE_STORAGE_PATH would say where machines are kept",
            )?;
            PathBuf::from(home).join(".docker/machine")
        }
    };
    let path = std::path::absolute(&path).with_context(|| format!("{} is no path", path.display()))?;
    let store = Store::at(path);
    let mut authority = AuthorityFiles::in_directory(&store.certificates());
    for (file, flag, variable) in [
        (&mut authority.certificate, "tls-ca-cert", "MACHINE_TLS_CA_CERT"),
        (&mut authority.key, "tls-ca-key", "MACHINE_TLS_CA_KEY"),
        (&mut authority.client_certificate, "tls-client-cert", "MACHINE_TLS_CLIENT_CERT"),
        (&mut authority.client_key, "tls-client-key", "MACHINE_TLS_CLIENT_KEY"),
    ] {
        if let Some(path) = value(flag, variable) {
            *file = PathBuf::from(path);
        }
    }
    let compat = program.compat().map_err(|error| anyhow!(error))?;
    let mut command_line: Vec<String> = invoked_as.split(' ').map(str::to_owned).collect();
    command_line.extend(arguments.iter().cloned());
    Ok(Context { store, invoked_as: invoked_as.to_owned(), command_line, authority, compat })
}

impl Context {
    /// For `muster swarm`, whose flags are all in one.
    pub fn of_swarm(program: Program, parsed: &Parsed) -> Result<Self, Failure> {
        context(program, "muster machine", parsed, &[])
    }

    /// The machines.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Reads a command's flags, wherever they stand.
    fn parse(&self, table: &FlagTable, arguments: &[String]) -> Result<Option<Parsed>, Failure> {
        let parsed = arguments::read(table, ALIASES, arguments, arguments::Order::Anywhere)
            .map_err(|error| Failure::usage(1, error, format!("Try: {} --help", self.invoked_as)))?;
        if parsed.help {
            out!("{}", table.help());
            return Ok(None);
        }
        Ok(Some(parsed))
    }

    /// The one machine that is meant.
    fn target(&self, names: &[String]) -> Result<String, Failure> {
        match names {
            [name] => Ok(name.clone()),
            [] => self.default_machine(),
            _ => Err(anyhow!("Error: Expected one machine name as an argument").into()),
        }
    }

    fn default_machine(&self) -> Result<String, Failure> {
        let names = self.store.names()?;
        if names.iter().any(|name| name.as_str() == DEFAULT_MACHINE) {
            return Ok(DEFAULT_MACHINE.to_owned());
        }
        Err(anyhow!("Error: No machine name(s) specified and no {DEFAULT_MACHINE:?} machine exists").into())
    }

    /// Reads one.
    pub fn load(&self, name: &str) -> Result<Machine, MachineError> {
        Machine::load(&self.store, name)
    }

    /// All that are meant; if one cannot be loaded, nothing is done to any.
    fn load_all(&self, names: &[String]) -> Result<Vec<Machine>, Failure> {
        let names = if names.is_empty() { vec![self.default_machine()?] } else { names.to_vec() };
        let loaded = names.iter().map(|name| self.load(name).map_err(anyhow::Error::from));
        let (machines, errors): (Vec<_>, Vec<_>) = loaded.partition(Result::is_ok);
        together(errors.into_iter().filter_map(Result::err))?;
        Ok(machines.into_iter().flatten().collect())
    }

    /// Does the same with all that are meant, at once; what failed is told together.
    fn with_each<F, Fut>(&self, names: &[String], action: F) -> Result<(), Failure>
    where
        F: Fn(Machine, Progress) -> Fut,
        Fut: Future<Output = Result<(), MachineError>>,
    {
        let machines = self.load_all(names)?;
        let outcomes =
            super::runtime()?.block_on(join_all(machines.into_iter().map(|machine| action(machine, progress()))));
        together(outcomes.into_iter().filter_map(Result::err).map(anyhow::Error::from))
    }
}

/// Several failures, each in a line of its own.
pub fn together(errors: impl Iterator<Item = anyhow::Error>) -> Result<(), Failure> {
    let mut errors: Vec<_> = errors.collect();
    let Some(last) = errors.pop() else { return Ok(()) };
    for error in &errors {
        errln!("{}", crate::exit::one_line(error));
    }
    Err(last.into())
}

/// Reads flags that may stand anywhere.
pub fn read_anywhere(table: &FlagTable, arguments: &[String]) -> anyhow::Result<Parsed> {
    arguments::read(table, ALIASES, arguments, arguments::Order::Anywhere)
}

/// docker-machine's lines go to standard output.
pub fn progress() -> Progress {
    Progress::new(say)
}

/// A line on standard output.
pub fn say(line: &str) {
    outln!("{line}");
}

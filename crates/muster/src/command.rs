//! The commands, and which of them a command line means.

mod agent;
mod client;
pub mod consul;
mod entrypoint;
mod healthcheck;
mod machine;
mod registrator;
mod swarm;
mod template;
mod up;
mod validate;
mod version;

use anyhow::anyhow;
use client::ClientCommands;
#[cfg(test)]
pub use machine::markdown as machine_markdown;

use crate::exit::Failure;
use crate::flags::FlagTable;
use crate::program::Program;

/// A command of `muster`.
struct Command {
    name: &'static str,
    summary: &'static str,
    table: &'static FlagTable,
    run: fn(Program, &[String]) -> Result<(), Failure>,
}

const COMMANDS: &[Command] = &[
    Command { name: "up", summary: "the whole chain on this host in one process", table: &up::TABLE, run: up::run },
    Command {
        name: "agent",
        summary: "the registry: Consul's HTTP API, durable",
        table: &agent::TABLE,
        run: agent::run,
    },
    Command {
        name: "registrator",
        summary: "containers become registrations and stay true",
        table: &registrator::TABLE,
        run: registrator::run,
    },
    Command {
        name: "template",
        summary: "files rendered from the registry",
        table: &template::TABLE,
        run: template::run,
    },
    Command {
        name: "validate",
        summary: "whether agent would start with these files",
        table: &validate::TABLE,
        run: validate::run,
    },
    Command {
        name: "entrypoint",
        summary: "the first process of the image consul",
        table: &entrypoint::TABLE,
        run: entrypoint::run,
    },
    Command {
        name: "healthcheck",
        summary: "whether a muster process does its work, for images",
        table: &healthcheck::TABLE,
        run: healthcheck::run,
    },
    Command {
        name: "machine",
        summary: "Docker hosts: make, list, reach, remove",
        table: &machine::GLOBAL,
        run: machine::run,
    },
    Command { name: "swarm", summary: "machines become a Docker swarm", table: &swarm::TABLE, run: swarm::run },
    Command { name: "version", summary: "which muster this is", table: &version::TABLE, run: version::run },
];

/// Commands that ask a registry; Consul has them too.
const CLIENT_COMMANDS: [&ClientCommands; 8] = [
    &client::CATALOG,
    &client::INFO,
    &client::KV,
    &client::LEAVE,
    &client::MEMBERS,
    &client::RELOAD,
    &client::SERVICES,
    &client::SNAPSHOT,
];

/// Runs what the command line asks for.
pub fn run(program: Program, arguments: &[String]) -> Result<(), Failure> {
    match program {
        Program::Registrator => registrator::run(program, arguments),
        Program::ConsulTemplate => template::run(program, arguments),
        Program::DockerMachine => machine::run(program, arguments),
        Program::Muster | Program::Consul => dispatch(program, arguments),
    }
}

/// The names of all commands that Consul has too: `kv get`, `members`.
#[cfg(test)]
pub fn consuls() -> Vec<String> {
    let own = COMMANDS.iter().map(|command| command.name.to_owned()).filter(|name| is_consuls(name));
    own.chain(CLIENT_COMMANDS.iter().flat_map(|command| command.names())).collect()
}

/// The flags of the commands that ask a registry, for the tables in docs/compatibility.md.
#[cfg(test)]
pub fn client_tables() -> Vec<(String, &'static FlagTable)> {
    CLIENT_COMMANDS.iter().flat_map(|command| command.tables()).collect()
}

/// The flags of a command, for the tables in docs/compatibility.md.
#[cfg(test)]
pub fn table(name: &str) -> &'static FlagTable {
    COMMANDS.iter().find(|command| command.name == name).expect("a command of muster").table
}

fn dispatch(program: Program, arguments: &[String]) -> Result<(), Failure> {
    let name = program.name();
    let commands = || COMMANDS.iter().filter(|command| program == Program::Muster || is_consuls(command.name));
    let Some((word, rest)) = arguments.split_first() else {
        out!("{}", overview(name, commands()));
        return Ok(());
    };
    match word.as_str() {
        "-h" | "-help" | "--help" | "help" => {
            let asked = rest.first().map(String::as_str);
            let client = CLIENT_COMMANDS.iter().find(|command| Some(command.name()) == asked);
            match (commands().find(|command| Some(command.name) == asked), client) {
                (Some(command), _) => out!("{}", command.table.help_as(name)),
                (None, Some(command)) => out!("{}", command.help(name)),
                (None, None) => out!("{}", overview(name, commands())),
            }
            Ok(())
        }
        "-v" | "-version" | "--version" => version::run(program, &[]),
        word => {
            let client = CLIENT_COMMANDS.iter().find(|command| command.name() == word);
            match (commands().find(|command| command.name == word), client) {
                (Some(command), _) => (command.run)(program, rest),
                (None, Some(command)) => command.run(name, rest),
                (None, None) => {
                    let try_help = format!("Try: {name} --help");
                    if consul::COMMANDS.iter().any(|command| command.split(' ').next() == Some(word)) {
                        let error = anyhow!(
                            "Consul's command {word:?} is not in this version of muster; see docs/compatibility.md"
                        );
                        return Err(Failure::usage(1, error, try_help));
                    }
                    let own = commands().map(|command| command.name);
                    let known: Vec<_> = own.chain(CLIENT_COMMANDS.iter().map(|command| command.name())).collect();
                    let error = anyhow!("{name} has no command {word:?}; there are: {}", known.join(", "));
                    // Consul's code, as a shell's for a command that it does not find.
                    let code = if program == Program::Consul { 127 } else { 1 };
                    Err(Failure::usage(code, error, try_help))
                }
            }
        }
    }
}

fn is_consuls(command: &str) -> bool {
    matches!(command, "agent" | "validate" | "version")
}

fn overview(name: &str, commands: impl Iterator<Item = &'static Command>) -> String {
    let mut text = format!(
        "muster: service discovery for Docker hosts in one program.\n\nUsage: {name} COMMAND [flags]\n\nCommands:\n"
    );
    for command in commands {
        text.push_str(&format!("  {:<13} {}\n", command.name, command.summary));
    }
    text.push_str("\nCommands that ask a registry:\n");
    for command in CLIENT_COMMANDS {
        text.push_str(&format!("  {:<13} {}\n", command.name(), command.summary()));
    }
    text.push_str(&format!("\nHelp on a command: {name} COMMAND --help\n"));
    if name == "muster" {
        text.push_str(
            "\nStart here, on a Docker host:\n  muster up\nThen, in another terminal:\n  \
             docker run -d -P nginx\n  curl http://127.0.0.1:8500/v1/health/service/nginx?pretty\n\
             \nCalled as docker-machine, consul, registrator or consul-template (a link to this file), it is that tool.\n",
        );
    }
    text
}

/// A runtime for everything that waits on sockets.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(runtime_for_anyhow()?)
}

/// The same for callers whose errors are plain ones.
fn runtime_for_anyhow() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::{Effect, Kind};

    #[test]
    fn help_names_no_flag_that_is_absent() {
        for command in COMMANDS {
            let help = command.table.help();
            for flag in command.table.flags.iter().filter(|flag| flag.effect == Effect::Absent) {
                assert!(!help.contains(&format!("  -{} ", flag.name)), "{} -{}", command.name, flag.name);
            }
        }
    }

    /// Every table of flags that there is.
    fn tables() -> Vec<(String, &'static FlagTable)> {
        let own = COMMANDS.iter().map(|command| (command.name.to_owned(), command.table));
        let words = machine::words().iter().map(|word| (format!("machine {}", word.name), word.table));
        own.chain(client_tables()).chain(words).collect()
    }

    /// Derived from the tables: what is wrong with any flag of any command is told in one line that names it.
    #[test]
    fn of_every_flag_wrong_input_is_told() {
        let mut cases = 0;
        for (name, table) in tables() {
            let parse = |words: &[&str]| {
                let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
                table.parse(&words).map_err(|error| error.to_string())
            };
            let mut told = |words: &[&str], flag: &str| {
                let line = parse(words).expect_err(&format!("{name} {words:?}"));
                assert!(line.contains(&format!("-{flag}")) && !line.contains('\n'), "{name} {words:?}: {line}");
                cases += 1;
            };
            told(&["-nonsense"], "nonsense");
            told(&["--nonsense=1"], "nonsense");
            told(&["---x"], "--x");
            for flag in table.flags {
                let (dashed, misspelled) = (format!("-{}", flag.name), format!("-{}x", flag.name));
                told(&[&misspelled], &misspelled[1..]);
                if flag.effect == Effect::Absent {
                    told(&[&dashed], flag.name);
                    continue;
                }
                let wrong: &[&str] = match flag.kind {
                    Kind::Bool => &["maybe", "", "2"],
                    Kind::Int => &["x", "", "1.5", "9223372036854775808", "true"],
                    Kind::Uint => &["x", "", "-1", "18446744073709551616"],
                    Kind::Text | Kind::List => &[],
                };
                wrong.iter().for_each(|value| told(&[&format!("{dashed}={value}")], flag.name));
                if flag.kind != Kind::Bool {
                    told(&[&dashed], flag.name);
                }
                let [one, other] = match flag.kind {
                    Kind::Bool => ["true", "false"],
                    _ => ["1", "2"],
                };
                let twice = parse(&[&format!("{dashed}={one}"), &format!("{dashed}={other}")]).unwrap();
                assert_eq!(twice.text(flag.name), Some(other), "{name} {dashed}");
            }
        }
        assert!(cases > 1000, "{cases}");
    }

    #[test]
    fn every_flag_stands_once_in_its_table() {
        for command in COMMANDS {
            let mut names: Vec<_> = command.table.flags.iter().map(|flag| flag.name).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{}", command.name);
        }
    }
}

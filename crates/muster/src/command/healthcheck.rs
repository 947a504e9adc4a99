//! `healthcheck`: whether a muster process does its work, for Docker's HEALTHCHECK.
//!
//! It reads the command line of that process as the process itself does, so it asks where the process really listens.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use muster_catalog::LocalAgent;
use muster_docker::Engine;
use tokio::time::{Instant, timeout_at};

use super::{agent, entrypoint, registrator, template};
use crate::exit::Failure;
use crate::flags::{Flag, FlagTable, Kind};
use crate::program::Program;
use crate::registry_client;

/// The first process of a container.
const FIRST: i64 = 1;
/// Less than the time that images give the check, so that there is a line to read.
const PATIENCE: Duration = Duration::from_secs(4);

pub const TABLE: FlagTable = FlagTable {
    usage: "muster healthcheck [-pid PID]",
    about: "\
Says whether a muster process does its work; for HEALTHCHECK in images. Ends with 0 if it does, else with
1 and one line that says what does not.

  an agent         its HTTP API answers, and it takes writes
  a registrator    its Docker engine answers, and so does its registry
  a template       its registry answers

The process's own command line says where to ask; the environment is taken to be the same as its own.",
    flags: &[Flag::works("pid", Kind::Int, "PID", "the process; default 1, a container's first")],
};

pub fn run(_: Program, arguments: &[String]) -> Result<(), Failure> {
    let usage = "Try: muster healthcheck --help";
    let parsed = TABLE.parse(arguments).map_err(|error| Failure::usage(1, error, usage))?;
    if parsed.help {
        out!("{}", TABLE.help());
        return Ok(());
    }
    if let Some(extra) = parsed.rest.first() {
        return Err(Failure::usage(1, anyhow!("unexpected argument {extra:?}: healthcheck takes flags only"), usage));
    }
    let pid = parsed.int("pid").unwrap_or(FIRST);
    let subject = Subject::of(&command_line(pid)?).with_context(|| format!("process {pid}"))?;
    outln!("{}", super::runtime()?.block_on(subject.ask())?);
    Ok(())
}

/// What a process needs to do its work.
enum Subject {
    /// Its own registry, at this address.
    Agent(String),
    /// A Docker engine and the registry at this address.
    Registrator(Box<Engine>, String),
    /// The registry at this address.
    Template(String),
}

impl Subject {
    fn of(words: &[String]) -> Result<Self> {
        let (name, arguments) = words.split_first().context("it has no command line")?;
        match (Program::named(name), arguments) {
            (Program::Registrator, arguments) => Self::registrator(Program::Registrator, arguments),
            (Program::ConsulTemplate, arguments) => Self::template(arguments),
            (program, [command, rest @ ..]) => match command.as_str() {
                "agent" => Self::agent(program, rest),
                "registrator" => Self::registrator(program, rest),
                "template" => Self::template(rest),
                "entrypoint" => {
                    let arguments = entrypoint::consul_arguments(rest);
                    match arguments.split_first() {
                        Some((command, rest)) if command == "agent" => Self::agent(Program::Consul, rest),
                        _ => bail!("it runs {:?}, which serves nothing", arguments.join(" ")),
                    }
                }
                other => bail!("it runs {other:?}: agent, registrator or template would be right"),
            },
            (_, []) => bail!("it runs {name:?} without a command: agent, registrator or template would be right"),
        }
    }

    fn agent(program: Program, arguments: &[String]) -> Result<Self> {
        Ok(Self::Agent(agent::address_of(program, arguments)?))
    }

    fn registrator(program: Program, arguments: &[String]) -> Result<Self> {
        let (engine, address) = registrator::ends_of(program, arguments)?;
        Ok(Self::Registrator(Box::new(engine), address))
    }

    fn template(arguments: &[String]) -> Result<Self> {
        Ok(Self::Template(template::registry_of(arguments)?))
    }

    /// Asks; gives what is well, in a line.
    async fn ask(self) -> Result<String> {
        let until = Instant::now() + PATIENCE;
        match self {
            Self::Agent(address) => {
                ping(&address, until).await?;
                Ok(format!("the registry at {address} answers and takes writes"))
            }
            Self::Registrator(engine, address) => {
                let asked = timeout_at(until, engine.info()).await;
                asked.map_err(|_| anyhow!("the engine at {}: no answer within {PATIENCE:?}", engine.address()))??;
                ping(&address, until).await?;
                Ok(format!("the engine at {} and the registry at {address} answer", engine.address()))
            }
            Self::Template(address) => {
                ping(&address, until).await?;
                Ok(format!("the registry at {address} answers"))
            }
        }
    }
}

/// Asks a registry; its name alone may take long to be looked up.
async fn ping(address: &str, until: Instant) -> Result<()> {
    let registry = registry_client::connect(address)?;
    let asked = timeout_at(until, registry.ping()).await;
    let asked = asked.map_err(|_| anyhow!("the registry at {address}: no answer within {PATIENCE:?}"))?;
    asked.with_context(|| format!("the registry at {address}"))
}

fn command_line(pid: i64) -> Result<Vec<String>> {
    let path = format!("/proc/{pid}/cmdline");
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read {path}"))?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.split_terminator('\0').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(line: &str) -> String {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        match Subject::of(&words) {
            Ok(Subject::Agent(address)) => format!("agent {address}"),
            Ok(Subject::Registrator(engine, address)) => format!("registrator {} {address}", engine.address()),
            Ok(Subject::Template(address)) => format!("template {address}"),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn the_agent_is_asked_where_it_listens() {
        assert_eq!(subject("/bin/muster entrypoint consul -bootstrap"), "agent 127.0.0.1:8500");
        assert_eq!(subject("muster agent -dev -http-port 9500"), "agent 127.0.0.1:9500");
        let open = subject("/bin/consul agent -bootstrap -data-dir /x -client 10.1.2.3 -http-port=99");
        assert_eq!(open, "agent 10.1.2.3:99");
    }

    #[test]
    fn workers_are_asked_for_what_they_need() {
        assert_eq!(
            subject("/bin/registrator -internal consul://registry:8500"),
            "registrator unix:///tmp/docker.sock registry:8500"
        );
        assert_eq!(subject("consul-template -consul=registry:8500 -template=a:b"), "template registry:8500");
    }

    #[test]
    fn what_serves_nothing_is_named() {
        assert!(subject("muster version").starts_with("it runs \"version\""));
        assert!(subject("muster entrypoint consul version").contains("serves nothing"));
        assert!(subject("sleep").contains("without a command"));
    }
}

//! Commands that ask a registry: Consul's client commands with its output.

mod catalog;
mod columns;
mod control;
mod info;
mod kv;
mod kv_transfer;
mod members;
mod services;
mod snapshot;

use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use muster_consul_client::{ClientConfig, ConsulClient, RawAnswer};
use muster_wire::json::{self, Value};
use muster_wire::query::push_param;

pub use catalog::CATALOG;
pub use control::{LEAVE, RELOAD};
pub use info::INFO;
pub use kv::KV;
pub use members::MEMBERS;
pub use services::SERVICES;
pub use snapshot::SNAPSHOT;

use crate::exit::Failure;
use crate::flags::{FlagTable, Parsed};
use crate::registry_client;

/// How long an answer may take.
const WITHIN: Duration = Duration::from_secs(60);

/// A command, or one of a group's.
pub struct ClientCommand {
    pub name: &'static str,
    pub summary: &'static str,
    pub table: FlagTable,
    pub run: fn(&Session) -> Result<()>,
}

/// Commands under one name: `kv get`, or the name alone.
pub enum ClientCommands {
    One(ClientCommand),
    Several { name: &'static str, summary: &'static str, commands: &'static [ClientCommand] },
}

/// The flags of a command that asks servers, after its own.
macro_rules! client_flags {
    ($($own:expr),* $(,)?) => {
        $crate::command::client::agent_flags![
            $($own,)*
            $crate::flags::Flag::works("datacenter", $crate::flags::Kind::Text, "NAME", "the datacenter to ask"),
            $crate::flags::Flag::works("stale", $crate::flags::Kind::Bool, "", "any server may answer"),
            $crate::flags::Flag::absent("namespace"),
            $crate::flags::Flag::absent("partition"),
        ]
    };
}
pub(crate) use client_flags;

/// The flags of a command that asks the agent, after its own.
macro_rules! agent_flags {
    ($($own:expr),* $(,)?) => {
        &[
            $($own,)*
            $crate::flags::Flag::works("http-addr", $crate::flags::Kind::Text, "ADDR",
                "the registry; default CONSUL_HTTP_ADDR, else 127.0.0.1:8500"),
            $crate::flags::Flag::works("token", $crate::flags::Kind::Text, "TOKEN", "default CONSUL_HTTP_TOKEN"),
            $crate::flags::Flag::works("token-file", $crate::flags::Kind::Text, "FILE", "the token is in this file"),
            $crate::flags::Flag::absent("ca-file"),
            $crate::flags::Flag::absent("ca-path"),
            $crate::flags::Flag::absent("client-cert"),
            $crate::flags::Flag::absent("client-key"),
            $crate::flags::Flag::absent("tls-server-name"),
        ]
    };
}
pub(crate) use agent_flags;

/// A command line with the registry that it asks.
pub struct Session {
    pub parsed: Parsed,
    client: ConsulClient,
    runtime: tokio::runtime::Runtime,
}

impl ClientCommands {
    pub fn name(&self) -> &'static str {
        match self {
            Self::One(command) => command.name,
            Self::Several { name, .. } => name,
        }
    }

    /// The names with those of a group's commands: `kv get`.
    #[cfg(test)]
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::One(command) => vec![command.name.to_owned()],
            Self::Several { name, commands, .. } => {
                commands.iter().map(|command| format!("{name} {}", command.name)).collect()
            }
        }
    }

    pub fn summary(&self) -> &'static str {
        match self {
            Self::One(command) => command.summary,
            Self::Several { summary, .. } => summary,
        }
    }

    /// The flags of each command, with its names.
    #[cfg(test)]
    pub fn tables(&'static self) -> Vec<(String, &'static FlagTable)> {
        match self {
            Self::One(command) => vec![(command.name.to_owned(), &command.table)],
            Self::Several { name, commands, .. } => {
                commands.iter().map(|command| (format!("{name} {}", command.name), &command.table)).collect()
            }
        }
    }

    /// What `--help` prints for who called the program by `called`.
    pub fn help(&self, called: &str) -> String {
        match self {
            Self::One(command) => command.table.help_as(called),
            Self::Several { name, summary, commands } => {
                let list: String = commands.iter().map(|one| format!("  {:<13} {}\n", one.name, one.summary)).collect();
                format!("Usage: {called} {name} COMMAND [flags]\n\n{summary}\n\nCommands:\n{list}")
            }
        }
    }

    /// Runs the command that `arguments` ask for.
    pub fn run(&self, called: &str, arguments: &[String]) -> Result<(), Failure> {
        match self {
            Self::One(command) => command.run(called, arguments),
            Self::Several { name, commands, .. } => {
                let usage = || format!("Try: {called} {name} --help");
                let Some((word, rest)) = arguments.split_first() else {
                    return Err(Failure::usage(1, anyhow!("{name} needs a command"), self.help(called).trim_end()));
                };
                if matches!(word.as_str(), "-h" | "-help" | "--help" | "help") {
                    out!("{}", self.help(called));
                    return Ok(());
                }
                match commands.iter().find(|command| command.name == word) {
                    Some(command) => command.run(called, rest),
                    None => {
                        let known: Vec<_> = commands.iter().map(|command| command.name).collect();
                        let error = anyhow!("{name} has no command {word:?}; there are: {}", known.join(", "));
                        Err(Failure::usage(1, error, usage()))
                    }
                }
            }
        }
    }
}

impl ClientCommand {
    fn run(&self, called: &str, arguments: &[String]) -> Result<(), Failure> {
        let usage = || self.table.usage_as(called);
        let parsed = self.table.parse(arguments).map_err(|error| Failure::usage(1, error, usage()))?;
        if parsed.help {
            out!("{}", self.table.help_as(called));
            return Ok(());
        }
        (self.run)(&Session::open(parsed)?).map_err(|error| {
            let code = if error.is::<members::NoMembers>() { 2 } else { 1 };
            Failure::with_code(code, error)
        })
    }
}

impl Session {
    fn open(parsed: Parsed) -> Result<Self> {
        let token = match parsed.text("token-file").map(str::to_owned).or_else(|| environment("CONSUL_HTTP_TOKEN_FILE"))
        {
            Some(path) => {
                let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read token file {path}"))?;
                Some(text.trim().to_owned())
            }
            None => parsed.text("token").map(str::to_owned).or_else(|| environment("CONSUL_HTTP_TOKEN")),
        };
        registry_client::refuse_unused_environment(&["CONSUL_HTTP_TOKEN_FILE"])?;
        let address = registry_client::address(parsed.text("http-addr").filter(|address| !address.is_empty()));
        let client = ConsulClient::new(ClientConfig { token, ..ClientConfig::new(address) })?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { parsed, client, runtime })
    }

    /// The query that every request has, and then some: names with values, or names alone.
    pub fn target(&self, path: &str, query: &[(&str, &str)]) -> String {
        let datacenter = self.parsed.text("datacenter").map(|name| ("dc", name));
        let stale = self.parsed.bool("stale").then_some(("stale", ""));
        let mut text = String::new();
        for (name, value) in datacenter.into_iter().chain(stale).chain(query.iter().copied()) {
            push_param(&mut text, name, value);
        }
        if text.is_empty() { path.to_owned() } else { format!("{path}?{text}") }
    }

    /// The answer to `GET`, which must be 200.
    pub fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<RawAnswer> {
        whole(self.get_any(path, query)?)
    }

    /// The answer to `GET`, whatever its status.
    pub fn get_any(&self, path: &str, query: &[(&str, &str)]) -> Result<RawAnswer> {
        let target = self.target(path, query);
        Ok(self.runtime.block_on(self.client.get_raw(target, WITHIN))?)
    }

    /// The answer to `PUT`, which must be 200.
    pub fn put(&self, path: &str, query: &[(&str, &str)], body: Vec<u8>) -> Result<RawAnswer> {
        let target = self.target(path, query);
        let sent = self.runtime.block_on(self.client.put_raw(target, body, WITHIN));
        whole(sent?)
    }

    /// The answer to `DELETE`, which must be 200.
    pub fn delete(&self, path: &str, query: &[(&str, &str)]) -> Result<RawAnswer> {
        let target = self.target(path, query);
        let sent = self.runtime.block_on(self.client.delete_raw(target, WITHIN));
        whole(sent?)
    }

    /// The body of `GET` as JSON.
    pub fn json(&self, path: &str, query: &[(&str, &str)]) -> Result<Value> {
        Ok(json::parse(&self.get(path, query)?.body)?)
    }

    /// No words after the flags.
    pub fn no_arguments(&self) -> Result<()> {
        match self.parsed.rest.first() {
            None => Ok(()),
            Some(_) => bail!("Too many arguments (expected 0, got {})", self.parsed.rest.len()),
        }
    }

    /// The one word after the flags.
    pub fn argument(&self, missing: &str) -> Result<&str> {
        match self.parsed.rest.as_slice() {
            [] => bail!("{missing}"),
            [one] => Ok(one),
            more => bail!("Too many arguments (expected 1, got {})", more.len()),
        }
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn whole(answer: RawAnswer) -> Result<RawAnswer> {
    if answer.status == 200 {
        return Ok(answer);
    }
    // Consul's words.
    bail!("Unexpected response code: {} ({})", answer.status, String::from_utf8_lossy(&answer.body).trim_end())
}

/// A member of an object as text; numbers and truth values as they are written, all else empty.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    match value.as_object().and_then(|object| object.get(name)) {
        Some(Value::String(text) | Value::Number(text)) => text,
        Some(Value::Bool(true)) => "true",
        Some(Value::Bool(false)) => "false",
        _ => "",
    }
}

/// The elements of a list; of anything else none.
pub fn items(value: &Value) -> &[Value] {
    value.as_array().unwrap_or(&[])
}

/// The members of a member that is an object; of anything else none.
pub fn members_of<'a>(value: &'a Value, name: &str) -> &'a [(String, Value)] {
    match value.as_object().and_then(|object| object.get(name)) {
        Some(Value::Object(object)) => &object.0,
        _ => &[],
    }
}

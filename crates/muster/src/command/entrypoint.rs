//! `entrypoint`: the first process of the image that is named consul.
//!
//! What stands behind the image's name on Docker's command line becomes a command line of the program `consul`, as
//! the entry point of Consul's own image makes one, without a shell.

use anyhow::anyhow;

use crate::exit::Failure;
use crate::flags::FlagTable;
use crate::program::Program;

/// The image's volume.
const DATA: [&str; 2] = ["-data-dir", "/consul/data"];
/// A container's port is published, or it is not reached; so inside it is open.
const OPEN: [&str; 2] = ["-client", "0.0.0.0"];
/// Variables of Consul's image whose effect is not there: to go on without it would look as if it were.
const VARIABLES: [&str; 3] = ["CONSUL_BIND_INTERFACE", "CONSUL_CLIENT_INTERFACE", "CONSUL_LOCAL_CONFIG"];
const TRY: &str = "Try: muster entrypoint --help";

pub const TABLE: FlagTable = FlagTable {
    usage: "muster entrypoint consul [ARGUMENT]...",
    about: "\
The first process of the image consul (images/Dockerfile): what stands behind the image's name on
Docker's command line becomes a command of consul.

  -bootstrap ...     consul agent -client 0.0.0.0 -data-dir /consul/data -bootstrap ...
  agent ...          consul agent -data-dir /consul/data ...
  version, ...       consul version, ...; the word consul may stand before it",
    flags: &[],
};

pub fn run(_: Program, arguments: &[String]) -> Result<(), Failure> {
    match arguments.split_first() {
        Some((word, rest)) if word == "consul" => {
            if let Some(name) = VARIABLES.into_iter().find(|name| std::env::var_os(name).is_some()) {
                let error = anyhow!("environment variable {name} is not read by this version of muster: use flags");
                return Err(Failure::usage(1, error, TRY));
            }
            super::run(Program::Consul, &consul_arguments(rest))
        }
        Some((word, _)) if matches!(word.as_str(), "-h" | "-help" | "--help") => {
            out!("{}", TABLE.help());
            Ok(())
        }
        Some((word, _)) => {
            Err(Failure::usage(1, anyhow!("there is no entry point {word:?}: consul would be right"), TRY))
        }
        None => Err(Failure::usage(1, anyhow!("no entry point is named: consul would be right"), TRY)),
    }
}

/// The arguments of the program `consul` for those of its image. Flags given by the user come later and so win.
pub fn consul_arguments(arguments: &[String]) -> Vec<String> {
    let arguments = match arguments {
        [word, rest @ ..] if word == "consul" => rest,
        all => all,
    };
    let (before, rest): (&[&str], _) = match arguments.first().map(String::as_str) {
        Some("-h" | "-help" | "--help" | "-v" | "-version" | "--version") => (&[], arguments),
        Some("agent") => (&["agent", DATA[0], DATA[1]], &arguments[1..]),
        Some(word) if word.starts_with('-') => (&["agent", OPEN[0], OPEN[1], DATA[0], DATA[1]], arguments),
        _ => (&[], arguments),
    };
    before.iter().map(|word| (*word).to_owned()).chain(rest.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_of(words: &str) -> String {
        let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        consul_arguments(&words).join(" ")
    }

    #[test]
    fn flags_alone_mean_an_open_agent_with_the_images_volume() {
        assert_eq!(made_of("-bootstrap"), "agent -client 0.0.0.0 -data-dir /consul/data -bootstrap");
        assert_eq!(
            made_of("-bootstrap -client 127.0.0.1"),
            "agent -client 0.0.0.0 -data-dir /consul/data -bootstrap -client 127.0.0.1"
        );
    }

    #[test]
    fn agent_gets_the_volume_and_stays_closed_unless_opened() {
        assert_eq!(made_of("agent -dev"), "agent -data-dir /consul/data -dev");
        assert_eq!(made_of("consul agent -dev"), "agent -data-dir /consul/data -dev");
    }

    #[test]
    fn other_commands_stay_as_they_are() {
        assert_eq!(made_of("version"), "version");
        assert_eq!(made_of("--help"), "--help");
        assert_eq!(made_of(""), "");
    }
}

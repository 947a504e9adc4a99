//! The name that muster was called by.

use std::path::Path;

/// Which program this is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// muster itself: ours.
    Muster,
    /// `consul`: the old behaviour, minus crashes and leaks.
    Consul,
    /// `registrator`, likewise.
    Registrator,
    /// `consul-template`, likewise.
    ConsulTemplate,
    /// `docker-machine`, likewise.
    DockerMachine,
}

impl Program {
    /// By the first word of the command line.
    pub fn named(argument: &str) -> Self {
        match Path::new(argument).file_name().and_then(|name| name.to_str()) {
            Some("consul") => Self::Consul,
            Some("registrator") => Self::Registrator,
            Some("consul-template") => Self::ConsulTemplate,
            Some("docker-machine") => Self::DockerMachine,
            _ => Self::Muster,
        }
    }

    /// What its user calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Muster => "muster",
            Self::Consul => "consul",
            Self::Registrator => "registrator",
            Self::ConsulTemplate => "consul-template",
            Self::DockerMachine => "docker-machine",
        }
    }

    /// Whether the old tool's behaviour is asked for where it differs from ours: `MUSTER_COMPAT`, else by name.
    pub fn compat(self) -> Result<bool, String> {
        match std::env::var("MUSTER_COMPAT") {
            Err(_) => Ok(self != Self::Muster),
            Ok(text) => crate::flags::go_bool(&text)
                .ok_or_else(|| format!("environment variable MUSTER_COMPAT is {text:?}: true or false would be right")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_counts_not_the_path() {
        assert_eq!(Program::named("/usr/local/bin/consul-template"), Program::ConsulTemplate);
        assert_eq!(Program::named("registrator"), Program::Registrator);
        assert_eq!(Program::named("./consul"), Program::Consul);
        assert_eq!(Program::named("docker-machine"), Program::DockerMachine);
        assert_eq!(Program::named("target/debug/muster"), Program::Muster);
        assert_eq!(Program::named(""), Program::Muster);
    }
}

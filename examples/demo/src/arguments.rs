//! The command line.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
Plays muster's demo on the local Docker engine: an application behind nginx is changed
step by step, and each step has to prove itself.

Usage: muster-demo [OPTION]…

  --steps A,B,…         play these steps only
  --list                list the steps and end
  --clean               remove what a crashed run left, and end
  --compare             no steps: how soon traffic follows a container, behind the real Consul, Registrator and
                        consul-template (MUSTER_PEER_CONSUL, _REGISTRATOR, _CONSUL_TEMPLATE) and behind muster
  --images              build the images and end
  --archive             make the base image's archive, which needs no engine; its path is the last line
  --exit                end after the last step on a terminal too
  --cache DIR           where that archive, logs and data are kept (.cache)
  --binaries DIR        where muster and muster-example-web are, linked statically (beside this program)
  --suite SUITE         the Debian suite in the images (this machine's, or the newest one known to work)
  --lb-port PORT        the load balancer's port on 127.0.0.1 (18480)
  --registry-port PORT  the registry's port on 127.0.0.1 and on docker0's gateway (18500)
";

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    Play,
    Help,
    List,
    Clean,
    Images,
    Compare,
    Archive,
}

/// The command line, read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub task: Task,
    /// The names of the steps to play; all of them if there are none.
    pub steps: Vec<String>,
    /// End after the last step on a terminal too.
    pub exit: bool,
    /// Where the base image's archive, logs and data are kept.
    pub cache: PathBuf,
    binaries: Option<PathBuf>,
    pub suite: Option<String>,
    pub lb_port: u16,
    pub registry_port: u16,
}

impl Arguments {
    /// Reads the words after the program's name.
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> anyhow::Result<Self> {
        let mut words = words.into_iter();
        let mut read = Self {
            task: Task::Play,
            steps: Vec::new(),
            exit: false,
            cache: PathBuf::from(".cache"),
            binaries: None,
            suite: None,
            lb_port: 18480,
            registry_port: 18500,
        };
        while let Some(word) = words.next() {
            let (option, attached) = match word.split_once('=') {
                Some((option, value)) => (option.to_owned(), Some(value.to_owned())),
                None => (word, None),
            };
            let mut value =
                || attached.clone().or_else(|| words.next()).with_context(|| format!("{option} needs a value"));
            match option.as_str() {
                "--steps" => read.steps.extend(value()?.split(',').map(|step| step.trim().to_owned())),
                "--cache" => read.cache = value()?.into(),
                "--binaries" => read.binaries = Some(value()?.into()),
                "--suite" => read.suite = Some(value()?),
                "--lb-port" => read.lb_port = port(&option, &value()?)?,
                "--registry-port" => read.registry_port = port(&option, &value()?)?,
                "--exit" => read.exit = true,
                "--list" => read.task = Task::List,
                "--clean" => read.task = Task::Clean,
                "--compare" => read.task = Task::Compare,
                "--images" => read.task = Task::Images,
                "--archive" => read.task = Task::Archive,
                "--help" | "-h" => read.task = Task::Help,
                _ => bail!("there is no option {option}; --help lists them"),
            }
        }
        Ok(read)
    }

    /// The demo's own directory in the cache.
    pub(crate) fn directory(&self) -> PathBuf {
        self.cache.join("demo")
    }

    /// Where the load balancer answers.
    pub(crate) fn lb(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.lb_port).into()
    }

    /// Where the registry answers the host.
    pub(crate) fn registry(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.registry_port).into()
    }

    /// One of the programs that go into images.
    pub(crate) fn binary(&self, name: &str) -> anyhow::Result<PathBuf> {
        let own = std::env::current_exe().context("cannot tell where this program is")?;
        let directory = self.binaries.as_deref().or(own.parent()).unwrap_or(Path::new("."));
        let path = directory.join(name);
        anyhow::ensure!(path.is_file(), "{} is not there; `make demo` builds it", path.display());
        Ok(path)
    }
}

fn port(option: &str, text: &str) -> anyhow::Result<u16> {
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => bail!("{option} {text} is not a port number"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> anyhow::Result<Arguments> {
        Arguments::parse(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn values_come_attached_or_as_the_next_word() {
        let read = parse(&["--steps=scale-3,kill-one", "--lb-port", "8080", "--exit"]).unwrap();
        assert_eq!(read.steps, ["scale-3", "kill-one"]);
        assert_eq!((read.lb_port, read.registry_port, read.exit), (8080, 18500, true));
    }

    #[test]
    fn a_wrong_word_is_named() {
        assert!(parse(&["--lb-prot", "1"]).unwrap_err().to_string().contains("--lb-prot"));
        assert_eq!(parse(&["--lb-port", "0"]).unwrap_err().to_string(), "--lb-port 0 is not a port number");
        assert_eq!(parse(&["--cache"]).unwrap_err().to_string(), "--cache needs a value");
    }
}

//! The walk-through on three hosts: the script's lines in a shell, by the old tools' names, each step proving itself.
//!
//! It speaks to the engine at DOCKER_HOST, where the machines become containers, and removes them at the end.

mod check;
mod host;
mod play;
mod registry;
mod script;
mod shell;
mod traffic;
mod transcript;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};

use shell::Shell;
use transcript::Transcript;

const USAGE: &str = "\
Runs the walk-through on three machines, which are containers of the engine at DOCKER_HOST.

Usage: muster-walkthrough --repository DIR --binaries DIR [--compose-2 FILE] [--document FILE]

  --repository DIR   muster's repository, for scripts/images and its .cache
  --binaries DIR     where muster and muster-example-web are, linked statically
  --compose-2 FILE   Docker Compose 2, for the part that shows it; the other one is docker-compose on PATH
  --document FILE    write there what was run and what it printed
";
/// The old tools' names.
const LINKS: [&str; 4] = ["docker-machine", "consul", "registrator", "consul-template"];
const MACHINES: [&str; 3] = ["manager1", "worker1", "worker2"];

/// The command line.
#[derive(Debug, Default)]
struct Arguments {
    repository: PathBuf,
    binaries: PathBuf,
    compose_2: Option<PathBuf>,
    document: Option<PathBuf>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("walk-through: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let Some(arguments) = Arguments::parse(std::env::args().skip(1))? else {
        print!("{USAGE}");
        return Ok(());
    };
    let script = script::parse(script::TEXT)?;
    let scratch = tempfile::tempdir().context("cannot make a scratch directory")?;
    let area = Area::lay_out(&arguments, scratch.path())?;
    let mut transcript = Transcript::default();
    transcript.hide(&scratch.path().display().to_string(), "~");
    // The builder names where an image would come from; here none comes from anywhere.
    transcript.hide("docker.io/library/", "");
    transcript.hide("docker.io/", "");
    let mut shell = Shell::start(&area.files, &area.variables, scratch.path()).await?;
    let played = play::play(&script, arguments.compose_2.is_some(), &mut shell, &mut transcript).await;
    // Whatever happened: the machines are containers of an engine that may be somebody's; and one may still be in the
    // making.
    let removed = shell.run(&format!("wait; docker-machine rm -f {}", MACHINES.join(" ")), |_| {}).await;
    let times = played?;
    let removed = removed?;
    anyhow::ensure!(removed.code == 0, "the machines cannot be removed: {}", removed.text);
    let counted = format!(
        "{} lines ran as described, {} were changed, {} are the test's own.\n\n{times}",
        transcript.described, transcript.changed, transcript.own
    );
    println!("\n{counted}");
    if let Some(path) = &arguments.document {
        let text = transcript.document(&format!("{HEAD}\n{counted}\n"));
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

const HEAD: &str = "\
# The walk-through

Written by the test itself (`make walkthrough-docs`): every line that ran, what it printed, and what was found to hold.
Lines with `$` ran as they are described for the tools that muster stands in for; `~` is a line that cannot run as
described, with the reason and what ran in its place; `+` are the test's own. `docker-machine`, `consul`, `registrator`
and `consul-template` are links to muster; `docker` and `docker-compose` are Docker's own. The files are in
`examples/walkthrough`.
";

/// Where it all happens.
struct Area {
    /// The script's working directory, with the Compose file.
    files: PathBuf,
    variables: Vec<(String, String)>,
}

impl Area {
    /// Copies the example's files and makes the links.
    fn lay_out(arguments: &Arguments, scratch: &Path) -> anyhow::Result<Self> {
        let (files, links) = (scratch.join("walkthrough"), scratch.join("bin"));
        let source = arguments.repository.join("examples/walkthrough");
        std::fs::create_dir_all(&links).context("cannot make a directory for the links")?;
        std::fs::create_dir_all(&files).context("cannot make a directory for the files")?;
        for name in ["docker-compose.yml", "compose-2.yml", "lb"] {
            let copied = Command::new("cp").arg("-r").arg(source.join(name)).arg(&files).status();
            anyhow::ensure!(copied.is_ok_and(|status| status.success()), "cannot copy {name} of examples/walkthrough");
        }
        let link = |target: &Path, name: &str| {
            symlink(target, links.join(name)).with_context(|| format!("cannot make the link {name}"))
        };
        let muster = arguments.binaries.join("muster");
        for name in LINKS {
            link(&muster, name)?;
        }
        link(&arguments.repository.join("scripts/images"), "images")?;
        if let Some(compose_2) = &arguments.compose_2 {
            link(compose_2, "docker-compose-2")?;
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let set = |name: &str, value: String| (name.to_owned(), value);
        let mut variables = vec![
            set("PATH", format!("{}:{path}", links.display())),
            // What `docker-machine env` writes its lines for.
            set("SHELL", "/bin/bash".to_owned()),
            set("MACHINE_DRIVER", "container".to_owned()),
            // DOCKER_HOST names a machine after the first `docker-machine env`.
            set("CONTAINER_ENGINE", std::env::var("DOCKER_HOST").unwrap_or_default()),
            set("MACHINE_STORAGE_PATH", scratch.join("machines").display().to_string()),
            set("MUSTER_BINARIES", arguments.binaries.display().to_string()),
        ];
        if !is_compose_1()? {
            println!("docker-compose is Compose 2 here, so its overlay networks are made attachable by compose-2.yml");
            variables.push(set("COMPOSE_FILE", "docker-compose.yml:compose-2.yml".to_owned()));
        }
        Ok(Self { files, variables })
    }
}

/// Debian 12's docker-compose is Compose 1, Debian 13's is Compose 2.
fn is_compose_1() -> anyhow::Result<bool> {
    let asked = Command::new("docker-compose").args(["version", "--short"]).output();
    let version = asked.context("docker-compose cannot be run (Debian: apt-get install docker-compose)")?;
    Ok(version.stdout.starts_with(b"1."))
}

impl Arguments {
    /// None: help is asked for.
    fn parse(words: impl IntoIterator<Item = String>) -> anyhow::Result<Option<Self>> {
        let mut read = Self::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            if matches!(word.as_str(), "-h" | "--help") {
                return Ok(None);
            }
            let path = words.next().map(PathBuf::from).with_context(|| format!("{word} needs a value"))?;
            let path = std::path::absolute(&path).with_context(|| format!("{word} {}", path.display()))?;
            match word.as_str() {
                "--repository" => read.repository = path,
                "--binaries" => read.binaries = path,
                "--compose-2" => read.compose_2 = Some(path),
                "--document" => read.document = Some(path),
                _ => bail!("there is no option {word}; --help lists them"),
            }
        }
        for (option, path) in [("--repository", &read.repository), ("--binaries", &read.binaries)] {
            anyhow::ensure!(path.is_dir(), "{option} {} is no directory", path.display());
        }
        Ok(Some(read))
    }
}

//! `machine ssh` and `machine scp`: the system's own programs, with the machine's keys.

use std::process::ExitStatus;

use anyhow::{anyhow, bail};
use muster_machine::{Machine, MachineError, Ssh, SshError, State, cannot_run, options_for};
use tokio::process::Command;

use super::{Context, words};
use crate::exit::Failure;

/// ssh's own failures.
const SSH_FAILED: i32 = 255;

pub fn ssh(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    if arguments.first().is_some_and(|first| matches!(first.as_str(), "-help" | "--help" | "-h")) {
        out!("{}", words::Word::named("ssh").expect("a command of machine").table.help());
        return Ok(());
    }
    let (name, command) = match arguments.split_first() {
        Some((name, command)) => (name.clone(), command),
        None => (context.default_machine()?, &[][..]),
    };
    let machine = context.load(&name)?;
    super::super::runtime()?.block_on(async {
        running(&machine).await?;
        let ssh = machine.ssh();
        let mut child = ssh.command();
        child.args(command);
        let status = child.status().await.map_err(|source| cannot_run("ssh", source))?;
        finish(context, status, &[ssh]).await
    })
}

async fn running(machine: &Machine) -> Result<(), Failure> {
    match machine.state().await? {
        State::Running => Ok(()),
        _ => Err(anyhow!("Error: Cannot run SSH command: Host {:?} is not running", machine.name.as_str()).into()),
    }
}

/// What became of a program that speaks ssh. docker-machine ends with 1 whatever the command ended with; ours passes
/// the command's own code on.
async fn finish(context: &Context, status: ExitStatus, ways: &[Ssh]) -> Result<(), Failure> {
    let code = match status.code() {
        Some(0) => return Ok(()),
        Some(code) => code,
        None => return Err(anyhow!("{status}").into()),
    };
    if code == SSH_FAILED {
        for way in ways {
            // Not so sure if it is the key: a command can end with 255 too.
            match way.diagnose().await {
                SshError::Refused { .. } => {}
                error => return Err(error.into()),
            }
        }
    }
    let passed_on = if context.compat { 1 } else { u8::try_from(code).unwrap_or(1) };
    Err(Failure::with_code(passed_on, anyhow!("exit status {code}")))
}

pub fn scp(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    let table = words::Word::named("scp").expect("a command of machine").table;
    let Some(parsed) = context.parse(table, arguments)? else { return Ok(()) };
    let [source, destination] = parsed.rest.as_slice() else {
        return Err(anyhow!("Improper number of arguments").into());
    };
    let places = [place(context, source)?, place(context, destination)?];
    let ways: Vec<Ssh> = places.iter().filter_map(|place| place.way.clone()).collect();
    let options = options_for(&ways.iter().collect::<Vec<_>>());
    let (delta, recursive, quiet) = (parsed.bool("delta"), parsed.bool("recursive"), parsed.bool("quiet"));
    let program = if delta { "rsync" } else { "scp" };
    let mut command = Command::new(program);
    if delta {
        let line: Vec<_> = options.iter().map(|option| quoted(&option.to_string_lossy())).collect();
        command.arg("-e").arg(format!("ssh {}", line.join(" ")));
        command.args((!quiet).then_some("--progress"));
    } else {
        command.arg("-3").args(quiet.then_some("-q")).args(options);
    }
    command.args(recursive.then_some("-r"));
    command.args(places.iter().map(|place| &place.argument));
    super::super::runtime()?.block_on(async {
        let status = command.status().await.map_err(|source| missing(program, source))?;
        finish(context, status, &ways).await
    })
}

fn missing(program: &str, source: std::io::Error) -> anyhow::Error {
    match source.kind() {
        std::io::ErrorKind::NotFound => anyhow!(
            "{program} is not installed (Debian: apt-get install {})",
            if program == "scp" { "openssh-client" } else { program }
        ),
        _ => cannot_run(program, source).into(),
    }
}

/// rsync splits its command at spaces unless they stand in quotes.
fn quoted(text: &str) -> String {
    if text.contains(['"', ' ']) { format!("'{text}'") } else { text.to_owned() }
}

/// One end of a copy.
struct Place {
    argument: String,
    /// None: this host.
    way: Option<Ssh>,
}

fn place(context: &Context, text: &str) -> anyhow::Result<Place> {
    let Some((host, path)) = text.split_once(':') else {
        return Ok(Place { argument: text.to_owned(), way: None });
    };
    let (user, name) = host.split_once('@').map_or((None, host), |(user, name)| (Some(user), name));
    if name == "localhost" {
        return Ok(Place { argument: path.to_owned(), way: None });
    }
    let machine = context.load(name).map_err(|error: MachineError| anyhow!(error).context("Error loading host"))?;
    if machine.ip().is_empty() {
        bail!("machine {name:?} has no address");
    }
    let way = machine.ssh();
    let argument = format!("{}@{}:{path}", user.unwrap_or(way.user()), way.host());
    Ok(Place { argument, way: Some(way) })
}

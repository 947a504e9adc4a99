//! `machine env`: shell lines that point docker at a machine.

use std::path::Path;

use anyhow::{anyhow, bail};

use super::{Context, words};
use crate::exit::Failure;

/// What docker reads.
const VARIABLES: [&str; 4] = ["DOCKER_TLS_VERIFY", "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_MACHINE_NAME"];
/// Python's requests lets these win over the certificate authority that docker-compose 1.x hands it.
const BREAKS_COMPOSE: [&str; 2] = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

pub fn run(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    let table = words::Word::named("env").expect("a command of machine").table;
    let Some(parsed) = context.parse(table, arguments)? else { return Ok(()) };
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if parsed.bool("unset") {
        if !parsed.rest.is_empty() {
            return Err(anyhow!("Error: Expected no machine name when the -u flag is present").into());
        }
        let shell = shell(parsed.text("shell"), variable("SHELL"))?;
        let mut names = VARIABLES.to_vec();
        let no_proxy = no_proxy(&variable).0;
        if parsed.bool("no-proxy") {
            names.push(no_proxy);
        }
        out!("{}{}", names.iter().map(|name| shell.unset(name)).collect::<String>(), shell.hint(&context.command_line));
        return Ok(());
    }
    let machine = context.load(&context.target(&parsed.rest)?)?;
    let checked = super::super::runtime()?.block_on(async {
        machine.must_run().await?;
        machine.check_engine().await
    });
    checked.map_err(|error| anyhow!(error).context("Error checking TLS connection"))?;
    let shell = shell(parsed.text("shell"), variable("SHELL"))?;
    let directory = machine.directory().display().to_string();
    let url = machine.url();
    let values = ["1", &url, &directory, machine.name.as_str()];
    let mut text: String = VARIABLES.iter().zip(values).map(|(name, value)| shell.set(name, value)).collect();
    if parsed.bool("no-proxy") {
        let (name, value) = no_proxy(&variable);
        text.push_str(&shell.set(name, &with_address(&value, machine.ip())));
    }
    for name in BREAKS_COMPOSE.iter().filter(|name| variable(name).is_some()) {
        // Not on standard output: that is evaluated.
        errln!(
            "{name} is set: docker-compose 1.x then does not accept the machine's certificate; unset {name} before it"
        );
    }
    out!("{text}{}", shell.hint(&context.command_line));
    Ok(())
}

/// The variable that is set, lower case first, with its value.
fn no_proxy(variable: &impl Fn(&str) -> Option<String>) -> (&'static str, String) {
    match variable("no_proxy") {
        Some(value) => ("no_proxy", value),
        None => ("NO_PROXY", variable("NO_PROXY").unwrap_or_default()),
    }
}

fn with_address(list: &str, address: &str) -> String {
    match list {
        "" => address.to_owned(),
        list if list.split(',').any(|item| item.trim() == address) => list.to_owned(),
        list => format!("{list},{address}"),
    }
}

/// A shell's ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shell {
    Bourne,
    Fish,
    /// PowerShell.
    Power,
    Cmd,
    Tcsh,
    Emacs,
}

fn shell(asked: Option<&str>, variable: Option<String>) -> anyhow::Result<Shell> {
    let name = match asked.filter(|name| !name.is_empty()) {
        Some(name) => name.to_owned(),
        None => {
            let Some(path) = variable else {
                bail!(
                    "Error: Unknown shell: SHELL is not set; --shell bash, fish, powershell, cmd, tcsh or emacs would say which"
                )
            };
            Path::new(&path).file_name().unwrap_or_default().to_string_lossy().into_owned()
        }
    };
    Ok(match name.as_str() {
        "fish" => Shell::Fish,
        "powershell" => Shell::Power,
        "cmd" => Shell::Cmd,
        "tcsh" => Shell::Tcsh,
        "emacs" => Shell::Emacs,
        _ => Shell::Bourne,
    })
}

impl Shell {
    fn set(self, name: &str, value: &str) -> String {
        match self {
            Self::Bourne => format!("export {name}=\"{value}\"\n"),
            Self::Fish => format!("set -gx {name} \"{value}\";\n"),
            Self::Power => format!("$Env:{name} = \"{value}\"\n"),
            Self::Cmd => format!("SET {name}={value}\n"),
            Self::Tcsh => format!("setenv {name} \"{value}\";\n"),
            Self::Emacs => format!("(setenv \"{name}\" \"{value}\")\n"),
        }
    }

    fn unset(self, name: &str) -> String {
        match self {
            Self::Bourne => format!("unset {name}\n"),
            Self::Fish => format!("set -e {name};\n"),
            Self::Power => format!("Remove-Item Env:\\\\{name}\n"),
            Self::Cmd => format!("SET {name}=\n"),
            Self::Tcsh => format!("unsetenv {name};\n"),
            Self::Emacs => format!("(setenv \"{name}\" nil)\n"),
        }
    }

    /// How to have the lines evaluated, as a comment.
    fn hint(self, command_line: &[String]) -> String {
        let mut words = command_line.to_vec();
        if let Some(program) = words.first_mut().filter(|program| program.contains([' ', '\\'])) {
            *program = format!("\"{program}\"");
        }
        let line = words.join(" ");
        let (comment, evaluation) = match self {
            Self::Bourne => ("#", format!("eval $({line})")),
            Self::Fish => ("#", format!("eval ({line})")),
            Self::Power => ("#", format!("& {line} | Invoke-Expression")),
            Self::Cmd => ("REM", format!("\t@FOR /f \"tokens=*\" %i IN ('{line}') DO @%i")),
            Self::Tcsh => (":", format!("eval `{line}`")),
            Self::Emacs => {
                (";;", format!("(with-temp-buffer (shell-command \"{line}\" (current-buffer)) (eval-buffer))"))
            }
        };
        format!("{comment} Run this command to configure your shell: \n{comment} {evaluation}\n")
    }
}

#[cfg(test)]
mod tests;

//! `validate`: whether `agent` would start with these files.

use anyhow::anyhow;

use super::agent::AgentSettings;
use crate::config::{self, Format};
use crate::exit::{Failure, one_line};
use crate::flags::{Flag, FlagTable, Kind};
use crate::program::Program;

pub const TABLE: FlagTable = FlagTable {
    usage: "muster validate [flags] FILE_OR_DIRECTORY...",
    about: "Says whether muster agent would start with these configuration files, and what is wrong if not.",
    flags: &[
        Flag::works("config-format", Kind::Text, "FORMAT", "hcl or json: what files are, whatever their names"),
        Flag::works("quiet", Kind::Bool, "", "say nothing if all is well"),
    ],
};

pub fn run(program: Program, arguments: &[String]) -> Result<(), Failure> {
    let usage = || format!("Try: {} validate --help", program.name());
    let parsed = TABLE.parse(arguments).map_err(|error| Failure::usage(1, error, usage()))?;
    if parsed.help {
        out!("{}", TABLE.help_as(program.name()));
        return Ok(());
    }
    if parsed.rest.is_empty() {
        return Err(Failure::usage(1, anyhow!("Must specify at least one config file or directory"), usage()));
    }
    let read = || {
        let format = parsed.text("config-format").filter(|name| !name.is_empty()).map(Format::named).transpose()?;
        AgentSettings::of(&config::read_paths(&parsed.rest, format)?, false)
    };
    let settings = read().map_err(|error| anyhow!("Config validation failed: {}", one_line(&error)))?;
    for warning in &settings.warnings {
        errln!("{warning}");
    }
    if !parsed.bool("quiet") {
        outln!("Configuration is valid!");
    }
    Ok(())
}

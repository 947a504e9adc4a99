//! `info`.

use anyhow::{Context, Result};
use muster_wire::json::Value;

use super::{ClientCommand, ClientCommands, Session, agent_flags, members_of};
use crate::flags::FlagTable;

pub const INFO: ClientCommands = ClientCommands::One(ClientCommand {
    name: "info",
    summary: "what the agent says of itself",
    table: FlagTable {
        usage: "muster info [flags]",
        about: "Prints what the agent says of itself, in sections.",
        flags: agent_flags![],
    },
    run,
});

fn run(session: &Session) -> Result<()> {
    let answer = session.json("/v1/agent/self", &[]).context("Error querying agent")?;
    let mut sections: Vec<_> = members_of(&answer, "Stats").iter().collect();
    sections.sort_by(|one, other| one.0.cmp(&other.0));
    for (name, section) in sections {
        outln!("{name}:");
        let Value::Object(values) = section else { continue };
        let mut values: Vec<_> = values.0.iter().collect();
        values.sort_by(|one, other| one.0.cmp(&other.0));
        for (key, value) in values {
            outln!("\t{key} = {}", value.as_str().unwrap_or_default());
        }
    }
    Ok(())
}

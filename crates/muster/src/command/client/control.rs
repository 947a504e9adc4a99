//! `reload` and `leave`.

use anyhow::{Context, Result};

use super::{ClientCommand, ClientCommands, Session, agent_flags};
use crate::flags::FlagTable;

pub const RELOAD: ClientCommands = ClientCommands::One(ClientCommand {
    name: "reload",
    summary: "has the agent read its configuration again",
    table: FlagTable {
        usage: "muster reload [flags]",
        about: "Has the agent read its configuration files again, as SIGHUP does.",
        flags: agent_flags![],
    },
    run: |session| {
        session.put("/v1/agent/reload", &[], Vec::new()).context("Error reloading")?;
        outln!("Configuration reload triggered");
        Ok(())
    },
});

pub const LEAVE: ClientCommands = ClientCommands::One(ClientCommand {
    name: "leave",
    summary: "has the agent stop",
    table: FlagTable {
        usage: "muster leave [flags]",
        about: "Has the agent stop. What it keeps stays where it is.",
        flags: agent_flags![],
    },
    run: leave,
});

fn leave(session: &Session) -> Result<()> {
    anyhow::ensure!(session.parsed.rest.is_empty(), "Error found unexpected args: [{}]", session.parsed.rest.join(" "));
    session.put("/v1/agent/leave", &[], Vec::new()).context("Error leaving")?;
    outln!("Graceful leave complete");
    Ok(())
}

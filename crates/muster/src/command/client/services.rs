//! `services register` and `services deregister`.

use anyhow::{Context, Result, bail};
use muster_wire::json::{ArrayWriter, ObjectWriter};
use muster_wire::query;

use super::{ClientCommand, ClientCommands, Session, client_flags};
use crate::config::{Definition, Subject, file_definitions};
use crate::flags::{Flag, FlagTable, Kind};

pub const SERVICES: ClientCommands = ClientCommands::Several {
    name: "services",
    summary: "registers services at the agent",
    commands: &[
        ClientCommand {
            name: "deregister",
            summary: "takes services out",
            table: FlagTable {
                usage: "muster services deregister [flags] (-id ID | FILE...)",
                about: "Takes out the service with this ID, or those that files define.",
                flags: client_flags![Flag::works("id", Kind::Text, "ID", "the service's ID")],
            },
            run: deregister,
        },
        ClientCommand {
            name: "register",
            summary: "registers services",
            table: FlagTable {
                usage: "muster services register [flags] (-name NAME | FILE...)",
                about: "Registers the services that files define, or one that flags define.",
                flags: client_flags![
                    Flag::works("address", Kind::Text, "ADDR", "address of the instance"),
                    Flag::works("id", Kind::Text, "ID", "ID of the instance; default: its name"),
                    Flag::works("meta", Kind::List, "NAME=VALUE", "meta of the instance"),
                    Flag::works("name", Kind::Text, "NAME", "name of the service"),
                    Flag::works("port", Kind::Int, "PORT", "port of the instance"),
                    Flag::works("socket", Kind::Text, "PATH", "socket of the instance"),
                    Flag::works("tag", Kind::List, "TAG", "tag of the instance"),
                    Flag::absent("kind"),
                    Flag::absent("tagged-address"),
                ],
            },
            run: register,
        },
    ],
};

fn register(session: &Session) -> Result<()> {
    let named = session.parsed.text("name").filter(|name| !name.is_empty());
    let bodies: Vec<(String, Vec<u8>)> = match (named, session.parsed.rest.as_slice()) {
        (None, []) => bail!("Service registration requires at least one argument or flags."),
        (Some(_), [_, ..]) => bail!("Service registration requires arguments or -id, not both."),
        (Some(name), []) => vec![(name.to_owned(), of_flags(session, name)?)],
        (None, files) => services_of(files)?.into_iter().map(|definition| (definition.name, definition.body)).collect(),
    };
    for (name, body) in bodies {
        session
            .put("/v1/agent/service/register", &[], body)
            .with_context(|| format!("Error registering service {name:?}"))?;
        outln!("Registered service: {name}");
    }
    Ok(())
}

fn of_flags(session: &Session, name: &str) -> Result<Vec<u8>> {
    let flags = &session.parsed;
    let mut body = Vec::new();
    let mut object = ObjectWriter::new(&mut body);
    object.string("Name", name);
    for (flag, field) in [("id", "ID"), ("address", "Address"), ("socket", "SocketPath")] {
        if let Some(text) = flags.text(flag) {
            object.string(field, text);
        }
    }
    if let Some(port) = flags.int("port") {
        object.raw("Port", &port.to_string());
    }
    let mut tags = ArrayWriter::new(object.member("Tags"));
    for tag in flags.list("tag") {
        muster_wire::json::push_string(tags.item(), tag);
    }
    tags.end();
    let mut meta = ObjectWriter::new(object.member("Meta"));
    for pair in flags.list("meta") {
        let Some((key, value)) = pair.split_once('=') else {
            bail!("invalid value {pair:?} for flag -meta: Missing \"=\" value in argument: {pair}");
        };
        muster_wire::json::push_string(meta.entry(key), value);
    }
    meta.end();
    object.end();
    Ok(body)
}

/// The services that files define. Files without any are said, but end well, as in Consul.
fn services_of(files: &[String]) -> Result<Vec<Definition>> {
    let definitions = file_definitions(files)?;
    let services: Vec<_> = definitions.into_iter().filter(|one| one.subject == Subject::Service).collect();
    if services.is_empty() {
        errln!("{}: no service is defined there", files.join(", "));
    }
    Ok(services)
}

fn deregister(session: &Session) -> Result<()> {
    let ids: Vec<String> = match (session.parsed.text("id"), session.parsed.rest.as_slice()) {
        (None, []) => bail!("Service deregistration requires at least one argument or -id."),
        (Some(_), [_, ..]) => bail!("Service deregistration requires arguments or -id, not both."),
        (Some(id), []) => vec![id.to_owned()],
        (None, files) => services_of(files)?.into_iter().map(|definition| definition.id).collect(),
    };
    for id in ids {
        let path = query::path("/v1/agent/service/deregister/", &id);
        session.put(&path, &[], Vec::new()).with_context(|| format!("Error deregistering service {id:?}"))?;
        outln!("Deregistered service: {id}");
    }
    Ok(())
}

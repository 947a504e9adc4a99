//! `members`.

use anyhow::Result;
use muster_wire::json::Value;

use super::columns::table;
use super::{ClientCommand, ClientCommands, Session, client_flags, items, members_of, text};
use crate::flags::{Flag, FlagTable, Kind};

pub const MEMBERS: ClientCommands = ClientCommands::One(ClientCommand {
    name: "members",
    summary: "the members of the cluster: the one server",
    table: FlagTable {
        usage: "muster members [flags]",
        about: "Lists the members of the cluster with their state.",
        flags: client_flags![
            Flag::works("detailed", Kind::Bool, "", "all that each says of itself"),
            Flag::works("filter", Kind::Text, "EXPRESSION", "only those that it fits"),
            Flag::works("wan", Kind::Bool, "", "those between datacenters"),
            Flag::absent("segment"),
            Flag::absent("status"),
        ],
    },
    run,
});

fn run(session: &Session) -> Result<()> {
    session.no_arguments()?;
    let mut query = Vec::new();
    if session.parsed.bool("wan") {
        query.push(("wan", "1"));
    }
    if let Some(filter) = session.parsed.text("filter") {
        query.push(("filter", filter));
    }
    let answer = session.json("/v1/agent/members", &query)?;
    let mut members: Vec<&Value> = items(&answer).iter().collect();
    anyhow::ensure!(!members.is_empty(), "No members found");
    members.sort_by_key(|member| text(member, "Name"));
    let rows = if session.parsed.bool("detailed") { detailed(&members) } else { standard(&members) };
    print!("{}", table(&rows));
    Ok(())
}

fn status(member: &Value) -> String {
    match text(member, "Status") {
        "1" => "alive",
        "2" => "leaving",
        "3" => "left",
        "4" => "failed",
        _ => "none",
    }
    .to_owned()
}

fn tag<'a>(member: &'a Value, name: &str) -> &'a str {
    let tags = members_of(member, "Tags");
    tags.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.as_str()).unwrap_or_default()
}

fn address(member: &Value) -> String {
    let address = text(member, "Addr");
    let port = text(member, "Port");
    if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

fn standard(members: &[&Value]) -> Vec<Vec<String>> {
    let header = ["Node", "Address", "Status", "Type", "Build", "Protocol", "DC", "Partition", "Segment"];
    let mut rows = vec![row(&header)];
    for member in members {
        let build = tag(member, "build");
        let build = build.split_once(':').map_or(build, |(version, _)| version);
        let build = if build.is_empty() { "< 0.3" } else { build };
        let (kind, segment) = match tag(member, "role") {
            "node" => ("client", if tag(member, "segment").is_empty() { "<default>" } else { tag(member, "segment") }),
            "consul" => ("server", "<all>"),
            _ => ("unknown", ""),
        };
        let partition = if tag(member, "ap").is_empty() { "default" } else { tag(member, "ap") };
        rows.push(row(&[
            text(member, "Name"),
            &address(member),
            &status(member),
            kind,
            build,
            tag(member, "vsn"),
            tag(member, "dc"),
            partition,
            segment,
        ]));
    }
    rows
}

fn detailed(members: &[&Value]) -> Vec<Vec<String>> {
    let mut rows = vec![row(&["Node", "Address", "Status", "Tags"])];
    for member in members {
        let mut tags: Vec<String> = members_of(member, "Tags")
            .iter()
            .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
            .collect();
        tags.sort();
        rows.push(row(&[text(member, "Name"), &address(member), &status(member), &tags.join(",")]));
    }
    rows
}

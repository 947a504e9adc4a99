//! `members`.

use anyhow::{Context, Result, anyhow};
use muster_filter::Pattern;
use muster_wire::json::Value;

use super::columns::table;
use super::{ClientCommand, ClientCommands, Session, agent_flags, items, members_of, text};
use crate::flags::{Flag, FlagTable, Kind};

pub const MEMBERS: ClientCommands = ClientCommands::One(ClientCommand {
    name: "members",
    summary: "the members of the cluster: the one server",
    table: FlagTable {
        usage: "muster members [flags]",
        about: "Lists the members of the cluster with their state.",
        flags: agent_flags![
            Flag::works("detailed", Kind::Bool, "", "all that each says of itself"),
            Flag::works("filter", Kind::Text, "EXPRESSION", "only those that it fits"),
            Flag::works("wan", Kind::Bool, "", "those between datacenters"),
            Flag::works("status", Kind::Text, "PATTERN", "only those whose status it fits: alive, left, failed"),
            Flag::absent("partition"),
            Flag::absent("segment"),
        ],
    },
    run,
});

/// None is there, or none that was asked for. Consul says so by its exit code alone.
#[derive(Debug, thiserror::Error)]
#[error("No members found")]
pub struct NoMembers;

fn run(session: &Session) -> Result<()> {
    let pattern = Pattern::new(session.parsed.text("status").unwrap_or(".*"))
        .map_err(|problem| anyhow!("Failed to compile status regexp: {problem}"))?;
    let mut query = Vec::new();
    if session.parsed.bool("wan") {
        query.push(("wan", "1"));
    }
    if let Some(filter) = session.parsed.text("filter") {
        query.push(("filter", filter));
    }
    let answer = session.json("/v1/agent/members", &query).context("Error retrieving members")?;
    let fits = |member: &&Value| pattern.is_in(&status(member));
    let mut members: Vec<&Value> = items(&answer).iter().filter(fits).collect();
    if members.is_empty() {
        return Err(NoMembers.into());
    }
    members.sort_by_key(|member| text(member, "Name"));
    let rows = if session.parsed.bool("detailed") { detailed(&members) } else { standard(&members) };
    out!("{}", table(&rows));
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

/// What a member's segment is called, and what kind of member it is.
fn segment(member: &Value) -> (&'static str, &str) {
    match (tag(member, "role"), tag(member, "segment")) {
        ("node", "") => ("client", "<default>"),
        ("node", segment) => ("client", segment),
        ("consul", _) => ("server", "<all>"),
        _ => ("unknown", ""),
    }
}

fn partition(member: &Value) -> &str {
    match tag(member, "ap") {
        "" => "default",
        partition => partition,
    }
}

fn standard(members: &[&Value]) -> Vec<Vec<String>> {
    let header = ["Node", "Address", "Status", "Type", "Build", "Protocol", "DC", "Partition", "Segment"];
    let mut rows = vec![row(&header)];
    for member in members {
        let build = tag(member, "build");
        let build = build.split_once(':').map_or(build, |(version, _)| version);
        let build = if build.is_empty() { "< 0.3" } else { build };
        let (kind, segment) = segment(member);
        rows.push(row(&[
            text(member, "Name"),
            &address(member),
            &status(member),
            kind,
            build,
            tag(member, "vsn"),
            tag(member, "dc"),
            partition(member),
            segment,
        ]));
    }
    rows
}

fn detailed(members: &[&Value]) -> Vec<Vec<String>> {
    let mut rows = vec![row(&["Node", "Address", "Status", "Tags"])];
    for member in members {
        // Consul's command has partition and segment in its own words.
        let told = |name: &str| matches!(name, "ap" | "segment");
        let mut tags: Vec<String> = members_of(member, "Tags")
            .iter()
            .filter(|(key, _)| !told(key))
            .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
            .collect();
        tags.extend([format!("ap={}", partition(member)), format!("segment={}", segment(member).1)]);
        tags.sort();
        rows.push(row(&[text(member, "Name"), &address(member), &status(member), &tags.join(",")]));
    }
    rows
}

//! `catalog datacenters`, `catalog nodes`, `catalog services`.

use anyhow::{Context, Result};
use muster_wire::json::Value;
use muster_wire::query;

use super::columns::{spaced, table};
use super::{ClientCommand, ClientCommands, Session, client_flags, items, members_of, text};
use crate::flags::{Flag, FlagTable, Kind};

pub const CATALOG: ClientCommands = ClientCommands::Several {
    name: "catalog",
    summary: "nodes and services of the registry",
    commands: &[
        ClientCommand {
            name: "datacenters",
            summary: "lists datacenters",
            table: FlagTable {
                usage: "muster catalog datacenters [flags]",
                about: "Lists the datacenters.",
                flags: client_flags![],
            },
            run: datacenters,
        },
        ClientCommand {
            name: "nodes",
            summary: "lists nodes",
            table: FlagTable {
                usage: "muster catalog nodes [flags]",
                about: "Lists the nodes, or those that have a service.",
                flags: client_flags![
                    Flag::works("detailed", Kind::Bool, "", "with tagged addresses and meta"),
                    Flag::works("filter", Kind::Text, "EXPRESSION", "only those that it fits"),
                    Flag::works("near", Kind::Text, "NODE", "that node first"),
                    Flag::works("node-meta", Kind::List, "NAME=VALUE", "only nodes with this meta"),
                    Flag::works("service", Kind::Text, "NAME", "only nodes with this service"),
                ],
            },
            run: nodes,
        },
        ClientCommand {
            name: "services",
            summary: "lists services",
            table: FlagTable {
                usage: "muster catalog services [flags]",
                about: "Lists the services, or those of a node.",
                flags: client_flags![
                    Flag::works("node", Kind::Text, "NAME", "only services of this node"),
                    Flag::works("node-meta", Kind::List, "NAME=VALUE", "only services of nodes with this meta"),
                    Flag::works("tags", Kind::Bool, "", "with their tags"),
                ],
            },
            run: services,
        },
    ],
};

fn datacenters(session: &Session) -> Result<()> {
    session.no_arguments()?;
    for name in items(&session.json("/v1/catalog/datacenters", &[]).context("Error listing datacenters")?) {
        outln!("{}", name.as_str().unwrap_or_default());
    }
    Ok(())
}

/// `-node-meta a=b` as the API has it.
fn node_meta(session: &Session) -> Result<Vec<String>> {
    let pairs = session.parsed.list("node-meta").iter().map(|pair| match pair.split_once('=') {
        Some((name, value)) => Ok(format!("{name}:{value}")),
        None => anyhow::bail!("invalid value {pair:?} for flag -node-meta: Missing \"=\" value in argument: {pair}"),
    });
    pairs.collect()
}

fn nodes(session: &Session) -> Result<()> {
    session.no_arguments()?;
    let meta = node_meta(session)?;
    let mut asked: Vec<(&str, &str)> = meta.iter().map(|pair| ("node-meta", pair.as_str())).collect();
    asked.extend(["filter", "near"].into_iter().filter_map(|name| Some((name, session.parsed.text(name)?))));
    let path = match session.parsed.text("service") {
        Some(service) => query::path("/v1/catalog/service/", service),
        None => "/v1/catalog/nodes".to_owned(),
    };
    let answer = session.json(&path, &asked).context("Error listing nodes")?;
    let mut nodes: Vec<&Value> = items(&answer).iter().collect();
    if session.parsed.text("near").is_none() {
        nodes.sort_by_key(|node| text(node, "Node"));
    }
    // A node with several instances of the service stands there once.
    nodes.dedup_by_key(|node| text(node, "Node"));
    if nodes.is_empty() {
        errln!("No nodes match the given query - try expanding your search.");
        return Ok(());
    }
    out!("{}", table(&node_rows(&nodes, session.parsed.bool("detailed"))));
    Ok(())
}

fn node_rows(nodes: &[&Value], detailed: bool) -> Vec<Vec<String>> {
    let header: &[&str] = match detailed {
        true => &["Node", "ID", "Address", "DC", "TaggedAddresses", "Meta"],
        false => &["Node", "ID", "Address", "DC"],
    };
    let mut rows = vec![header.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>()];
    for node in nodes {
        let id = text(node, "ID");
        let short = if detailed { id } else { id.get(..8).unwrap_or(id) };
        let cell = |name| text(node, name).to_owned();
        let mut row = vec![cell("Node"), short.to_owned(), cell("Address"), cell("Datacenter")];
        if detailed {
            row.push(pairs(members_of(node, "TaggedAddresses")));
            let meta = if members_of(node, "Meta").is_empty() { "NodeMeta" } else { "Meta" };
            row.push(pairs(members_of(node, meta)));
        }
        rows.push(row);
    }
    rows
}

fn pairs(members: &[(String, Value)]) -> String {
    let mut pairs: Vec<String> =
        members.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())).collect();
    pairs.sort();
    pairs.join(", ")
}

/// What was tried when services cannot be listed.
const LISTING: &str = "Error listing services";

fn services(session: &Session) -> Result<()> {
    session.no_arguments()?;
    let mut services: Vec<(String, Vec<String>)> = match session.parsed.text("node") {
        None => {
            let meta = node_meta(session)?;
            let asked: Vec<(&str, &str)> = meta.iter().map(|pair| ("node-meta", pair.as_str())).collect();
            let answer = session.json("/v1/catalog/services", &asked).context(LISTING)?;
            let list = answer.as_object().map(|object| object.0.as_slice()).unwrap_or_default();
            list.iter().map(|(name, tags)| (name.clone(), texts(items(tags)))).collect()
        }
        Some(node) => {
            let answer = session.json(&query::path("/v1/catalog/node/", node), &[]).context(LISTING)?;
            let list = members_of(&answer, "Services");
            let service = |value: &Value| {
                let tags = value.as_object().and_then(|object| object.get("Tags")).map(items).unwrap_or_default();
                (text(value, "Service").to_owned(), texts(tags))
            };
            list.iter().map(|(_, value)| service(value)).collect()
        }
    };
    services.sort();
    if services.is_empty() {
        errln!("No services match the given query - try expanding your search.");
        return Ok(());
    }
    if session.parsed.bool("tags") {
        let rows: Vec<_> = services.into_iter().map(|(name, tags)| vec![name, tags.join(",")]).collect();
        // The last line's blanks are gone in Consul's too.
        outln!("{}", spaced(&rows, 6).trim_end());
        return Ok(());
    }
    services.dedup_by(|one, other| one.0 == other.0);
    for (name, _) in services {
        outln!("{name}");
    }
    Ok(())
}

fn texts(items: &[Value]) -> Vec<String> {
    let mut texts: Vec<String> = items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect();
    texts.sort();
    texts
}

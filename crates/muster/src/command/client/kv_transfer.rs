//! `kv export` and `kv import`: keys as JSON.

use anyhow::{Context, Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_wire::json::{self, Value, push_string};

use super::kv::{path, value_of};
use super::{ClientCommand, Session, client_flags, items, text};
use crate::flags::{Flag, FlagTable, Kind};

pub(super) const EXPORT: ClientCommand = ClientCommand {
    name: "export",
    summary: "prints keys as JSON",
    table: FlagTable {
        usage: "muster kv export [flags] [PREFIX]",
        about: "Prints all keys, or those under a prefix, with flags and values as JSON that kv import reads.",
        flags: client_flags![],
    },
    run: export,
};

pub(super) const IMPORT: ClientCommand = ClientCommand {
    name: "import",
    summary: "writes keys from JSON",
    table: FlagTable {
        usage: "muster kv import [flags] [-prefix PREFIX] DATA",
        about: "Writes the keys of JSON that kv export printed; - reads it from standard input, @FILE from a file.",
        flags: client_flags![Flag::works("prefix", Kind::Text, "PREFIX", "stands before every key")],
    },
    run: import,
};

fn export(session: &Session) -> Result<()> {
    let prefix = match session.parsed.rest.as_slice() {
        [] => "",
        _ => session.argument("")?,
    };
    let prefix = prefix.strip_prefix('/').unwrap_or(prefix);
    let answer = session.get_any(&path(prefix), &[("recurse", "")])?;
    let entries = match answer.status {
        404 => Value::Array(Vec::new()),
        _ => json::parse(&super::whole(answer)?.body)?,
    };
    let rows: Vec<String> = items(&entries)
        .iter()
        .map(|entry| {
            let mut key = Vec::new();
            push_string(&mut key, text(entry, "Key"));
            format!(
                "\t{{\n\t\t\"key\": {},\n\t\t\"flags\": {},\n\t\t\"value\": \"{}\"\n\t}}",
                String::from_utf8_lossy(&key),
                text(entry, "Flags"),
                text(entry, "Value")
            )
        })
        .collect();
    match rows.is_empty() {
        true => println!("[]"),
        false => println!("[\n{}\n]", rows.join(",\n")),
    }
    Ok(())
}

fn import(session: &Session) -> Result<()> {
    let data = value_of(session.argument("Error! Missing DATA argument")?)?;
    let entries = json::parse(&data).context("Cannot unmarshal data")?;
    let Value::Array(entries) = entries else {
        return Err(anyhow!("Cannot unmarshal data: it is a {}: a list would be right", entries.kind()));
    };
    let prefix = session.parsed.text("prefix").unwrap_or_default();
    let mut read = Vec::new();
    // All are read before the first is written.
    for entry in &entries {
        let key = text(entry, "key");
        anyhow::ensure!(!key.is_empty(), "Cannot unmarshal data: an entry has no \"key\"");
        let value = STANDARD
            .decode(text(entry, "value"))
            .with_context(|| format!("Error! Cannot base 64 decode value for key {key}"))?;
        let flags = text(entry, "flags");
        read.push((format!("{prefix}{key}"), if flags.is_empty() { "0" } else { flags }, value));
    }
    for (key, flags, value) in read {
        session
            .put(&path(&key), &[("flags", flags)], value)
            .with_context(|| format!("Error! Failed writing data for key {key}"))?;
        println!("Imported: {key}");
    }
    Ok(())
}

//! `kv export` and `kv import`: keys as JSON.

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_wire::json::push_string;
use muster_wire::request::import_entries;

use super::kv::{QUERYING, found, key, path, value_of, writable};
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
        _ => key(session.argument("")?),
    };
    let entries = session.get_any(&path(prefix), &[("recurse", "")]).and_then(found).context(QUERYING)?;
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
        true => outln!("[]"),
        false => outln!("[\n{}\n]", rows.join(",\n")),
    }
    Ok(())
}

fn import(session: &Session) -> Result<()> {
    let given = match session.parsed.rest.as_slice() {
        [] => bail!("Error! Missing DATA argument"),
        [given] if given.is_empty() => bail!("Error! Empty DATA argument"),
        [given] => given,
        more => bail!("Error! Too many arguments (expected 1, got {})", more.len()),
    };
    let entries = import_entries(&value_of(given)?).context("Cannot unmarshal data")?;
    let prefix = session.parsed.text("prefix").unwrap_or_default();
    let mut read = Vec::new();
    // All are read before the first is written.
    for entry in entries {
        let key = joined(prefix, &entry.key);
        let tried = || format!("Error! Failed writing data for key {key}");
        writable(&key).with_context(tried)?;
        ensure!(!key.is_empty(), "Cannot unmarshal data: an entry has no \"key\"");
        for (name, value) in [("namespace", &entry.namespace), ("partition", &entry.partition)] {
            ensure!(value.is_empty(), "{}: {name} {value:?} is a Consul Enterprise feature", tried());
        }
        let value = STANDARD
            .decode(&entry.value)
            .with_context(|| format!("Error base 64 decoding value for key {}", entry.key))?;
        read.push((key, entry.flags.to_string(), value));
    }
    for (key, flags, value) in read {
        session
            .put(&path(&key), &[("flags", &flags)], value)
            .with_context(|| format!("Error! Failed writing data for key {key}"))?;
        outln!("Imported: {key}");
    }
    Ok(())
}

/// The key under a prefix, joined as Go joins paths; a slash at its end stays.
fn joined(prefix: &str, key: &str) -> String {
    let whole = format!("{prefix}/{key}");
    let rooted = if prefix.is_empty() { key.starts_with('/') } else { prefix.starts_with('/') };
    let mut segments: Vec<&str> = Vec::new();
    for segment in whole.split('/') {
        match segment {
            "" | "." => {}
            ".." if segments.last().is_some_and(|last| *last != "..") => drop(segments.pop()),
            ".." if rooted => {}
            segment => segments.push(segment),
        }
    }
    let (front, back) = (if rooted { "/" } else { "" }, if key.ends_with('/') { "/" } else { "" });
    format!("{front}{}{back}", segments.join("/"))
}

#[test]
fn keys_are_joined_as_go_joins_paths() {
    for (prefix, key, expected) in [
        ("pp", "x//y/", "pp/x/y/"),
        ("pp/", "/x", "pp/x"),
        ("pp/../q", "x", "q/x"),
        ("/pp/", "x/", "/pp/x/"),
        ("", "/lead", "/lead"),
        ("", "a/b", "a/b"),
        ("old", "", "old"),
    ] {
        assert_eq!(joined(prefix, key), expected, "{prefix:?} {key:?}");
    }
}

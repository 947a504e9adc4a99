//! `kv get`, `kv put`, `kv delete`.

use std::io::{Read, Write};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_consul_client::RawAnswer;
use muster_wire::json::Value;
use muster_wire::query;

use super::kv_transfer::{EXPORT, IMPORT};
use super::{ClientCommand, ClientCommands, Session, client_flags, items, text};
use crate::flags::{Flag, FlagTable, Kind};

pub const KV: ClientCommands = ClientCommands::Several {
    name: "kv",
    summary: "keys and their values",
    commands: &[DELETE, EXPORT, GET, IMPORT, PUT],
};

const GET: ClientCommand = ClientCommand {
    name: "get",
    summary: "prints a value",
    table: FlagTable {
        usage: "muster kv get [flags] [KEY_OR_PREFIX]",
        about: "Prints the value of a key, or keys and values under a prefix.",
        flags: client_flags![
            Flag::works("base64", Kind::Bool, "", "values in base64"),
            Flag::works("detailed", Kind::Bool, "", "all that is known of a key"),
            Flag::works("keys", Kind::Bool, "", "only the keys that begin so, up to the separator"),
            Flag::works("recurse", Kind::Bool, "", "all keys that begin so"),
            Flag::works("separator", Kind::Text, "TEXT", "default /; with -keys"),
        ],
    },
    run: get,
};

const PUT: ClientCommand = ClientCommand {
    name: "put",
    summary: "writes a value",
    table: FlagTable {
        usage: "muster kv put [flags] KEY [VALUE]",
        about: "Writes a value; - reads it from standard input, @FILE from a file.",
        flags: client_flags![
            Flag::works("acquire", Kind::Bool, "", "take the lock on the key, with -session"),
            Flag::works("base64", Kind::Bool, "", "the value given is in base64"),
            Flag::works("cas", Kind::Bool, "", "only if the key is as -modify-index says"),
            Flag::works("flags", Kind::Int, "N", "a number kept beside the value"),
            Flag::works("modify-index", Kind::Int, "N", "for -cas; 0: only if there is no such key"),
            Flag::works("release", Kind::Bool, "", "give up the lock on the key, with -session"),
            Flag::works("session", Kind::Text, "ID", "for -acquire and -release"),
        ],
    },
    run: put,
};

const DELETE: ClientCommand = ClientCommand {
    name: "delete",
    summary: "removes a key",
    table: FlagTable {
        usage: "muster kv delete [flags] KEY_OR_PREFIX",
        about: "Removes a key, or all keys under a prefix.",
        flags: client_flags![
            Flag::works("cas", Kind::Bool, "", "only if the key is as -modify-index says"),
            Flag::works("modify-index", Kind::Int, "N", "for -cas"),
            Flag::works("recurse", Kind::Bool, "", "all keys that begin so"),
        ],
    },
    run: delete,
};

/// A key's path.
pub(super) fn path(key: &str) -> String {
    query::path("/v1/kv/", key)
}

/// A key, without the slash in front that is a mistake.
fn key(text: &str) -> &str {
    text.strip_prefix('/').unwrap_or(text)
}

fn get(session: &Session) -> Result<()> {
    let flags = &session.parsed;
    let several = flags.bool("keys") || flags.bool("recurse");
    let key = match session.parsed.rest.as_slice() {
        [] if several => "",
        _ => key(session.argument("Error! Missing KEY argument")?),
    };
    if key.is_empty() && !several {
        bail!("Error! Missing KEY argument");
    }
    if flags.bool("keys") {
        let separator = flags.text("separator").unwrap_or("/");
        let answer = session.get_any(&path(key), &[("keys", ""), ("separator", separator)])?;
        for name in items(&found(answer)?) {
            println!("{}", name.as_str().unwrap_or_default());
        }
        return Ok(());
    }
    let query: &[(&str, &str)] = if flags.bool("recurse") { &[("recurse", "")] } else { &[] };
    let answer = found(session.get_any(&path(key), query)?)?;
    let entries = items(&answer);
    if entries.is_empty() && !flags.bool("recurse") {
        bail!("Error! No key exists at: {key}");
    }
    let mut out = std::io::stdout().lock();
    for (place, entry) in entries.iter().enumerate() {
        let encoded = text(entry, "Value");
        let value = match flags.bool("base64") {
            true => encoded.as_bytes().to_vec(),
            false => STANDARD.decode(encoded).context("the registry's answer holds no base64")?,
        };
        if flags.bool("detailed") {
            if place > 0 {
                writeln!(out)?;
            }
            out.write_all(detailed(entry, &value).as_bytes())?;
        } else {
            if flags.bool("recurse") {
                write!(out, "{}:", text(entry, "Key"))?;
            }
            out.write_all(&value)?;
            writeln!(out)?;
        }
    }
    Ok(())
}

/// A missing key is an empty list.
fn found(answer: RawAnswer) -> Result<Value> {
    match answer.status {
        404 => Ok(Value::Array(Vec::new())),
        _ => Ok(muster_wire::json::parse(&super::whole(answer)?.body)?),
    }
}

fn detailed(entry: &Value, value: &[u8]) -> String {
    let session = text(entry, "Session");
    let cell = |name: &str| vec![name.to_owned(), text(entry, name).to_owned()];
    let rows = [
        cell("CreateIndex"),
        cell("Flags"),
        cell("Key"),
        cell("LockIndex"),
        cell("ModifyIndex"),
        vec!["Session".to_owned(), if session.is_empty() { "-".to_owned() } else { session.to_owned() }],
        vec!["Value".to_owned(), String::from_utf8_lossy(value).into_owned()],
    ];
    // Consul pads these by hand, wider than a table would.
    rows.iter().map(|row| format!("{:<16} {}\n", row[0], row[1])).collect()
}

fn put(session: &Session) -> Result<()> {
    let flags = &session.parsed;
    let (key, value) = match flags.rest.as_slice() {
        [] => bail!("Error! Missing KEY argument"),
        [name] => (key(name), Vec::new()),
        [name, value] => (key(name), value_of(value)?),
        more => bail!("Error! Too many arguments (expected 1 or 2, got {})", more.len()),
    };
    if key.is_empty() {
        bail!("Error! Missing KEY argument");
    }
    let value = if flags.bool("base64") {
        STANDARD.decode(&value).context("Error! Cannot base 64 decode data")?
    } else {
        value
    };
    let number = |name| flags.text(name).unwrap_or("0");
    let lock = flags.bool("acquire") || flags.bool("release");
    let session_id = flags.text("session").unwrap_or_default();
    if lock && session_id.is_empty() {
        bail!("Error! Missing -session (required with -acquire and -release)");
    }
    if !lock && !session_id.is_empty() {
        bail!("Error! Cannot use -session without -acquire or -release");
    }
    if flags.has("modify-index") && !flags.bool("cas") {
        bail!("Error! Cannot use -modify-index without -cas");
    }
    let mut query = vec![("flags", number("flags"))];
    if flags.bool("cas") {
        query.push(("cas", number("modify-index")));
    }
    if lock {
        query.push((if flags.bool("acquire") { "acquire" } else { "release" }, session_id));
    }
    let done = is_true(&session.put(&path(key), &query, value)?);
    match (done, flags.bool("cas"), flags.bool("acquire"), flags.bool("release")) {
        (true, _, true, _) => println!("Success! Lock acquired on: {key}"),
        (true, _, _, true) => println!("Success! Lock released on: {key}"),
        (true, ..) => println!("Success! Data written to: {key}"),
        (false, true, ..) => bail!("Error! Did not write to {key}: CAS failed"),
        (false, _, true, _) => bail!("Error! Did not acquire lock on {key}"),
        (false, _, _, true) => bail!("Error! Did not release lock on {key}"),
        (false, ..) => bail!("Error! Did not write to {key}"),
    }
    Ok(())
}

/// `true`, on a line of its own where the server indents its answers.
fn is_true(answer: &RawAnswer) -> bool {
    answer.body.trim_ascii() == b"true"
}

/// The value as given; `-`: standard input; `@FILE`: that file.
pub(super) fn value_of(text: &str) -> Result<Vec<u8>> {
    match text.strip_prefix('@') {
        _ if text == "-" => {
            let mut value = Vec::new();
            std::io::stdin().read_to_end(&mut value).context("cannot read standard input")?;
            Ok(value)
        }
        Some(path) => std::fs::read(path).with_context(|| format!("Failed to read file {path}")),
        None => Ok(text.as_bytes().to_vec()),
    }
}

fn delete(session: &Session) -> Result<()> {
    let flags = &session.parsed;
    let key = key(session.argument("Error! Missing KEY argument")?);
    let (cas, recurse) = (flags.bool("cas"), flags.bool("recurse"));
    if key.is_empty() && !recurse {
        bail!("Error! Missing KEY argument");
    }
    if cas && recurse {
        bail!("Cannot specify both -cas and -recurse!");
    }
    if cas && flags.int("modify-index").unwrap_or(0) == 0 {
        bail!("Must specify -modify-index with -cas!");
    }
    if flags.has("modify-index") && !cas {
        bail!("Cannot specify -modify-index without -cas!");
    }
    let mut query = Vec::new();
    if recurse {
        query.push(("recurse", ""));
    }
    if cas {
        query.push(("cas", flags.text("modify-index").unwrap_or("0")));
    }
    let done = is_true(&session.delete(&path(key), &query)?);
    match (done, recurse) {
        (true, true) => println!("Success! Deleted keys with prefix: {key}"),
        (true, false) => println!("Success! Deleted key: {key}"),
        (false, _) => bail!("Error! Did not delete key {key}: CAS failed"),
    }
    Ok(())
}

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
            Flag::works("flags", Kind::Uint, "N", "a number kept beside the value"),
            Flag::works("modify-index", Kind::Uint, "N", "for -cas; 0: only if there is no such key"),
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
            Flag::works("modify-index", Kind::Uint, "N", "for -cas"),
            Flag::works("recurse", Kind::Bool, "", "all keys that begin so"),
        ],
    },
    run: delete,
};

/// A key's path.
pub(super) fn path(key: &str) -> String {
    query::path("/v1/kv/", key)
}

/// A key to read or remove, without the slash in front that is a mistake.
pub(super) fn key(text: &str) -> &str {
    text.strip_prefix('/').unwrap_or(text)
}

/// A key to write, for which a slash in front is refused: another key would be written.
pub(super) fn writable(key: &str) -> Result<&str> {
    anyhow::ensure!(!key.starts_with('/'), "Invalid key. Key must not begin with a '/': {key}");
    Ok(key)
}

/// What was tried when a question is not answered.
pub(super) const QUERYING: &str = "Error querying Consul agent";

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
        let separator = if flags.bool("recurse") { "" } else { flags.text("separator").unwrap_or("/") };
        let answer = session.get_any(&path(key), &[("keys", ""), ("separator", separator)]).and_then(found);
        for name in items(&answer.context(QUERYING)?) {
            outln!("{}", name.as_str().unwrap_or_default());
        }
        return Ok(());
    }
    let query: &[(&str, &str)] = if flags.bool("recurse") { &[("recurse", "")] } else { &[] };
    let answer = session.get_any(&path(key), query).and_then(found).context(QUERYING)?;
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
pub(super) fn found(answer: RawAnswer) -> Result<Value> {
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
    let line = |row: &Vec<String>| match row[1].as_str() {
        "" => format!("{}\n", row[0]),
        value => format!("{:<16} {value}\n", row[0]),
    };
    rows.iter().map(line).collect()
}

fn put(session: &Session) -> Result<()> {
    let flags = &session.parsed;
    let (key, value) = match flags.rest.as_slice() {
        [] => bail!("Error! Missing KEY argument"),
        [name] => (name, Vec::new()),
        [name, value] => (name, value_of(value)?),
        more => bail!("Error! Too many arguments (expected 1 or 2, got {})", more.len()),
    };
    let value = match flags.bool("base64") {
        true => STANDARD.decode(&value).context("Error! Cannot base 64 decode data")?,
        false => value,
    };
    let session_id = flags.text("session").unwrap_or_default();
    if session_id.is_empty() && (flags.bool("acquire") || flags.bool("release")) {
        bail!("Error! Missing -session (required with -acquire and -release)");
    }
    let index = flags.uint("modify-index").unwrap_or(0).to_string();
    let way = Way::of(session);
    let number = flags.uint("flags").unwrap_or(0).to_string();
    let mut query = vec![("flags", number.as_str())];
    match way {
        Way::Plain => {}
        Way::Cas => query.push(("cas", &index)),
        Way::Acquire => query.push(("acquire", session_id)),
        Way::Release => query.push(("release", session_id)),
    }
    let tried = match way {
        Way::Cas => format!("Error! Did not write to {key}"),
        _ => "Error! Failed writing data".to_owned(),
    };
    let answer = writable(key).and_then(|key| session.put(&path(key), &query, value)).context(tried)?;
    match (is_true(&answer), way) {
        (true, Way::Acquire) => outln!("Success! Lock acquired on: {key}"),
        (true, Way::Release) => outln!("Success! Lock released on: {key}"),
        (true, _) => outln!("Success! Data written to: {key}"),
        (false, Way::Cas) if index == "0" => {
            bail!("Error! Did not write to {key}: CAS performed with index=0 and key already exists.")
        }
        (false, Way::Cas) => bail!("Error! Did not write to {key}: CAS failed"),
        (false, Way::Acquire) => bail!("Error! Did not acquire lock"),
        (false, Way::Release) => bail!("Error! Did not release lock"),
        (false, Way::Plain) => bail!("Error! Did not write to {key}"),
    }
    Ok(())
}

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Plain,
    Cas,
    Acquire,
    Release,
}

impl Way {
    /// Of several that flags ask for, the first counts, as in Consul.
    fn of(session: &Session) -> Self {
        let asked = |name| session.parsed.bool(name);
        match () {
            () if asked("cas") => Self::Cas,
            () if asked("acquire") => Self::Acquire,
            () if asked("release") => Self::Release,
            () => Self::Plain,
        }
    }
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
            std::io::stdin().read_to_end(&mut value).context("Error! Failed to read stdin")?;
            Ok(value)
        }
        Some(path) => std::fs::read(path).with_context(|| format!("Error! Failed to read file: open {path}")),
        None => Ok(text.as_bytes().to_vec()),
    }
}

fn delete(session: &Session) -> Result<()> {
    let flags = &session.parsed;
    let (cas, recurse) = (flags.bool("cas"), flags.bool("recurse"));
    let key = match flags.rest.as_slice() {
        // All keys begin with nothing.
        [] if recurse => "",
        _ => key(session.argument("Error! Missing KEY argument")?),
    };
    if key.is_empty() && !recurse {
        bail!("Error! Missing KEY argument");
    }
    if flags.has("modify-index") && !cas && flags.uint("modify-index") != Some(0) {
        bail!("Cannot specify -modify-index without -cas!");
    }
    let index = flags.uint("modify-index").unwrap_or(0);
    if cas && index == 0 {
        bail!("Cannot delete a key that does not exist. Provide a -modify-index greater than than 0.");
    }
    if cas && recurse {
        bail!("Cannot specify both -cas and -recurse!");
    }
    let index = index.to_string();
    let (query, tried): (&[(&str, &str)], _) = match (recurse, cas) {
        (true, _) => (&[("recurse", "")], format!("Error! Did not delete prefix {key}")),
        (_, true) => (&[("cas", &index)], format!("Error! Did not delete key {key}")),
        _ => (&[], format!("Error deleting key {key}")),
    };
    let done = is_true(&session.delete(&path(key), query).context(tried)?);
    match (done, recurse) {
        (true, true) => outln!("Success! Deleted keys with prefix: {key}"),
        (true, false) => outln!("Success! Deleted key: {key}"),
        (false, _) => bail!("Error! Did not delete key {key}: CAS failed"),
    }
    Ok(())
}

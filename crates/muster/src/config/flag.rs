//! Flags that say the same as keys.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use muster_model::duration_text::GoDuration;

use super::key::MAX_TEXT_BYTES;
use super::{Entry, Key, Kind, Origin, Setting, keys};
use crate::flags::Parsed;

type Entries = Vec<(&'static Key, Entry)>;

/// The lists that flags give.
pub fn lists(flags: &Parsed) -> Result<Entries> {
    entries(flags, true)
}

/// All else that flags give.
pub fn values(flags: &Parsed) -> Result<Entries> {
    entries(flags, false)
}

fn entries(flags: &Parsed, lists: bool) -> Result<Entries> {
    let mut entries = Vec::new();
    for key in keys().filter(|key| (key.kind == Kind::List) == lists) {
        let Some(flag) = key.flag.filter(|flag| flags.has(flag)) else { continue };
        let entry = Entry { setting: setting(key, flag, flags)?, origin: Origin::Flag(flag) };
        key.accept(&entry)?;
        entries.push((key, entry));
    }
    Ok(entries)
}

fn setting(key: &Key, flag: &str, flags: &Parsed) -> Result<Setting> {
    let text = flags.text(flag).unwrap_or_default();
    if let Some(long) = flags.list(flag).iter().find(|text| text.len() > MAX_TEXT_BYTES) {
        bail!("flag -{flag} is a string of {} bytes: at most {MAX_TEXT_BYTES} would be right", long.len());
    }
    Ok(match key.kind {
        Kind::Bool => Setting::Bool(flags.bool(flag)),
        Kind::Int => Setting::Int(flags.int(flag).unwrap_or_default()),
        Kind::Duration => match GoDuration::parse(text) {
            Ok(duration) => Setting::Duration(duration),
            Err(_) => bail!("flag -{flag} is {text:?}: a duration such as 10s would be right"),
        },
        Kind::List => Setting::List(flags.list(flag).to_vec()),
        Kind::Map => {
            let mut map = BTreeMap::new();
            for pair in flags.list(flag) {
                // A name alone has an empty value, as in Consul.
                let (name, value) = pair.split_once(':').unwrap_or((pair, ""));
                map.insert(name.to_owned(), value.to_owned());
            }
            Setting::Map(map)
        }
        Kind::Number | Kind::Text | Kind::Blocks | Kind::Items(_) | Kind::Free | Kind::Any => {
            Setting::Text(text.to_owned())
        }
    })
}

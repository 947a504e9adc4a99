//! Who the node is: its name, ID, meta and datacenter, with Consul's rules for each.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use muster_model::MAX_NAME_BYTES;
use muster_wire::request::check_meta;

use crate::config::Settings;

/// The longest name that DNS takes in one label.
const MAX_LABEL: usize = 63;

/// The name as given, else the host's; so too where an empty one is given, as in Consul.
pub fn node_name(settings: &Settings, host_name: impl Fn() -> Result<String>) -> Result<String> {
    match settings.text("node_name") {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => host_name(),
    }
}

/// Consul's warning about a name that DNS cannot carry.
pub fn undiscoverable(name: &str) -> Option<String> {
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Some(format!(
            "Node name {name:?} will not be discoverable via DNS due to invalid characters. Valid characters include \
             all alpha-numerics and dashes."
        ));
    }
    (name.len() > MAX_LABEL).then(|| {
        format!(
            "Node name {name:?} will not be discoverable via DNS due to it being too long. Valid lengths are between \
             1 and 63 bytes."
        )
    })
}

/// A UUID in lower case, if one was given.
pub fn node_id(settings: &Settings) -> Result<Option<String>> {
    match settings.text("node_id") {
        None | Some("") => Ok(None),
        Some(text) => match uuid::Uuid::parse_str(text) {
            // Go's parser takes the form with dashes only.
            Ok(id) if text.len() == 36 => Ok(Some(id.to_string())),
            _ => Err(settings.wrong(
                "node_id",
                format!("is {text:?}: a UUID such as 8f3c6c9e-52fb-4b56-9b1f-0d7a6f1c0b1e would be right"),
            )),
        },
    }
}

/// The meta that was given, within Consul's limits.
pub fn node_meta(settings: &Settings) -> Result<BTreeMap<Arc<str>, Arc<str>>> {
    let meta: BTreeMap<Arc<str>, Arc<str>> =
        settings.map("node_meta").into_iter().map(|(name, value)| (Arc::from(name), Arc::from(value))).collect();
    match check_meta(&meta) {
        Ok(()) => Ok(meta),
        Err(problem) => Err(settings.wrong("node_meta", format!("is refused: {problem}"))),
    }
}

/// The datacenter in lower case.
pub fn datacenter(settings: &Settings) -> Result<String> {
    let datacenter = settings.text("datacenter").unwrap_or("dc1").to_lowercase();
    let valid = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if datacenter.len() > MAX_NAME_BYTES {
        return Err(settings.wrong("datacenter", format!("is longer than {MAX_NAME_BYTES} bytes")));
    }
    if !valid(&datacenter) {
        return Err(settings.wrong("datacenter", format!("is {datacenter:?}: letters, digits, - and _ would be right")));
    }
    match settings.text("primary_datacenter").map(str::to_lowercase) {
        Some(primary) if !primary.is_empty() && primary != datacenter => Err(settings.wrong(
            "primary_datacenter",
            format!("is {primary:?} and the datacenter is {datacenter:?}: there is one datacenter, so leave it out"),
        )),
        _ => Ok(datacenter),
    }
}

//! Addresses in configuration: as they are, or go-sockaddr templates such as `{{ GetInterfaceIP "eth0" }}`.
//!
//! The common ones: `GetPrivateIP`, `GetPrivateIPs`, `GetPublicIP`, `GetPublicIPs`, `GetInterfaceIP`,
//! `GetInterfaceIPs`, and `GetAllInterfaces`, `GetPrivateInterfaces`, `GetPublicInterfaces` or
//! `GetDefaultInterfaces` followed by `include`, `exclude`, `sort`, `limit`, `attr` and `join`.

mod interfaces;
mod pipeline;

use anyhow::Result;

pub use interfaces::{Interface, interfaces};

/// The text with its templates replaced; several addresses are separated by spaces.
pub fn resolve(text: &str, interfaces: &[Interface]) -> Result<String> {
    let mut resolved = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((template, after)) = after.split_once("}}") else {
            anyhow::bail!("has {{{{ without }}}}");
        };
        resolved.push_str(before);
        resolved.push_str(&pipeline::run(template.trim().trim_matches('-').trim(), interfaces)?);
        rest = after;
    }
    resolved.push_str(rest);
    Ok(resolved)
}

#[cfg(test)]
mod tests;

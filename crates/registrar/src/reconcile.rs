//! What to do so that what is registered becomes what should be: a pure function.

use std::collections::{BTreeMap, BTreeSet};

use muster_catalog::Registration;
use muster_model::{CheckId, ENGINE_META_KEY, Service, ServiceId};

use crate::Claims;

/// An instance that should stand, with the name of the container that it is for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The container's name.
    pub container: &'a str,
    /// The instance with its checks.
    pub registration: &'a Registration,
}

/// What should stand.
#[derive(Debug, Default)]
pub struct Desired<'a> {
    /// By ID.
    pub wanted: BTreeMap<&'a ServiceId, Wanted<'a>>,
    /// What containers that ended badly may have registered: it stays if it is there (`-deregister on-success`).
    pub kept: Vec<&'a Claims>,
}

/// Whose instances may be taken out.
#[derive(Debug, Clone, Copy)]
pub struct Ownership<'a> {
    /// Those that carry this engine's mark.
    pub engine: &'a str,
    /// With `-cleanup`, also those that Registrator registered for a host of this name.
    pub cleanup_host: Option<&'a str>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command<'a> {
    /// Register an instance that is not there, or not so.
    Register(&'a Registration),
    /// Take an instance out.
    Deregister(ServiceId),
}

/// Compares. Additions come first, so that a service whose only instance moved is never empty.
///
/// A wanted instance replaces whatever has its ID: it is the container's by its very ID. What is not
/// wanted goes only if it is ours. `checks` are the IDs of those that are registered; none: they do not count.
pub fn reconcile<'a>(
    desired: &Desired<'a>,
    registered: &BTreeMap<ServiceId, Service>,
    checks: Option<&BTreeSet<CheckId>>,
    ownership: Ownership<'_>,
) -> Vec<Command<'a>> {
    let missing = desired.wanted.values().filter(|wanted| {
        let service = &wanted.registration.service;
        let named = wanted.registration.checks.iter().filter_map(|check| check.id.as_ref());
        let is_checked = checks.is_none_or(|there| named.into_iter().all(|check| there.contains(check)));
        !(is_checked && registered.get(&service.id).is_some_and(|there| stands_equally(there, service)))
    });
    let mut commands: Vec<Command<'a>> = missing.map(|wanted| Command::Register(wanted.registration)).collect();
    let names: BTreeSet<(&str, &str)> =
        desired.wanted.values().map(|wanted| (wanted.registration.service.name.as_str(), wanted.container)).collect();
    for (id, service) in registered {
        if desired.wanted.contains_key(id) || desired.kept.iter().any(|claims| claims.cover(id)) {
            continue;
        }
        let is_dangling = ownership.cleanup_host.is_some_and(|host| is_dangling(service, host, &names));
        if mark(service) == Some(ownership.engine) || is_dangling {
            commands.push(Command::Deregister(id.clone()));
        }
    }
    commands
}

/// The engine whose container an instance is for, if a registrar like us registered it.
pub fn mark(service: &Service) -> Option<&str> {
    service.meta.get(ENGINE_META_KEY).map(|engine| &**engine)
}

/// Only what a registration says is compared: an agent adds tagged addresses of its own.
fn stands_equally(there: &Service, wanted: &Service) -> bool {
    let without_additions = |service: &Service| Service { tagged_addresses: BTreeMap::new(), ..service.clone() };
    without_additions(there) == without_additions(wanted)
}

/// Registrator's own test: `HOST:CONTAINER:PORT` or `HOST:CONTAINER:PORT:udp` with our host's name, while
/// no container of that name has an instance of that service.
fn is_dangling(service: &Service, host: &str, names: &BTreeSet<(&str, &str)>) -> bool {
    let id = service.id.as_str();
    let Some((rest, port)) = id.strip_suffix(":udp").unwrap_or(id).rsplit_once(':') else { return false };
    let Some((id_host, container)) = rest.rsplit_once(':') else { return false };
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = container.len() > 1
        && container.starts_with(|c: char| c.is_ascii_alphanumeric())
        && container.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    is_port && is_name && id_host == host && !names.contains(&(service.name.as_str(), container))
}

#[cfg(test)]
mod tests;

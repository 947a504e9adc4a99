//! Services and checks that files define, kept registered: what left the files leaves the registry.
//!
//! What the files defined last is remembered beside the journal, a service's checks each for itself, since they may
//! leave the files while nothing runs. What files define is registered as it stands there, which changes nothing where
//! nothing changed; what goes is the difference between what they defined and what they define. What was registered
//! by the API is never touched, be it a check of a service that a file defines, or its maintenance.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use muster_agent::{Rules, missing_service};
use muster_catalog::{CatalogError, LocalAgent};
use muster_http::{Api, accept_check, accept_service};
use muster_model::{CheckId, ServiceId};

use crate::config::{Definition, Subject};

/// The file in the data directory.
const FILE: &str = "definitions";

/// Whether all of it can be registered by these rules. `stays` says of an instance that is not among it whether it is
/// at the node and will be.
pub fn check(wanted: &[Definition], rules: &Rules, stays: impl Fn(&ServiceId) -> bool) -> Result<()> {
    let mut defined = BTreeSet::new();
    for definition in wanted.iter().filter(|definition| definition.subject == Subject::Service) {
        defined.insert(accept_service(rules, &definition.body).map_err(|refusal| refused(definition, refusal))?);
    }
    for definition in wanted.iter().filter(|definition| definition.subject == Subject::Check) {
        match accept_check(rules, &definition.body).map_err(|refusal| refused(definition, refusal))? {
            Some(service) if !defined.contains(&service) && !stays(&service) => {
                return Err(refused(definition, missing_service(&service)));
            }
            _ => {}
        }
    }
    Ok(())
}

fn refused(definition: &Definition, refusal: impl fmt::Display) -> anyhow::Error {
    anyhow!("{}: {} {:?}: {refusal}", definition.place, definition.subject, definition.id)
}

/// What files defined last with these data.
pub fn remembered_in(data_dir: Option<&Path>) -> Result<BTreeSet<(Subject, String)>> {
    data_dir.map(|directory| remembered(&directory.join(FILE))).transpose().map(Option::unwrap_or_default)
}

/// What files define, at one registry.
pub struct Definitions {
    api: Arc<Api>,
    file: Option<PathBuf>,
    registered: BTreeSet<(Subject, String)>,
    /// What was registered last by this process.
    applied: Vec<Definition>,
}

impl Definitions {
    /// With what was remembered in the data directory; without one nothing is.
    pub fn open(api: Arc<Api>, data_dir: Option<&Path>) -> Result<Self> {
        let file = data_dir.map(|directory| directory.join(FILE));
        Ok(Self { api, file, registered: remembered_in(data_dir)?, applied: Vec::new() })
    }

    /// Registers what is defined, and takes out what was and is no more. If one would be refused, that is told and all
    /// stays as it was.
    pub async fn apply(&mut self, wanted: &[Definition]) -> Result<()> {
        let each: Vec<_> = wanted.iter().map(named).collect::<Result<_>>()?;
        let defined: BTreeSet<_> = each.iter().flatten().cloned().collect();
        let stays = |id: &ServiceId| !self.registered.contains(&(Subject::Service, id.as_str().to_owned()));
        let services = self.api.agent.entries().await?.services;
        check(wanted, self.api.agent.rules(), |id| services.contains_key(id) && stays(id))?;
        let before = self.registered.clone();
        let gone: Vec<_> = before.difference(&defined).cloned().collect();
        // Remembered before it is registered: what a crash leaves behind must still be found.
        self.registered.extend(defined);
        self.remember()?;
        for (place, definition) in wanted.iter().enumerate() {
            let again = self.is_as_before(definition, &before);
            if let Err(error) = self.register(definition, again).await {
                // What is not registered by this file may be by somebody else.
                self.registered = before.into_iter().chain(each.into_iter().take(place).flatten()).collect();
                self.remember()?;
                return Err(error);
            }
        }
        // Services first: they take their checks along, and none is ever seen without the check that spoke against it.
        for (subject, id) in gone {
            self.take_out(subject, &id).await?;
            self.registered.remove(&(subject, id));
        }
        self.applied = wanted.to_vec();
        self.remember()
    }

    /// Whether it says what it said last. Of the time before the start only that it was there is known: what stands
    /// in the registry counts then, as in Consul.
    fn is_as_before(&self, definition: &Definition, before: &BTreeSet<(Subject, String)>) -> bool {
        let (subject, id) = (definition.subject, &definition.id);
        let last = self.applied.iter().find(|last| last.subject == subject && last.id == *id);
        match last {
            Some(last) => last.body == definition.body,
            None => before.contains(&(subject, id.clone())),
        }
    }

    async fn register(&self, definition: &Definition, again: bool) -> Result<()> {
        let done = match definition.subject {
            Subject::Service => muster_http::register_service(&self.api, &definition.body, again).await,
            Subject::Check => muster_http::register_check(&self.api, &definition.body).await,
        };
        done.map_err(|refusal| refused(definition, refusal))
    }

    async fn take_out(&self, subject: Subject, id: &str) -> Result<()> {
        let agent = &self.api.agent;
        let gone = match subject {
            Subject::Service => agent.deregister(&ServiceId::new(id)?).await,
            Subject::Check => agent.deregister_check(&CheckId::new(id)?).await,
        };
        match gone {
            // It went with its service, or somebody took it out by the API.
            Ok(()) | Err(CatalogError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("cannot take out {subject} {id:?}")),
        }
    }

    fn remember(&self) -> Result<()> {
        let Some(path) = &self.file else { return Ok(()) };
        let draft = path.with_extension("new");
        let lines: String = self.registered.iter().map(|(subject, id)| format!("{subject} {id}\n")).collect();
        std::fs::File::create(&draft)
            .and_then(|mut file| file.write_all(lines.as_bytes()).and_then(|()| file.sync_all()))
            .and_then(|()| std::fs::rename(&draft, path))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

/// What a definition makes: itself, and the checks within a service.
fn named(definition: &Definition) -> Result<Vec<(Subject, String)>> {
    let mut all = vec![(definition.subject, definition.id.clone())];
    if definition.subject == Subject::Service {
        let checks = muster_http::service_checks(&definition.body).map_err(|refusal| refused(definition, refusal))?;
        all.extend(checks.iter().map(|check| (Subject::Check, check.as_str().to_owned())));
    }
    Ok(all)
}

/// A line each: what it is and its ID, which holds no line end.
fn remembered(path: &Path) -> Result<BTreeSet<(Subject, String)>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let read = |line: &str| match line.split_once(' ')? {
        ("service", id) => Some((Subject::Service, id.to_owned())),
        ("check", id) => Some((Subject::Check, id.to_owned())),
        _ => None,
    };
    let lines = text
        .lines()
        .map(|line| read(line).ok_or_else(|| anyhow!("{} is not what muster wrote there: remove it", path.display())));
    lines.collect()
}

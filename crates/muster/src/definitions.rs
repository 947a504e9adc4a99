//! Services and checks that files define, kept registered: what left the files leaves the registry.
//!
//! What the files defined last is remembered beside the journal, since a service may leave them while nothing
//! runs. What was registered by the API is never touched.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use muster_catalog::{CatalogError, LocalAgent};
use muster_http::Api;
use muster_model::{CheckId, ServiceId};

use crate::config::{Definition, Subject};

/// The file in the data directory.
const FILE: &str = "definitions";

/// What files define, at one registry.
pub struct Definitions {
    api: Arc<Api>,
    file: Option<PathBuf>,
    registered: BTreeSet<(Subject, String)>,
}

impl Definitions {
    /// With what was remembered in the data directory; without one nothing is.
    pub fn open(api: Arc<Api>, data_dir: Option<&Path>) -> Result<Self> {
        let file = data_dir.map(|directory| directory.join(FILE));
        let registered = file.as_deref().map(remembered).transpose()?.unwrap_or_default();
        Ok(Self { api, file, registered })
    }

    /// Registers what is defined, and takes out what was and is no more. A definition that is refused is told and
    /// stops it there.
    pub async fn apply(&mut self, wanted: &[Definition]) -> Result<()> {
        let defined: BTreeSet<_> =
            wanted.iter().map(|definition| (definition.subject, definition.id.clone())).collect();
        let before = self.registered.clone();
        let gone: Vec<_> = before.difference(&defined).cloned().collect();
        // Remembered before it is registered: what a crash leaves behind must still be found.
        self.registered.extend(defined.iter().cloned());
        self.remember()?;
        for (place, definition) in wanted.iter().enumerate() {
            if let Err(error) = self.register(definition).await {
                // What is not registered by this file may be by somebody else.
                let done = wanted[..place].iter().map(|done| (done.subject, done.id.clone()));
                self.registered = before.into_iter().chain(done).collect();
                self.remember()?;
                return Err(error);
            }
        }
        // Checks first: their services take them along.
        for (subject, id) in gone.into_iter().rev() {
            self.take_out(subject, &id).await?;
            self.registered.remove(&(subject, id));
        }
        self.remember()
    }

    async fn register(&self, definition: &Definition) -> Result<()> {
        let done = match definition.subject {
            Subject::Service => muster_http::register_service(&self.api, &definition.body).await,
            Subject::Check => muster_http::register_check(&self.api, &definition.body).await,
        };
        done.map_err(|refusal| anyhow!("{}: {} {:?}: {refusal}", definition.place, definition.subject, definition.id))
    }

    async fn take_out(&self, subject: Subject, id: &str) -> Result<()> {
        let agent = &self.api.agent;
        let gone = match subject {
            Subject::Service => agent.deregister(&ServiceId::new(id)?).await,
            Subject::Check => agent.deregister_check(&CheckId::new(id)?).await,
        };
        match gone {
            // Somebody took it out by the API.
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

//! What is known about the engine's containers.

use std::collections::{BTreeMap, BTreeSet};

use muster_catalog::Registration;
use muster_docker::{Container, ContainerSummary};
use muster_model::ServiceId;
use tracing::warn;

use super::inbox::{Dirty, LastWord};
use crate::reconcile::{Desired, Wanted};
use crate::{Claims, Deregister, Remark, Settings, claims, map};

/// All containers that have, or may have, something registered, by ID.
#[derive(Debug, Default)]
pub(super) struct Known {
    containers: BTreeMap<String, Entry>,
    /// Service IDs that two containers want, with the container that does not get it.
    contested: BTreeSet<(ServiceId, String)>,
}

#[derive(Debug, Default)]
struct Entry {
    name: String,
    /// As it was listed when it was looked at; none: look again in any case.
    summary: Option<ContainerSummary>,
    /// Whose network it shares.
    network_owner: Option<String>,
    registrations: BTreeMap<ServiceId, Registration>,
    /// It ended badly, and keeps what it has registered.
    claims: Option<Claims>,
    remarks: BTreeSet<Remark>,
}

/// What a container's state means for its registrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Serves,
    EndedBadly,
    Ended,
}

impl Known {
    /// Whether `summary` tells something new.
    pub fn is_news(&self, summary: &ContainerSummary) -> bool {
        self.containers.get(&summary.id).is_none_or(|entry| entry.summary.as_ref() != Some(summary))
    }

    /// Forgets how containers were listed, so that all are looked at again.
    pub fn doubt(&mut self) {
        for entry in self.containers.values_mut() {
            entry.summary = None;
        }
    }

    /// Keeps only the containers that `summaries` lists.
    pub fn retain(&mut self, summaries: &[ContainerSummary]) {
        let listed: BTreeSet<&str> = summaries.iter().map(|summary| summary.id.as_str()).collect();
        self.containers.retain(|id, _| listed.contains(id.as_str()));
    }

    /// Adds those to `dirty` that share the network of one in it.
    pub fn add_dependents(&self, dirty: &mut Dirty) {
        let shares = |entry: &Entry| entry.network_owner.as_ref().is_some_and(|owner| dirty.contains_key(owner));
        let dependents = self.containers.iter().filter(|(_, entry)| shares(entry)).map(|(id, _)| id.clone());
        for dependent in dependents.collect::<Vec<_>>() {
            dirty.entry(dependent).or_default();
        }
    }

    /// Goes by what was heard last of a container that cannot be looked at.
    pub fn believe(&mut self, id: &str, word: LastWord, deregister: Deregister) {
        let is_over = match word {
            LastWord::Unclear => false,
            LastWord::Ended(exit_code) => ended(exit_code, deregister) == Standing::Ended,
            LastWord::Removed => true,
        };
        if is_over {
            self.containers.remove(id);
        }
    }

    /// Notes what a look at a container showed; none: it is gone.
    pub fn update(&mut self, id: &str, look: Option<Look>, settings: &Settings, engine: &str) {
        let Some(Look { container, network_owner, summary }) = look else {
            self.containers.remove(id);
            return;
        };
        let former = self.containers.remove(id).unwrap_or_default();
        let mut entry = Entry {
            name: container.name.clone(),
            summary,
            network_owner: owner_id(&container).map(str::to_owned),
            ..Entry::default()
        };
        match standing(&container, settings.deregister) {
            Standing::Serves => {
                let mapped = map(&container, network_owner.as_ref(), settings, engine);
                for remark in mapped.remarks.difference(&former.remarks) {
                    warn!("{remark}");
                }
                entry.registrations = mapped.registrations;
                entry.remarks = mapped.remarks;
            }
            Standing::EndedBadly => {
                entry.registrations = former.registrations;
                entry.claims = Some(claims(&container, settings));
            }
            // The entry stays until the container goes, so that a list need not have it looked at again.
            Standing::Ended => {}
        }
        self.containers.insert(id.to_owned(), entry);
    }

    /// Says once which service IDs two containers want.
    pub fn report_contested(&mut self) {
        let mut winners: BTreeMap<&ServiceId, &str> = BTreeMap::new();
        let mut contested = BTreeSet::new();
        for entry in self.containers.values() {
            for id in entry.registrations.keys() {
                let winner = *winners.entry(id).or_insert(&entry.name);
                if winner != entry.name {
                    let pair = (id.clone(), entry.name.clone());
                    if !self.contested.contains(&pair) {
                        warn!(
                            "container {}: service ID {:?} is that of container {winner} too; not registered",
                            entry.name,
                            id.as_str()
                        );
                    }
                    contested.insert(pair);
                }
            }
        }
        self.contested = contested;
    }

    /// What should be registered. Of two containers that want one ID, the one with the lower ID gets it.
    pub fn desired(&self) -> Desired<'_> {
        let mut desired = Desired::default();
        for entry in self.containers.values() {
            desired.kept.extend(&entry.claims);
            for (id, registration) in &entry.registrations {
                desired.wanted.entry(id).or_insert(Wanted { container: &entry.name, registration });
            }
        }
        desired
    }
}

/// A look at a container.
#[derive(Debug)]
pub(super) struct Look {
    /// The container.
    pub container: Container,
    /// Whose network it shares, if it does and that one is there.
    pub network_owner: Option<Container>,
    /// How it was listed, if it was.
    pub summary: Option<ContainerSummary>,
}

/// The container whose network this one shares.
pub(super) fn owner_id(container: &Container) -> Option<&str> {
    container.network_mode.strip_prefix("container:")
}

/// A container that waits for its restart does not serve, though the engine says that it runs.
fn standing(container: &Container, deregister: Deregister) -> Standing {
    let state = &container.state;
    if state.running && !state.restarting {
        return Standing::Serves;
    }
    ended(state.exit_code, deregister)
}

/// Exit codes with bit 128 mean a signal, which somebody sent on purpose.
fn ended(exit_code: i64, deregister: Deregister) -> Standing {
    let is_bad = exit_code != 0 && exit_code & 128 == 0;
    if deregister == Deregister::OnSuccess && is_bad { Standing::EndedBadly } else { Standing::Ended }
}

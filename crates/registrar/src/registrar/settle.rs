//! Carrying out what a comparison says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;
use muster_catalog::{CatalogError, CheckRegistration, LocalAgent, Registration};
use muster_model::{CheckId, CheckStatus, Probe, Service, ServiceId};
use tracing::{info, warn};

use crate::reconcile::{Command, Desired, Ownership, mark, reconcile};

/// How many commands are on their way at once: a registry that makes each durable can do them in one go.
const AT_ONCE: usize = 16;

/// What is registered on this node, as far as we know, and what the registry refused.
pub(super) struct Registered {
    agent: Arc<dyn LocalAgent>,
    services: BTreeMap<ServiceId, Service>,
    /// The IDs of its checks, where they count.
    checks: Option<BTreeSet<CheckId>>,
    /// By instance: what was refused, and why. Not tried again until it changes or a full pass comes.
    refused: BTreeMap<ServiceId, (Option<Registration>, String)>,
    /// What stood there and was taken out by others, the registry that we know: mostly one that was critical for longer
    /// than its container allows.
    taken_out: BTreeSet<ServiceId>,
}

/// How a command ended.
enum Outcome {
    Done,
    Refused(String),
    /// Worth trying again.
    Failed(CatalogError),
}

impl Registered {
    /// Nothing is known yet. `with_checks`: an instance that lacks one of its checks is registered again.
    pub fn new(agent: Arc<dyn LocalAgent>, with_checks: bool) -> Self {
        let checks = with_checks.then(BTreeSet::new);
        Self { agent, services: BTreeMap::new(), checks, refused: BTreeMap::new(), taken_out: BTreeSet::new() }
    }

    /// Asks the agent what is registered. `lease`: the instance that stands as long as the registry forgets nothing.
    pub async fn refresh(&mut self, lease: Option<&ServiceId>) -> Result<(), CatalogError> {
        let before = std::mem::replace(&mut self.services, self.agent.services().await?);
        if lease.is_some_and(|lease| self.has(lease)) {
            let gone: Vec<_> = before.into_keys().filter(|id| !self.has(id)).collect();
            self.taken_out.extend(gone);
        } else {
            self.taken_out.clear();
        }
        if self.checks.is_some() {
            self.checks = Some(self.agent.checks().await?);
        }
        Ok(())
    }

    /// Whether there is such an instance.
    pub fn has(&self, id: &ServiceId) -> bool {
        self.services.contains_key(id)
    }

    /// Makes what is registered equal to `desired`. With `is_full`, what was refused is tried again. The
    /// error is the last one of those that are worth trying again.
    pub async fn settle(
        &mut self,
        desired: &Desired<'_>,
        ownership: Ownership<'_>,
        is_full: bool,
    ) -> Result<(), CatalogError> {
        // A container that starts later starts as it says.
        self.taken_out.retain(|id| desired.wanted.contains_key(id));
        let commands: Vec<Command<'_>> = reconcile(desired, &self.services, self.checks.as_ref(), ownership)
            .into_iter()
            .filter(|command| is_full || !self.was_refused(command))
            .collect();
        for command in &commands {
            self.warn_of_takeover(command, ownership.engine);
        }
        let (registers, removals): (Vec<_>, Vec<_>) =
            commands.into_iter().partition(|command| matches!(command, Command::Register(_)));
        let registered = self.carry_out(registers).await;
        let removed = self.carry_out(removals).await;
        registered.and(removed)
    }

    async fn carry_out(&mut self, commands: Vec<Command<'_>>) -> Result<(), CatalogError> {
        let agent = Arc::clone(&self.agent);
        let calls: Vec<_> =
            commands.into_iter().map(|command| carry_out(&*agent, self.again(&command), command)).collect();
        let mut outcomes = stream::iter(calls).buffer_unordered(AT_ONCE);
        let mut result = Ok(());
        while let Some((command, outcome)) = outcomes.next().await {
            match outcome {
                Outcome::Done => self.note_done(&command),
                Outcome::Refused(reason) => self.note_refused(&command, reason),
                Outcome::Failed(error) => {
                    let is_gone = matches!(error, CatalogError::Unreachable { .. });
                    result = Err(error);
                    if is_gone {
                        break;
                    }
                }
            }
        }
        result
    }

    /// What was taken out while its container runs comes back, so that its checks can find it well again; but critical
    /// until they do, whatever it is to be when it starts.
    fn again(&self, command: &Command<'_>) -> Option<Registration> {
        let (id, registration) = target(command);
        let mut registration = registration.filter(|_| self.taken_out.contains(id))?.clone();
        info!(service = %id, "was taken out while its container runs; registered again, critical until its checks pass");
        let is_followed = |check: &&mut CheckRegistration| !matches!(check.definition.probe, Probe::Alias { .. });
        registration.checks.iter_mut().filter(is_followed).for_each(|check| check.status = Some(CheckStatus::Critical));
        Some(registration)
    }

    fn note_done(&mut self, command: &Command<'_>) {
        match command {
            Command::Register(registration) => {
                let service = &registration.service;
                info!(service = %service.id, name = %service.name, address = %service.address, port = service.port, "registered");
                self.services.insert(service.id.clone(), service.clone());
                if let Some(checks) = &mut self.checks {
                    checks.extend(registration.checks.iter().filter_map(|check| check.id.clone()));
                }
                self.refused.remove(&service.id);
                self.taken_out.remove(&service.id);
            }
            Command::Deregister(id) => {
                info!(service = %id, "deregistered");
                self.services.remove(id);
                self.refused.remove(id);
            }
        }
    }

    fn note_refused(&mut self, command: &Command<'_>, reason: String) {
        let (id, registration) = target(command);
        let known = self.refused.insert(id.clone(), (registration.cloned(), reason.clone()));
        if known != Some((registration.cloned(), reason.clone())) {
            let what = if registration.is_some() { "registration" } else { "deregistration" };
            warn!(service = %id, "{what} was refused: {reason}");
        }
    }

    fn was_refused(&self, command: &Command<'_>) -> bool {
        let (id, registration) = target(command);
        self.refused.get(id).is_some_and(|(refused, _)| refused.as_ref() == registration)
    }

    fn warn_of_takeover(&self, command: &Command<'_>, engine: &str) {
        if let Command::Register(registration) = command
            && let Some(other) = self.services.get(&registration.service.id).and_then(mark)
            && other != engine
        {
            warn!(
                service = %registration.service.id,
                "taken over from the docker engine {other}; if that one still runs, two hosts have one name: give each registrator its own --hostname"
            );
        }
    }
}

fn target<'a>(command: &'a Command<'_>) -> (&'a ServiceId, Option<&'a Registration>) {
    match command {
        Command::Register(registration) => (&registration.service.id, Some(registration)),
        Command::Deregister(id) => (id, None),
    }
}

/// `instead`: what is registered in a registration's place.
async fn carry_out<'a>(
    agent: &dyn LocalAgent,
    instead: Option<Registration>,
    command: Command<'a>,
) -> (Command<'a>, Outcome) {
    let result = match &command {
        Command::Register(registration) => agent.register(instead.as_ref().unwrap_or(registration)).await,
        Command::Deregister(id) => match agent.deregister(id).await {
            // Somebody was faster.
            Err(CatalogError::NotFound { .. }) => Ok(()),
            result => result,
        },
    };
    let outcome = match result {
        Ok(()) => Outcome::Done,
        Err(error) if error.is_passing() => Outcome::Failed(error),
        Err(error) => Outcome::Refused(error.to_string()),
    };
    (command, outcome)
}

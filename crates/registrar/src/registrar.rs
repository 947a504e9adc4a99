//! The loop: sees what changed, and has it registered.

mod history;
mod inbox;
mod known;
mod settle;

use std::error::Error as StdError;
use std::sync::Arc;

use futures_util::{FutureExt, StreamExt, stream};
use muster_catalog::{CatalogError, LocalAgent};
use muster_docker::{ContainerSummary, EngineError, EngineInfo, EventStream, Scope, Subscription};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::backoff::Backoff;
use crate::lease::{self, Lease};
use crate::reconcile::Ownership;
use crate::{Config, Containers, Deregister};
use inbox::{Dirty, Inbox};
use known::{Known, Look, owner_id};
use settle::Registered;

/// How many containers are inspected at once.
const AT_ONCE: usize = 8;

/// Keeps a node's registrations equal to an engine's containers.
pub struct Registrar {
    config: Config,
    containers: Arc<dyn Containers>,
    agent: Arc<dyn LocalAgent>,
    known: Known,
    registered: Registered,
    /// The engine's ID, which goes into the mark.
    engine: String,
    ready: watch::Sender<bool>,
    prompt: Prompt,
    /// The lease of the engine that is followed; none: there is no engine yet, or it is off.
    lease: watch::Sender<Option<Lease>>,
}

/// Asks a running registrar to compare everything now.
#[derive(Debug, Clone, Default)]
pub struct Prompt(Arc<Notify>);

impl Prompt {
    /// Asks once; what is asked for while nobody can look is done as soon as somebody can.
    pub fn full_pass(&self) {
        self.0.notify_one();
    }

    async fn asked(&self) {
        self.0.notified().await;
    }
}

/// Why the registrar gave up.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The registry did not answer at the start, as often as `-retry-attempts` says.
    #[error("no registry answered; tries: {attempts}")]
    NoRegistry {
        /// How often it was tried.
        attempts: u64,
        /// The last failure.
        #[source]
        source: CatalogError,
    },
}

/// Why a pass was not finished.
#[derive(Debug, thiserror::Error)]
enum PassError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Registry(#[from] CatalogError),
}

impl Config {
    /// Puts a registrar together. Neither the engine nor the registry need be there yet.
    pub fn build(self, containers: Arc<dyn Containers>, agent: Arc<dyn LocalAgent>) -> Registrar {
        let registered = Registered::new(Arc::clone(&agent), self.settings.lease);
        Registrar {
            config: self,
            containers,
            registered,
            agent,
            known: Known::default(),
            engine: String::new(),
            ready: watch::Sender::new(false),
            prompt: Prompt::default(),
            lease: watch::Sender::new(None),
        }
    }
}

impl Registrar {
    /// Becomes true once all containers have been looked at and what they ask for is registered.
    pub fn ready(&self) -> watch::Receiver<bool> {
        self.ready.subscribe()
    }

    /// What to ask for a full pass with.
    pub fn prompt(&self) -> Prompt {
        self.prompt.clone()
    }

    /// Runs until `shutdown`. What is registered stays: containers outlive their registrar.
    pub async fn run(mut self, shutdown: CancellationToken) -> Result<(), RunError> {
        tokio::select! {
            () = shutdown.cancelled() => Ok(()),
            result = self.serve() => result,
        }
    }

    async fn serve(&mut self) -> Result<(), RunError> {
        self.wait_for_registry().await?;
        let following = history::follow(Arc::clone(&self.agent), self.prompt.clone());
        let leasing = lease::keep(Arc::clone(&self.agent), self.lease.subscribe());
        tokio::select! {
            () = following => {}
            () = leasing => {}
            () = self.follow_engine() => {}
        }
        Ok(())
    }

    /// Without end: engines come and go.
    async fn follow_engine(&mut self) {
        let mut backoff = Backoff::new();
        let (mut is_away, mut was_followed) = (false, false);
        loop {
            match self.containers.subscribe().await {
                Ok(subscription) => {
                    let engine = &subscription.engine;
                    info!(engine = %engine.id, version = %engine.version, api = %engine.api_version, "following the docker engine");
                    (is_away, was_followed) = (false, true);
                    if self.session(subscription).await {
                        backoff.reset();
                    }
                    warn!("the docker engine ended its events; connecting again");
                }
                Err(error) => {
                    match (is_away, was_followed) {
                        (true, _) => {}
                        // Nothing has gone wrong: whoever started both may start the engine later.
                        (false, false) => info!("{}; waiting for it", with_causes(&error)),
                        (false, true) => warn!("{}; waiting for it", with_causes(&error)),
                    }
                    is_away = true;
                    self.hold().await;
                }
            }
            sleep(backoff.next()).await;
        }
    }

    /// Registrator's start: `-retry-attempts` times, `-retry-interval` apart.
    async fn wait_for_registry(&self) -> Result<(), RunError> {
        let mut attempts = 0;
        loop {
            let Err(source) = self.agent.ping().await else { return Ok(()) };
            attempts += 1;
            // The first try is not one of the re-tries that the flag counts.
            if self.config.retry_attempts.is_some_and(|retries| attempts > retries) {
                return Err(RunError::NoRegistry { attempts, source });
            }
            if attempts == 1 {
                warn!("{}; trying again every {:?}", with_causes(&source), self.config.retry_interval);
            }
            sleep(self.config.retry_interval).await;
        }
    }

    /// While the engine is away: has what is known stand, and what is gone go.
    async fn hold(&mut self) {
        if !*self.ready.borrow() {
            return;
        }
        let result = match self.refresh().await {
            Ok(()) => self.settle(true).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = result {
            debug!("{}", with_causes(&error));
        }
    }

    /// Follows one subscription to its end. True: a full pass succeeded.
    async fn session(&mut self, Subscription { engine, events }: Subscription) -> bool {
        self.engine = own_mark(engine);
        self.lease_for_engine();
        self.known.doubt();
        let inbox = Inbox::default();
        let ((), has_passed) = tokio::join!(pump(events, &inbox), self.work(&inbox));
        has_passed
    }

    async fn work(&mut self, inbox: &Inbox) -> bool {
        let mut has_passed = false;
        let mut next_full = Instant::now();
        let mut backoff = Backoff::new();
        let mut in_trouble = false;
        // Its trouble is not made worse by each event; an engine's last words must be heard, though.
        let mut waits_for_registry = false;
        loop {
            let dirty = tokio::select! {
                biased;
                () = sleep_until(next_full) => None,
                () = self.prompt.asked() => None,
                () = inbox.ended(), if waits_for_registry => return has_passed,
                dirty = inbox.take(), if !waits_for_registry => match dirty {
                    Some(dirty) => Some(dirty),
                    None => return has_passed,
                },
            };
            let is_full = dirty.is_none();
            let result = match dirty {
                Some(dirty) => self.pass(dirty).await,
                None => self.full_pass(inbox).await,
            };
            match result {
                Ok(()) if is_full => {
                    if in_trouble {
                        info!("all containers and registrations are in step again");
                    }
                    (in_trouble, waits_for_registry, has_passed) = (false, false, true);
                    backoff.reset();
                    self.ready.send_replace(true);
                    next_full = Instant::now() + self.config.full_pass_interval;
                }
                Ok(()) => {}
                Err(error) => {
                    // Who was away may have lost everything: only a full pass puts that right.
                    if !in_trouble {
                        warn!("{}; trying until it succeeds", with_causes(&error));
                    }
                    in_trouble = true;
                    waits_for_registry = matches!(error, PassError::Registry(_));
                    self.known.doubt();
                    next_full = Instant::now() + backoff.next();
                }
            }
        }
    }

    /// Looks at the containers that something happened to.
    async fn pass(&mut self, mut dirty: Dirty) -> Result<(), PassError> {
        self.known.add_dependents(&mut dirty);
        let looked = self.look_at(dirty.keys().map(|id| (id.clone(), None)).collect()).await;
        if looked.is_err() {
            for (id, word) in dirty {
                self.known.believe(&id, word, self.config.settings.deregister);
            }
        }
        self.settle(false).await?;
        Ok(looked?)
    }

    /// Compares everything: what the agent has, and the containers that are listed otherwise than before.
    async fn full_pass(&mut self, inbox: &Inbox) -> Result<(), PassError> {
        // This is the pass that was asked for.
        let _ = self.prompt.asked().now_or_never();
        self.refresh().await?;
        // What happens from here on shows in the list, or comes after it.
        let mut dirty = inbox.take_now();
        let scope = match self.config.settings.deregister {
            Deregister::Always => Scope::Running,
            Deregister::OnSuccess => Scope::All,
        };
        let summaries = match self.containers.list(scope).await {
            Ok(summaries) => summaries,
            Err(error) => {
                self.pass(dirty).await?;
                return Err(error.into());
            }
        };
        self.known.retain(&summaries);
        let is_news = |summary: &&ContainerSummary| self.known.is_news(summary);
        for summary in summaries.iter().filter(is_news) {
            dirty.entry(summary.id.clone()).or_default();
        }
        self.known.add_dependents(&mut dirty);
        let listed = summaries.into_iter().filter(|summary| dirty.contains_key(&summary.id));
        self.look_at(listed.map(|summary| (summary.id.clone(), Some(summary))).collect()).await?;
        self.settle(true).await
    }

    /// From here on this engine's instances follow a lease of its registrar.
    fn lease_for_engine(&self) {
        if !self.config.settings.lease {
            return;
        }
        let lease = match Lease::new(&self.engine) {
            Ok(lease) => Some(lease),
            Err(error) => {
                warn!(engine = %self.engine, %error, "instances follow no lease: the engine's ID cannot be used");
                None
            }
        };
        self.lease.send_if_modified(|held| {
            let is_news = *held != lease;
            *held = lease;
            is_news
        });
    }

    /// Asks the agent what is registered. The lease stands before the instances that follow it.
    async fn refresh(&mut self) -> Result<(), CatalogError> {
        let lease = self.lease.borrow().clone();
        self.registered.refresh(lease.as_ref().map(Lease::service)).await?;
        if let Some(lease) = lease.filter(|lease| !self.registered.has(lease.service())) {
            lease.take(&*self.agent).await?;
        }
        Ok(())
    }

    /// Fails only if the engine cannot be asked at all.
    async fn look_at(&mut self, ids: Vec<(String, Option<ContainerSummary>)>) -> Result<(), EngineError> {
        let containers = &*self.containers;
        let calls: Vec<_> = ids.into_iter().map(|(id, summary)| look(containers, id, summary)).collect();
        let mut looks = stream::iter(calls).buffered(AT_ONCE);
        while let Some((id, look)) = looks.next().await {
            match look {
                Ok(look) => self.known.update(&id, look, &self.config.settings, &self.engine),
                Err(error @ EngineError::Unreachable { .. }) => return Err(error),
                // One sick container must not hold up the others. The next full pass looks again.
                Err(error) => warn!(container = %id, "{}; left as it is", with_causes(&error)),
            }
        }
        Ok(())
    }

    async fn settle(&mut self, is_full: bool) -> Result<(), PassError> {
        self.known.report_contested();
        let settings = &self.config.settings;
        let cleanup_host = (is_full && settings.cleanup).then_some(settings.host.name.as_str());
        let ownership = Ownership { engine: &self.engine, cleanup_host };
        Ok(self.registered.settle(&self.known.desired(), ownership, is_full).await?)
    }
}

async fn look(
    containers: &dyn Containers,
    id: String,
    summary: Option<ContainerSummary>,
) -> (String, Result<Option<Look>, EngineError>) {
    let look = async {
        let Some(container) = containers.inspect(&id).await? else { return Ok(None) };
        let network_owner = match owner_id(&container) {
            Some(owner) => containers.inspect(owner).await?,
            None => None,
        };
        Ok(Some(Look { container, network_owner, summary }))
    };
    let look = look.await;
    (id, look)
}

/// Turns events into looks. What happened does not matter here: the look tells.
async fn pump(mut events: EventStream, inbox: &Inbox) {
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => {
                debug!(container = %event.container, action = %event.action, "event");
                inbox.add(event);
            }
            Err(error) => {
                debug!("{}", with_causes(&error));
                break;
            }
        }
    }
    inbox.end();
}

/// Podman's engines have no ID: the host's name must do.
fn own_mark(engine: EngineInfo) -> String {
    if engine.id.is_empty() { engine.name } else { engine.id }
}

/// An error with all that caused it, on one line.
fn with_causes(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests;

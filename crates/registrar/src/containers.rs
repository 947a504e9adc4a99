//! The seam to the engine: where containers come from.

use muster_catalog::Pending;
use muster_docker::{Container, ContainerSummary, Engine, EngineError, Scope, Subscription};

/// The containers of one engine. The engine may be away; a call then fails, and a later one succeeds.
pub trait Containers: Send + Sync {
    /// Subscribes to events. A list that is asked for after this misses nothing that the events do not tell.
    fn subscribe(&self) -> Pending<'_, Result<Subscription, EngineError>>;

    /// The containers there are.
    fn list(&self, scope: Scope) -> Pending<'_, Result<Vec<ContainerSummary>, EngineError>>;

    /// One container; none: it is gone.
    fn inspect<'a>(&'a self, container: &'a str) -> Pending<'a, Result<Option<Container>, EngineError>>;
}

impl Containers for Engine {
    fn subscribe(&self) -> Pending<'_, Result<Subscription, EngineError>> {
        Box::pin(self.events())
    }

    fn list(&self, scope: Scope) -> Pending<'_, Result<Vec<ContainerSummary>, EngineError>> {
        Box::pin(Engine::list(self, scope))
    }

    fn inspect<'a>(&'a self, container: &'a str) -> Pending<'a, Result<Option<Container>, EngineError>> {
        Box::pin(Engine::inspect(self, container))
    }
}

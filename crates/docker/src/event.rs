//! What the engine tells unasked.

use std::collections::HashMap;
use std::pin::Pin;

use bollard::models::{EventMessage, EventMessageTypeEnum};
use futures_core::Stream;

use crate::EngineError;

/// Something happened to a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What kind of thing it happened to.
    pub kind: EventKind,
    /// The container's ID.
    pub container: String,
    /// The engine's word for it, such as `die` or `health_status: healthy`.
    pub action: String,
    /// What the container ended with, where it did (`die`).
    pub exit_code: Option<i64>,
}

/// What kind of thing an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A container.
    Container,
    /// A container's place on a network.
    Network,
}

/// Events as they come. Ends with the connection; an error is the last item.
pub type EventStream = Pin<Box<dyn Stream<Item = Result<Event, EngineError>> + Send>>;

/// What can change how a container is reached. Not `kill`: a signal need not end anything. Not
/// `exec_*`: every health check makes three of those.
const CONTAINER_ACTIONS: [&str; 8] = ["start", "die", "stop", "pause", "unpause", "rename", "destroy", "health_status"];
const NETWORK_ACTIONS: [&str; 2] = ["connect", "disconnect"];

/// The filter that has the engine send no more than that.
pub(crate) fn filters() -> HashMap<&'static str, Vec<&'static str>> {
    let actions = CONTAINER_ACTIONS.into_iter().chain(NETWORK_ACTIONS).collect();
    HashMap::from([("type", vec!["container", "network"]), ("event", actions)])
}

/// Reads a message. Only `Type`, `Action` and `Actor` are looked at: engines since 29 send no
/// `status`, `id` and `from`, and those before send both. The engine's filter matches the beginnings
/// of actions and knows no pairs of type and action, so it is applied exactly here.
pub(crate) fn read(message: EventMessage) -> Option<Event> {
    let action = message.action?;
    let actor = message.actor?;
    let mut attributes = actor.attributes.unwrap_or_default();
    let word = action.split(':').next().unwrap_or_default();
    let (kind, container) = match message.typ? {
        EventMessageTypeEnum::CONTAINER if CONTAINER_ACTIONS.contains(&word) => (EventKind::Container, actor.id?),
        EventMessageTypeEnum::NETWORK if NETWORK_ACTIONS.contains(&word) => {
            (EventKind::Network, attributes.remove("container")?)
        }
        _ => return None,
    };
    let exit_code = attributes.get("exitCode").and_then(|code| code.parse().ok());
    Some(Event { kind, container, action, exit_code })
}

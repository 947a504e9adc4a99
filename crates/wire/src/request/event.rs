//! What `/v1/event/fire` is asked for: its parameters, since the body is the payload itself.

use muster_filter::{BadPattern, Pattern};
use muster_model::{NodeName, Service};

use crate::Status;
use crate::query::Params;

/// The longest name and payload together (serf's `UserEventSizeLimit`).
const MAX_EVENT: usize = 512;

/// Why an event is refused. Displays as Consul's answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEvent {
    /// No name.
    #[error("Missing name")]
    MissingName,
    /// A filter that is no pattern.
    #[error("Invalid {kind} filter: {problem}")]
    Filter {
        /// `node`, `service` or `tag`.
        kind: &'static str,
        /// What is wrong with it.
        #[source]
        problem: BadPattern,
    },
    /// A tag without a service that has it.
    #[error("Cannot provide tag filter without service filter")]
    TagWithoutService,
    /// Name, payload and filters together are too long.
    #[error("user event exceeds sane limit of {MAX_EVENT} bytes before encoding")]
    TooLarge,
}

impl BadEvent {
    /// The answer's status.
    pub fn status(&self) -> Status {
        match self {
            Self::MissingName => Status::BadRequest,
            _ => Status::Internal,
        }
    }
}

/// An event to fire.
#[derive(Debug, Clone)]
pub struct EventRequest {
    /// Its name.
    pub name: String,
    node: Option<Pattern>,
    service: Option<Pattern>,
    tag: Option<Pattern>,
}

impl EventRequest {
    /// Reads the (unescaped) path argument, the parameters and how long the payload is.
    ///
    /// # Errors
    /// [`BadEvent`] with Consul's text.
    pub fn read(name: &str, params: &Params<'_>, payload_bytes: usize) -> Result<Self, BadEvent> {
        if name.is_empty() {
            return Err(BadEvent::MissingName);
        }
        if params.non_empty("tag").is_some() && params.non_empty("service").is_none() {
            return Err(BadEvent::TagWithoutService);
        }
        let pattern = |kind: &'static str| {
            let text = params.non_empty(kind);
            text.map(Pattern::new).transpose().map_err(|problem| BadEvent::Filter { kind, problem })
        };
        let (node, service, tag) = (pattern("node")?, pattern("service")?, pattern("tag")?);
        if name.len() + payload_bytes > MAX_EVENT {
            return Err(BadEvent::TooLarge);
        }
        Ok(Self { name: name.to_owned(), node, service, tag })
    }

    /// Whether a node is to get it: by its name, and by what runs on it.
    pub fn is_for<'s>(&self, node: &NodeName, services: impl IntoIterator<Item = &'s Service>) -> bool {
        let picks = |service: &Service| {
            let tagged = |tag: &Pattern| service.tags.iter().any(|own| tag.is_in(own));
            let named = self.service.as_ref().is_none_or(|pattern| pattern.is_in(service.name.as_str()));
            named && self.tag.as_ref().is_none_or(tagged)
        };
        self.node.as_ref().is_none_or(|pattern| pattern.is_in(node.as_str()))
            && (self.service.is_none() || services.into_iter().any(picks))
    }
}

//! What `/v1/event/fire` is asked for: its parameters, since the body is the payload itself.

use muster_filter::{BadPattern, Pattern};
use muster_model::{NodeName, Service};

use crate::Status;
use crate::query::Params;

/// The longest event, encoded as gossip sends it (serf's `UserEventSizeLimit`).
const MAX_EVENT: usize = 512;
/// What the encoding takes besides name, payload and filters.
const ENVELOPE: usize = 96;
/// How much of it is added after the first of serf's two looks at the length.
const OUTER: usize = 30;
/// How serf names Consul's events.
const NAME_PREFIX: usize = "consul:event:".len();

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
    #[error("error broadcasting event: user event exceeds configured limit of {MAX_EVENT} bytes before encoding")]
    TooLong,
    /// They are once gossip has wrapped them.
    #[error(
        "error broadcasting event: encoded user event exceeds configured limit of {MAX_EVENT} bytes after encoding"
    )]
    TooLongEncoded,
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
        let filters = ["node", "service", "tag"].map(|kind| params.get(kind).len());
        match encoded(name.len(), payload_bytes, &filters) {
            length if length > MAX_EVENT + OUTER => return Err(BadEvent::TooLong),
            length if length > MAX_EVENT => return Err(BadEvent::TooLongEncoded),
            _ => {}
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

/// How long gossip's message would be: msgpack, with the name once as serf's and once as Consul's own.
fn encoded(name: usize, payload: usize, filters: &[usize]) -> usize {
    // A text's header has one byte up to 31, two up to 255, three above; serf's older encoding knows no two.
    let more = |length: usize| usize::from(length > 31) + usize::from(length > 255);
    let outer_name = if NAME_PREFIX + name > 31 { 2 } else { 0 };
    let filters = filters.iter().filter(|length| **length > 0).map(|length| 4 + length + more(*length));
    ENVELOPE + 2 * name + outer_name + more(name) + payload + filters.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_may_be_as_long_as_in_consul() {
        // The longest payloads that a real Consul 1.21.4 sent.
        for (name, query, longest) in [
            ("x", "", 414),
            ("big", "", 410),
            ("aaaaaaaaaaaaaaaaaaaa", "", 374),
            ("big", "node=rec", 403),
            ("big", "service=abc", 403),
            ("big", "service=abc&tag=xy", 397),
            ("big", "node=rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr", 365),
        ] {
            let params = Params::parse(query).unwrap();
            assert!(EventRequest::read(name, &params, longest).is_ok(), "{name} {query}");
            let refused = EventRequest::read(name, &params, longest + 1).unwrap_err();
            assert_eq!(refused, BadEvent::TooLongEncoded, "{name} {query}");
        }
        assert_eq!(EventRequest::read("big", &Params::default(), 512).unwrap_err(), BadEvent::TooLong);
    }
}

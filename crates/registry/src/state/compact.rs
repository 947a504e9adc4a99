//! Values as they are kept: what says the same as something that is there already shares its memory with it. A
//! registration brings a copy of everything; with many instances most of that is the same text again and again.

use std::sync::Arc;

use muster_model::{Check, Node, Service};

use super::State;

impl State {
    /// An instance on `node` as it is kept.
    pub(super) fn compact_service(&self, node: Option<&Node>, service: &Service) -> Service {
        let listed = self.names.get(&service.name.folded());
        let name = listed.map(|listed| &listed.name).filter(|name| **name == service.name).unwrap_or(&service.name);
        let tag = |tag: &Arc<str>| {
            let known = listed.and_then(|listed| listed.tags.get_key_value(tag));
            Arc::clone(known.map_or(tag, |(known, _)| known))
        };
        let address = node.map(|node| &node.address).filter(|address| **address == service.address);
        Service {
            name: name.clone(),
            tags: service.tags.iter().map(tag).collect(),
            address: text(address.unwrap_or(&service.address)),
            socket_path: text(&service.socket_path),
            ..service.clone()
        }
    }
}

/// A check as it is kept, about `service`, if it is there.
pub(super) fn compact_check(service: Option<&Service>, check: Check) -> Check {
    let id = service.map(|service| &service.id).filter(|id| check.service_id.as_ref() == Some(id));
    Check {
        notes: text(&check.notes),
        output: text(&check.output),
        kind: text(&check.kind),
        service_id: id.cloned().or_else(|| check.service_id.clone()),
        ..check
    }
}

/// Nothing at all is the same for all.
fn text(text: &Arc<str>) -> Arc<str> {
    if text.is_empty() { Arc::default() } else { Arc::clone(text) }
}

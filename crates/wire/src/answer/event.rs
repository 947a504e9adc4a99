//! `/v1/event`.

use muster_model::UserEvent;

use crate::json::{ArrayWriter, ObjectWriter, push_base64};

/// `/v1/event/fire/NAME`.
pub fn event(out: &mut Vec<u8>, event: &UserEvent) {
    let mut object = ObjectWriter::new(out);
    object.string("ID", &event.id);
    object.string("Name", &event.name);
    if event.payload.is_empty() {
        object.raw("Payload", "null");
    } else {
        push_base64(object.member("Payload"), &event.payload);
    }
    object.string("NodeFilter", &event.node_filter);
    object.string("ServiceFilter", &event.service_filter);
    object.string("TagFilter", &event.tag_filter);
    object.uint("Version", 1);
    object.uint("LTime", event.time);
    object.end();
}

/// `/v1/event/list`, the oldest first.
pub fn events<'a>(out: &mut Vec<u8>, events: impl IntoIterator<Item = &'a UserEvent>) {
    let mut list = ArrayWriter::new(out);
    for each in events {
        event(list.item(), each);
    }
    list.end();
}

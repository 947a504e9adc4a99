//! `/v1/session`.

use muster_model::{Session, SessionId};

use super::Stored;
use super::entity::indexes;
use crate::duration_text::GoDuration;
use crate::json::{ArrayWriter, ObjectWriter};

/// `/v1/session/create`.
pub fn session_id(out: &mut Vec<u8>, id: &SessionId) {
    let mut object = ObjectWriter::new(out);
    object.string("ID", id.as_str());
    object.end();
}

/// `/v1/session/list`, `/v1/session/node/NAME`, `/v1/session/info/ID` and `/v1/session/renew/ID`.
pub fn sessions<'a>(out: &mut Vec<u8>, sessions: impl IntoIterator<Item = Stored<'a, Session>>) {
    let mut list = ArrayWriter::new(out);
    for session in sessions {
        write_session(list.item(), session);
    }
    list.end();
}

fn write_session(out: &mut Vec<u8>, session: Stored<'_, Session>) {
    let value = session.value;
    let mut object = ObjectWriter::new(out);
    object.string("ID", value.id.as_str());
    object.string("Name", &value.name);
    object.string("Node", value.node.as_str());
    let lock_delay = GoDuration::from(value.lock_delay).nanos();
    object.uint("LockDelay", u64::try_from(lock_delay).unwrap_or_default());
    object.string("Behavior", value.behavior.as_str());
    object.string("TTL", value.ttl.as_ref().map_or("", |ttl| &ttl.text));
    object.strings("NodeChecks", value.node_checks.iter().map(|id| id.as_str()));
    if value.service_checks.is_empty() {
        object.raw("ServiceChecks", "null");
    } else {
        let mut list = ArrayWriter::new(object.member("ServiceChecks"));
        for check in &value.service_checks {
            let mut inner = ObjectWriter::new(list.item());
            inner.string("ID", check.id.as_str());
            inner.string("Namespace", &check.namespace);
            inner.end();
        }
        list.end();
    }
    indexes(&mut object, session);
    object.end();
}

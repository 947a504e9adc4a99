//! The stored form of sessions.

use std::sync::Arc;
use std::time::Duration;

use muster_model::{CheckId, NodeName, Session, SessionBehavior, SessionId, SessionServiceCheck, SessionTtl};
use serde::{Deserialize, Serialize};

use super::StoredError;
use super::parts::{Text, invalid};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredSession<'a> {
    id: Text<'a>,
    name: Arc<str>,
    node: Text<'a>,
    node_checks: Vec<Text<'a>>,
    service_checks: Vec<(Text<'a>, Arc<str>)>,
    behavior: StoredBehavior,
    ttl: Option<(Arc<str>, Duration)>,
    lock_delay: Duration,
}

#[derive(Serialize, Deserialize)]
enum StoredBehavior {
    Release,
    Delete,
}

impl<'a> From<&'a Session> for StoredSession<'a> {
    fn from(session: &'a Session) -> Self {
        let service_checks = session.service_checks.iter();
        Self {
            id: session.id.as_str().into(),
            name: Arc::clone(&session.name),
            node: session.node.as_str().into(),
            node_checks: session.node_checks.iter().map(|id| id.as_str().into()).collect(),
            service_checks: service_checks
                .map(|check| (check.id.as_str().into(), Arc::clone(&check.namespace)))
                .collect(),
            behavior: match session.behavior {
                SessionBehavior::Release => StoredBehavior::Release,
                SessionBehavior::Delete => StoredBehavior::Delete,
            },
            ttl: session.ttl.as_ref().map(|ttl| (Arc::clone(&ttl.text), ttl.length)),
            lock_delay: session.lock_delay,
        }
    }
}

impl TryFrom<StoredSession<'_>> for Session {
    type Error = StoredError;

    fn try_from(stored: StoredSession<'_>) -> Result<Self, StoredError> {
        let check = |id: Text<'_>| CheckId::new(id).map_err(invalid);
        let service_check = |(id, namespace)| Ok(SessionServiceCheck { id: check(id)?, namespace });
        Ok(Self {
            id: SessionId::new(stored.id).map_err(invalid)?,
            name: stored.name,
            node: NodeName::new(stored.node).map_err(invalid)?,
            node_checks: stored.node_checks.into_iter().map(check).collect::<Result<_, _>>()?,
            service_checks: stored.service_checks.into_iter().map(service_check).collect::<Result<_, StoredError>>()?,
            behavior: match stored.behavior {
                StoredBehavior::Release => SessionBehavior::Release,
                StoredBehavior::Delete => SessionBehavior::Delete,
            },
            ttl: stored.ttl.map(|(text, length)| SessionTtl { text, length }),
            lock_delay: stored.lock_delay,
        })
    }
}

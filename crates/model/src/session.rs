//! Sessions: what a lock is held by.

use std::sync::Arc;
use std::time::Duration;

use crate::{CheckId, NodeName, SessionId};

/// The longest time that a key stays unlockable after its holder's session was ended (Consul's `MaxLockDelay`).
pub const MAX_LOCK_DELAY: Duration = Duration::from_secs(60);

/// A session: it lives while its node and its checks do and while it is renewed, and holds keys as locks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its ID, stamped by who creates it.
    pub id: SessionId,
    /// What people call it; may be empty.
    pub name: Arc<str>,
    /// The node that it stands on.
    pub node: NodeName,
    /// Checks of the node that it is tied to.
    pub node_checks: Vec<CheckId>,
    /// Checks of the node's instances that it is tied to.
    pub service_checks: Vec<SessionServiceCheck>,
    /// What becomes of its keys when it ends.
    pub behavior: SessionBehavior,
    /// How long it lives without being renewed; none: as long as its node and its checks.
    pub ttl: Option<SessionTtl>,
    /// How long nobody may lock its keys after it was ended; counts up to [`MAX_LOCK_DELAY`].
    pub lock_delay: Duration,
}

impl Session {
    /// All checks that it is tied to.
    pub fn checks(&self) -> impl Iterator<Item = &CheckId> {
        self.node_checks.iter().chain(self.service_checks.iter().map(|check| &check.id))
    }

    /// When it ends unless it is renewed: after twice its TTL, as in Consul, so that a client that renews in time
    /// by its own clock is never too late.
    pub fn expires_after(&self) -> Option<Duration> {
        let length = self.ttl.as_ref()?.length;
        (!length.is_zero()).then(|| length.saturating_mul(2))
    }
}

/// A check of an instance, as a session names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionServiceCheck {
    /// The check's ID, unique on its node.
    pub id: CheckId,
    /// Consul Enterprise's namespace, kept as it was given; nothing here reads it.
    pub namespace: Arc<str>,
}

/// A session's time to live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionTtl {
    /// As the client wrote it, since that is what answers say.
    pub text: Arc<str>,
    /// What it means; zero: it never runs out.
    pub length: Duration,
}

/// What becomes of a session's keys when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SessionBehavior {
    /// They are unlocked.
    #[default]
    Release,
    /// They are deleted.
    Delete,
}

impl SessionBehavior {
    /// Consul's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Delete => "delete",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(ttl: Option<u64>) -> Session {
        Session {
            id: SessionId::new("s").unwrap(),
            name: Arc::from(""),
            node: NodeName::new("n").unwrap(),
            node_checks: vec![CheckId::new("serfHealth").unwrap()],
            service_checks: vec![SessionServiceCheck { id: CheckId::new("web").unwrap(), namespace: Arc::from("") }],
            behavior: SessionBehavior::Release,
            ttl: ttl.map(|seconds| SessionTtl {
                text: Arc::from(format!("{seconds}s")),
                length: Duration::from_secs(seconds),
            }),
            lock_delay: Duration::ZERO,
        }
    }

    #[test]
    fn expires_after_twice_its_ttl_if_it_has_one() {
        assert_eq!(session(Some(10)).expires_after(), Some(Duration::from_secs(20)));
        assert_eq!(session(Some(0)).expires_after(), None);
        assert_eq!(session(None).expires_after(), None);
    }

    #[test]
    fn is_tied_to_checks_of_both_kinds() {
        assert_eq!(session(None).checks().map(CheckId::as_str).collect::<Vec<_>>(), ["serfHealth", "web"]);
    }
}

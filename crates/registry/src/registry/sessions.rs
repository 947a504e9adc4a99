//! Sessions of the running registry: what their commands need besides the rules.

use std::sync::Arc;

use muster_model::{Indexed, Session, SessionId};
use tokio::sync::mpsc;

use super::{ReadOptions, ReadRefused, Registry, Shared, Submission};

/// A new session's ID.
pub fn new_session_id() -> SessionId {
    SessionId::new(uuid::Uuid::new_v4().to_string()).expect("a UUID is a valid session ID")
}

impl Registry {
    /// Begins a session's time anew, without a write. None: there is no such session, or its time has run out.
    pub async fn renew_session(&self, id: &SessionId) -> Result<Option<Indexed<Arc<Session>>>, ReadRefused> {
        let answer = self.read(&[], ReadOptions::default(), |state| state.session(id.as_str())).await?;
        let Some(session) = answer.value else { return Ok(None) };
        let alive = session.value.expires_after().is_none() || self.shared.timers.renew(id);
        Ok(alive.then_some(session))
    }
}

/// Writes what runs out, for ever. It holds no place of its own in the queue, which ends with its last user.
pub(super) async fn write_what_runs_out(shared: Arc<Shared>, submissions: mpsc::WeakSender<Submission>) {
    loop {
        for command in shared.timers.run_out().await {
            let Some(submissions) = submissions.upgrade() else { return std::future::pending().await };
            // The answer is the change itself, which the timers follow.
            let (reply, _) = tokio::sync::oneshot::channel();
            if submissions.send(Submission { command, reply }).await.is_err() {
                return std::future::pending().await;
            }
        }
    }
}

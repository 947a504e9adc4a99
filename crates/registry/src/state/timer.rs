//! What runs out with time. `apply` looks at no clock: it says which timers begin and end, and a command ends what
//! ran out.

use std::time::Duration;

use muster_model::{Index, Key, SessionId};

use super::State;
use crate::command::Command;

/// Something that runs out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A session that is not renewed.
    Session(SessionId),
    /// The time in which nobody may lock a key.
    LockDelay(Key),
}

/// A timer that begins or ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TimerChange {
    /// It begins, or begins anew.
    Start { timer: Timer, after: Duration, epoch: Index },
    /// It is of no use any more.
    Stop(Timer),
}

impl Timer {
    /// The command that ends what ran out, if `epoch` is still the one that it began with.
    pub(crate) fn command(&self, epoch: Index) -> Command {
        match self {
            Self::Session(id) => Command::SessionExpire { id: id.clone(), epoch },
            Self::LockDelay(key) => Command::LockDelayOver { key: key.clone(), epoch },
        }
    }
}

impl State {
    /// All timers that run in this state, each at its full length.
    pub(crate) fn timers(&self) -> impl Iterator<Item = TimerChange> + '_ {
        let sessions = self.sessions.iter().filter_map(|(id, record)| {
            let after = record.session.value.expires_after()?;
            Some(TimerChange::Start { timer: Timer::Session(id.clone()), after, epoch: record.session.created })
        });
        let delays = self.lock_delays.iter().map(|(key, delay)| TimerChange::Start {
            timer: Timer::LockDelay(key.clone()),
            after: delay.length,
            epoch: delay.epoch,
        });
        sessions.chain(delays)
    }
}

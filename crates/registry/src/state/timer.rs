//! What runs out with time. `apply` looks at no clock: it says which timers begin and end, and a command ends what
//! ran out.

use std::time::Duration;

use muster_model::{Index, Key, NodeName, SessionId};

use super::State;
use crate::command::Command;

/// Something that runs out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A session that is not renewed.
    Session(SessionId),
    /// The time in which nobody may lock a key.
    LockDelay(Key),
    /// A node's lease.
    Lease(NodeName),
}

/// A timer that begins or ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TimerChange {
    /// It begins, or begins anew.
    Start { timer: Timer, after: Duration, epoch: Index },
    /// It is of no use any more.
    Stop(Timer),
}

impl TimerChange {
    /// The end of the timer that it is about.
    pub(crate) fn stopped(self) -> Self {
        match self {
            Self::Start { timer, .. } | Self::Stop(timer) => Self::Stop(timer),
        }
    }
}

impl Timer {
    /// The command that ends what ran out, if `epoch` is still the one that it began with.
    pub(crate) fn command(&self, epoch: Index) -> Command {
        match self {
            Self::Session(id) => Command::SessionExpire { id: id.clone(), epoch },
            Self::LockDelay(key) => Command::LockDelayOver { key: key.clone(), epoch },
            Self::Lease(node) => Command::LeaseLapse { node: node.clone(), epoch },
        }
    }
}

impl State {
    /// All timers that run in this state, each at its full length.
    pub(crate) fn timers(&self) -> impl Iterator<Item = TimerChange> + '_ {
        let sessions = self.sessions.iter().filter_map(|(id, record)| {
            let after = record.session.value.expires_after()?;
            let epoch = self.epoch_of(record.session.created);
            Some(TimerChange::Start { timer: Timer::Session(id.clone()), after, epoch })
        });
        let delays = self.lock_delays.iter().map(|(key, delay)| TimerChange::Start {
            timer: Timer::LockDelay(key.clone()),
            after: delay.length,
            epoch: self.epoch_of(delay.epoch),
        });
        sessions.chain(delays).chain(self.lease_timers())
    }
}

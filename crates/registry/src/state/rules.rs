//! Levels of rules: `apply` keeps what it did for older logs, so a log means for ever what it meant when it was
//! written, and servers can be upgraded one by one.

use super::State;
use crate::command::{Command, Rejection};

/// The newest rules level that this build has.
///
/// 1: catalog, keys, sessions, transactions. 2: restore, leases, digests, and the level itself as a command.
/// 3: a node that comes with its ID under another name is renamed, and one whose name is spelled otherwise is a change
/// of its checks. 4: what a live node's own agent has is its own, whatever others write to the catalog; the list of
/// services moves with every instance.
pub const RULES_LEVEL: u32 = 4;

/// The level that restore, leases and digests came with.
const SECOND: u32 = 2;

/// The level that renaming came with.
const THIRD: u32 = 3;

/// The level that an agent's hold on its entries came with.
const FOURTH: u32 = 4;

/// A rule that only tests have: from this level on a put turns its value to upper case.
#[cfg(test)]
pub(crate) const SEEDED_LEVEL: u32 = 1000;

/// The level in effect. A history begins with the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Level(pub(crate) u32);

impl Default for Level {
    fn default() -> Self {
        Self(1)
    }
}

impl Level {
    /// Levels only rise: a server that is late with its announcement lowers nothing.
    pub(super) fn raise(&mut self, to: u32) {
        self.0 = self.0.max(to);
    }
}

impl State {
    /// Whether the rules in effect know the command.
    pub(super) fn allows(&self, command: &Command) -> Result<(), Rejection> {
        let newer = matches!(
            command,
            Command::StateDigest(_) | Command::Restore(_) | Command::LeaseBegin { .. } | Command::LeaseLapse { .. }
        );
        if newer && self.rules < Level(SECOND) { Err(Rejection::NeedsRules(SECOND)) } else { Ok(()) }
    }

    /// Whether the rules in effect take a node's ID for the node. Before, it was kept under both names.
    pub(super) fn allows_renaming(&self) -> bool {
        self.rules >= Level(THIRD)
    }

    /// Whether the rules in effect let a live node's agent keep what it has.
    pub(super) fn allows_keeping(&self) -> bool {
        self.rules >= Level(FOURTH)
    }

    /// Whether the list of services moves with every instance. Before, only with what it shows.
    pub(super) fn counts_instances(&self) -> bool {
        self.rules >= Level(FOURTH)
    }

    /// Whether the rules in effect know digests.
    pub(crate) fn allows_digests(&self) -> bool {
        self.rules >= Level(SECOND)
    }
}

//! Runs probes on a schedule; yields status changes.
//!
//! [`Scheduler`] holds the checks of one agent, spreads their runs over their intervals, runs a bounded number at
//! once and hands every result that counts as a status over as a [`Finding`]. What becomes of it is the agent's.
//! Checks that nobody runs by the clock are not its: a TTL check is reported, an alias follows other checks
//! ([`alias`] is the rule for those).

mod dial;
mod http_client;
mod outcome;
mod probe;
mod redirect;
mod scheduler;
mod shown_url;
mod tail;
mod tally;
mod tls;

pub use outcome::Outcome;
pub use probe::alias::alias;
pub use scheduler::{Config, Finding, Scheduler};

#[cfg(test)]
mod tests;

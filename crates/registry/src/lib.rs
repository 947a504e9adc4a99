//! The core: commands, `apply`, state tables, queries, timers, watches.
//!
//! Every write is a [`Command`]; it goes through the journal and is applied to [`State`], a pure and
//! total step; readers take snapshots of the state and wait on what the committed changes touch. This
//! crate knows no HTTP, no JSON and no Docker.

mod command;
mod query;
mod registry;
pub mod replay;
mod seeded;
mod state;
mod stored;
mod timers;
mod watch;

pub use command::{
    Command, KvSet, OperationError, OperationFailure, OperationResult, Outcome, Rejection, RestoreStep, StateDigest,
    Subject,
};
pub use query::{Answer, Census, CheckRow, InstanceView, NodeServices, Question, QuestionKey, ServiceNames, all_pass};
pub use registry::{
    Committed, Committer, Consistency, Diverged, OpenError, ReadOptions, ReadRefused, Registry, RegistryConfig,
    Restore, RestoreError, SavedState, SubmitError, WaitTimes, new_session_id,
};
pub use state::{RULES_LEVEL, State, Topic};
pub use stored::StoredError;

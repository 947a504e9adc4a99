//! Faults that tests switch on to see that they find them: the history checker's, one per family of rules, and leaks
//! for the soak.
//!
//! Only builds with the feature `seeded-bugs` have them; in every other build [`is_seeded`] is `false` when compiled.

use std::sync::{Arc, Mutex, PoisonError};

use crate::state::State;

/// A fault, by the rule that it breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SeededBug {
    /// A check-and-set with an older index succeeds.
    StaleCas,
    /// The operations of a refused transaction that did not fail stay.
    HalfTransaction,
    /// A lock that another session holds is given away.
    StolenLock,
    /// Lock-delays are not kept.
    NoLockDelay,
    /// A session that ends keeps its locks.
    KeptLock,
    /// Now and then two commands share an index.
    SharedIndex,
    /// A put that changes nothing moves the index.
    MovingNoOp,
    /// Now and then puts are acknowledged and thrown away.
    LostAcknowledgement,
    /// Reads are answered from a state of some time ago.
    StaleRead,
    /// Each batch leaves an open descriptor.
    LeakedDescriptor,
    /// Each batch leaves a thread that waits for ever.
    LeakedThread,
    /// Each batch leaves memory.
    LeakedMemory,
}

/// Whether this process was told to have that fault, in `MUSTER_SEEDED_BUG`.
#[cfg(feature = "seeded-bugs")]
pub(crate) fn is_seeded(bug: SeededBug) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| std::env::var("MUSTER_SEEDED_BUG").ok());
    chosen.as_deref().is_some_and(|name| name == format!("{bug:?}"))
}

#[cfg(not(feature = "seeded-bugs"))]
pub(crate) const fn is_seeded(_: SeededBug) -> bool {
    false
}

/// A state that is renewed after some reads only.
pub(crate) fn held(current: &Arc<State>) -> Arc<State> {
    static HELD: Mutex<Option<(u32, Arc<State>)>> = Mutex::new(None);
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let (reads, state) = held.take().filter(|(reads, _)| *reads < 16).unwrap_or((0, Arc::clone(current)));
    *held = Some((reads + 1, Arc::clone(&state)));
    state
}

/// Leaves behind what a seeded bug says, if there is one.
pub(crate) fn leak() {
    if is_seeded(SeededBug::LeakedDescriptor) {
        std::mem::forget(std::fs::File::open("/dev/null"));
    }
    if is_seeded(SeededBug::LeakedThread) {
        std::thread::spawn(|| {
            loop {
                std::thread::park();
            }
        });
    }
    if is_seeded(SeededBug::LeakedMemory) {
        // Not zeros, which would take no memory.
        std::mem::forget(vec![1_u8; 32 << 10]);
    }
}

//! Whether all who apply the journal get the same state.
//!
//! Every so many entries a server writes what its state was, as an ordinary command. Who gets another state for the
//! same entry, be it another server or a later run that reads the journal again, has rules that mean something else
//! or bytes that are not what was written: it stops before it answers anything wrong.

use std::collections::BTreeMap;

use muster_journal::Position;
use ring::digest::{Context, SHA256};

use crate::command::StateDigest;
use crate::state::State;
use crate::stored::state_chunks;

/// How a digest is computed: SHA-256 over the rows of a snapshot. Another form of rows is another form of digest.
const FORM: u8 = 1;
/// How long the chunks are that are hashed; no part of the form.
const CHUNK_BYTES: usize = 64 << 10;
/// How many digests wait for their counterpart at most.
const KEPT: usize = 16;

/// The digest of `state`, which is the one after entry `position`.
pub(super) fn digest(state: &State, position: Position) -> StateDigest {
    let mut hash = Context::new(&SHA256);
    for chunk in state_chunks(state, CHUNK_BYTES) {
        hash.update(&chunk);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(hash.finish().as_ref());
    StateDigest { position: position.0, form: FORM, digest }
}

/// Two states after the same entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("state after entry {position} is not the one that was recorded in the journal")]
pub struct Diverged {
    /// The entry.
    pub position: u64,
}

/// Digests that were computed here and such that were read, until both are there.
#[derive(Debug, Default)]
pub(super) struct Digests {
    own: BTreeMap<u64, StateDigest>,
    others: BTreeMap<u64, StateDigest>,
}

impl Digests {
    /// Notes what was computed here.
    pub(super) fn computed(&mut self, own: StateDigest) -> Result<(), Diverged> {
        keep(&mut self.own, own);
        self.others.get(&own.position).map_or(Ok(()), |other| compare(&own, other))
    }

    /// Notes what somebody else wrote.
    pub(super) fn read(&mut self, other: StateDigest) -> Result<(), Diverged> {
        keep(&mut self.others, other);
        self.own.get(&other.position).map_or(Ok(()), |own| compare(own, &other))
    }
}

fn keep(digests: &mut BTreeMap<u64, StateDigest>, digest: StateDigest) {
    digests.insert(digest.position, digest);
    if digests.len() > KEPT {
        digests.pop_first();
    }
}

/// Of another form there is nothing to say.
pub(super) fn compare(own: &StateDigest, other: &StateDigest) -> Result<(), Diverged> {
    let same = own.form != other.form || own.digest == other.digest;
    if same { Ok(()) } else { Err(Diverged { position: own.position }) }
}

/// States of a replay that a digest may still come for.
#[derive(Default)]
pub(super) struct Replayed(Option<(Position, State)>);

impl Replayed {
    /// Notes the state after `position`, if a digest of it is to be expected.
    pub(super) fn note(&mut self, position: Position, every: u64, state: &State) {
        if is_due(position, every, state) {
            self.0 = Some((position, state.clone()));
        }
    }

    /// Compares a digest that stands in the journal with the state that the replay had there.
    pub(super) fn compare(&self, read: &StateDigest) -> Result<(), Diverged> {
        match &self.0 {
            Some((position, state)) if position.0 == read.position => compare(&digest(state, *position), read),
            _ => Ok(()),
        }
    }
}

/// Whether a digest of the state after `position` is to be written. What a restore has staged is in no snapshot.
pub(super) fn is_due(position: Position, every: u64, state: &State) -> bool {
    position.0.is_multiple_of(every) && state.staged.is_none()
}

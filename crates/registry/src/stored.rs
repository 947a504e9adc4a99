//! The bytes that stand in journal and snapshots: types of their own, versioned, never the model's.
//!
//! A batch is one version byte and a postcard list of commands; a snapshot is a list of rows, each
//! chunk with its version byte. Versions are only ever added; `tests` keeps a sample of each.

mod check;
mod command;
mod control;
mod loader;
mod parts;
mod session;
mod snapshot;
mod transaction;

pub(crate) use loader::Loader;

use crate::command::Command;
use crate::state::State;

/// The version that this build writes.
const VERSION: u8 = 1;

/// Stored bytes that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// Written by a newer muster.
    #[error("stored in format version {found}; this muster reads up to {VERSION}: use a newer one")]
    NewerVersion {
        /// The version found.
        found: u8,
    },
    /// Not what any muster writes.
    #[error("stored bytes cannot be read")]
    Damaged(#[source] postcard::Error),
    /// Well-formed, but holds a value that the model refuses.
    #[error("stored value is not valid: {0}")]
    Invalid(String),
    /// Nothing at all.
    #[error("stored bytes are empty")]
    Empty,
}

/// The bytes of a batch.
pub(crate) fn encode_batch(commands: &[Command]) -> Vec<u8> {
    let stored: Vec<_> = commands.iter().map(command::StoredCommand::from).collect();
    encode(&stored)
}

/// A batch from its bytes.
pub(crate) fn decode_batch(bytes: &[u8]) -> Result<Vec<Command>, StoredError> {
    let stored: Vec<command::StoredCommand<'_>> = decode(bytes)?;
    stored.into_iter().map(Command::try_from).collect()
}

/// The chunks of a snapshot, each about `chunk_bytes` long plus one row at most; made as they are asked for.
pub(crate) fn state_chunks(state: &State, chunk_bytes: usize) -> impl Iterator<Item = Vec<u8>> + '_ {
    snapshot::Chunks::new(state, chunk_bytes)
}

/// A state from the chunks of its snapshot.
#[cfg(test)]
pub(crate) fn decode_state(chunks: &[impl AsRef<[u8]>]) -> Result<State, StoredError> {
    let mut loader = Loader::default();
    for chunk in chunks {
        loader.push(chunk.as_ref())?;
    }
    loader.finish()
}

/// All chunks of a snapshot.
#[cfg(test)]
pub(crate) fn encode_state(state: &State, chunk_bytes: usize) -> Vec<Vec<u8>> {
    state_chunks(state, chunk_bytes).collect()
}

fn encode<T: serde::Serialize>(value: &T) -> Vec<u8> {
    append(value, vec![VERSION])
}

/// The same for a list of `count` items that are written already, each by [`append`].
fn encode_list(count: usize, items: &[u8]) -> Vec<u8> {
    let mut bytes = encode(&count);
    bytes.extend_from_slice(items);
    bytes
}

fn append<T: serde::Serialize>(value: &T, bytes: Vec<u8>) -> Vec<u8> {
    postcard::to_extend(value, bytes).expect("writing to memory a type without maps of unknown length cannot fail")
}

fn decode<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, StoredError> {
    match bytes.split_first() {
        None => Err(StoredError::Empty),
        Some((&VERSION, rest)) => postcard::from_bytes(rest).map_err(StoredError::Damaged),
        Some((&found, _)) => Err(StoredError::NewerVersion { found }),
    }
}

#[cfg(test)]
mod tests;

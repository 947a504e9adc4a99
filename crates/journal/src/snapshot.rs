//! The state at one position, in chunks of bytes.

use std::pin::Pin;

use bytes::Bytes;
use futures_core::Stream;

use crate::envelope::{Fields, seal, unseal};
use crate::{DecodeError, HistoryId, Position, ReadError};

const FORMAT: u8 = 1;
const MANIFEST_HEAD_BYTES: usize = 1 + 16 + 8 + 4 + 4;
const CHUNK_HEAD_BYTES: usize = 1;

/// The chunks of a snapshot that is being saved, in order.
pub type SnapshotChunks<'a> = Pin<Box<dyn Stream<Item = Bytes> + Send + 'a>>;

/// The chunks of a stored snapshot, in order. An error ends it.
pub type StoredChunks = Pin<Box<dyn Stream<Item = Result<Bytes, ReadError>> + Send>>;

/// What a snapshot is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotMeta {
    /// The last entry that is in it.
    pub position: Position,
    /// The registry that it belongs to.
    pub history: HistoryId,
    /// The level of rules that it was made by.
    pub rules: u32,
}

/// A stored snapshot.
pub struct Snapshot {
    /// What it is of.
    pub meta: SnapshotMeta,
    /// The chunks as they were given; read as they are asked for.
    pub chunks: StoredChunks,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("meta", &self.meta).finish_non_exhaustive()
    }
}

/// The record that makes a snapshot complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) meta: SnapshotMeta,
    pub(crate) chunks: u32,
}

impl Manifest {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        out.extend_from_slice(self.meta.history.as_bytes());
        out.extend_from_slice(&self.meta.position.0.to_le_bytes());
        out.extend_from_slice(&self.meta.rules.to_le_bytes());
        out.extend_from_slice(&self.chunks.to_le_bytes());
        seal(&mut out);
        out
    }

    pub(crate) fn decode(stored: &[u8]) -> Result<Self, DecodeError> {
        let mut fields = Fields(unseal(stored, FORMAT, MANIFEST_HEAD_BYTES)?);
        let history = HistoryId::from_bytes(fields.take());
        let position = Position(u64::from_le_bytes(fields.take()));
        let rules = u32::from_le_bytes(fields.take());
        let chunks = u32::from_le_bytes(fields.take());
        Ok(Self { meta: SnapshotMeta { position, history, rules }, chunks })
    }
}

/// A chunk's stored form.
pub(crate) fn encode_chunk(chunk: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(chunk.len() + 5);
    out.push(FORMAT);
    out.extend_from_slice(chunk);
    seal(&mut out);
    out
}

/// Reads a chunk's stored form.
pub(crate) fn decode_chunk(stored: &[u8]) -> Result<Bytes, DecodeError> {
    unseal(stored, FORMAT, CHUNK_HEAD_BYTES).map(Bytes::copy_from_slice)
}

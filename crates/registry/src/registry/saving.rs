//! Chunks of a state as a stream, made on a thread of their own while they are taken: memory is bounded by a few.

use std::sync::Arc;

use bytes::Bytes;
use muster_journal::SnapshotChunks;
use tokio::sync::mpsc;

use crate::state::State;
use crate::stored::state_chunks;

/// How many chunks wait to be taken.
const AHEAD: usize = 2;

/// The chunks of `state`. Dropping the stream ends their making.
pub(super) fn stream(state: Arc<State>, chunk_bytes: usize) -> SnapshotChunks<'static> {
    let (made, chunks) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        for chunk in state_chunks(&state, chunk_bytes) {
            if made.blocking_send(Bytes::from(chunk)).is_err() {
                return;
            }
        }
    });
    let chunks = futures_util::stream::unfold(chunks, async |mut chunks| {
        let chunk = chunks.recv().await?;
        Some((chunk, chunks))
    });
    Box::pin(chunks)
}

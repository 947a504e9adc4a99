//! `/v1/snapshot`: the whole state out, and back in, while everything runs.
//!
//! Both ways are streams with bounded memory. What blocks (compression, and the archive's reading and writing) runs on
//! threads for that.

use std::io::{self, BufWriter, Read, Write};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::{Buf, Bytes};
use http_body_util::BodyExt;
use hyper::Method;
use hyper::body::Incoming;
use muster_model::Index;
use muster_registry::{Registry, Restore, RestoreError, SavedState};
use muster_wire::query::datacenter;
use muster_wire::snapshot::{
    Archive, ArchiveError, ArchiveMeta, InputFailure, read_archive, state_bytes, write_archive,
};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, own_datacenter};
use crate::reply::{Chunks, Reply};
use crate::upload::Upload;

/// What Go's server says of what begins as gzip does.
const CONTENT_TYPE: &str = "application/x-gzip";
/// How much of the archive is sent at once.
const SEND_BYTES: usize = 64 << 10;
/// How many such pieces wait for the other side.
const AHEAD: usize = 4;
/// What is still read of an archive that was refused, so that its sender gets to read why.
const DRAIN_BYTES: usize = 64 << 20;

pub(crate) async fn handle(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    own_datacenter(&api, datacenter(&params).as_deref(), false)?;
    if call.method == Method::GET {
        return Ok(save(&api.registry));
    }
    if params.has("stale") {
        return Err(ApiError::internal("stale not allowed for restore"));
    }
    restore(&api, &call.upload).await?;
    api.agent.resync().await?;
    Ok(Reply::empty())
}

fn save(registry: &Registry) -> Reply {
    let saved = registry.save();
    let index = Index(saved.index());
    let (send, chunks) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        let written = write(&saved, BufWriter::with_capacity(SEND_BYTES, Sender(send.clone())));
        if let Err(error) = written {
            // If the receiver is gone, nobody is left to tell.
            let _ = send.blocking_send(Err(error));
        }
    });
    Reply::stream(CONTENT_TYPE, chunks).with_query(index, true)
}

fn write(saved: &SavedState, out: impl Write) -> io::Result<()> {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let meta = ArchiveMeta {
        id: format!("1-{}-{millis}", saved.index()),
        index: saved.index(),
        rules: saved.rules(),
        size: state_bytes(saved.chunks()),
    };
    write_archive(out, &meta, saved.chunks())
}

/// Where the archive goes to.
struct Sender(mpsc::Sender<io::Result<Bytes>>);

impl Write for Sender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn restore(api: &Api, upload: &Upload) -> Result<(), ApiError> {
    let Some(body) = upload.take() else { return Err(ApiError::internal("")) };
    let (send, pieces) = mpsc::channel(AHEAD);
    let (registry, runtime) = (api.registry.clone(), Handle::current());
    // It goes on if the client goes away: then it finds the archive cut off, and gives up.
    let reading = tokio::task::spawn_blocking(move || read(registry, runtime, pieces));
    if hand_over(body, send).await {
        upload.has_ended();
    }
    match reading.await {
        Ok(restored) => restored.map_err(|error| ApiError::internal(error.to_string())),
        Err(_) => Err(ApiError::internal("the restore has panicked")),
    }
}

/// Whether it was handed over, or read over, to its end.
async fn hand_over(mut body: Incoming, send: mpsc::Sender<io::Result<Bytes>>) -> bool {
    let mut drained = 0;
    let mut is_whole = true;
    while let Some(frame) = body.frame().await {
        let piece = match frame {
            Ok(frame) => match frame.into_data() {
                Ok(data) => Ok(data),
                Err(_) => continue,
            },
            Err(error) => {
                is_whole = false;
                Err(io::Error::other(InputFailure(error.to_string())))
            }
        };
        let bytes = piece.as_ref().map_or(0, Bytes::len);
        if send.send(piece).await.is_err() {
            drained += bytes;
            if drained > DRAIN_BYTES {
                return false;
            }
        }
    }
    is_whole
}

fn read(registry: Registry, runtime: Handle, pieces: Chunks) -> Result<(), ArchiveError<RestoreError>> {
    let mut taker = Taker { registry, runtime: runtime.clone(), restore: None };
    let read = read_archive(Receiver { pieces, piece: Bytes::new() }, &mut taker);
    match (read, taker.restore) {
        (Ok(_), Some(restore)) => runtime.block_on(restore.commit()).map_err(ArchiveError::Refused),
        (Ok(_), None) => Err(ArchiveError::Truncated),
        (Err(error), restore) => {
            if let Some(restore) = restore {
                runtime.block_on(restore.abort());
            }
            Err(error)
        }
    }
}

/// Hands the state to the registry, chunk by chunk.
struct Taker {
    registry: Registry,
    runtime: Handle,
    restore: Option<Restore>,
}

impl Archive for Taker {
    type Refusal = RestoreError;

    fn begin(&mut self, meta: &ArchiveMeta) -> Result<(), RestoreError> {
        self.restore = Some(self.registry.begin_restore(meta.rules)?);
        Ok(())
    }

    fn chunk(&mut self, chunk: Vec<u8>) -> Result<(), RestoreError> {
        match &mut self.restore {
            Some(restore) => self.runtime.block_on(restore.push(Bytes::from(chunk))),
            None => Ok(()),
        }
    }
}

/// Where the archive comes from.
struct Receiver {
    pieces: Chunks,
    piece: Bytes,
}

impl Read for Receiver {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let count = out.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut out[..count]);
        Ok(count)
    }
}

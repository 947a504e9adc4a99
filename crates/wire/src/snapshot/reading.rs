//! Reading an archive, and refusing whatever is not whole.

use std::io::{self, Read};

use flate2::read::GzDecoder;
use ring::digest::{Context, SHA256, digest};

use super::{ArchiveMeta, FORMAT, MAGIC, MAX_CHUNK_BYTES, MAX_TEXT_BYTES, META, NOTE, STATE, SUMS, hex};

/// What gzip begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// An archive that is refused. `E`: why whoever takes it refuses it.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError<E = std::convert::Infallible> {
    /// No gzip at all.
    #[error("this is no snapshot: it is not a gzip archive")]
    NotGzip,
    /// Saved by a real Consul.
    #[error(
        "this snapshot was saved by a real Consul: muster restores its own only; move keys with `consul kv export` and \
         `muster kv import`, and register services anew"
    )]
    Consul,
    /// Saved by a newer muster.
    #[error("this snapshot has format {found}, this muster reads up to {FORMAT}: use a newer one")]
    NewerFormat {
        /// Its format.
        found: u64,
    },
    /// It ends too early.
    #[error("this snapshot is cut off: it ends in the middle")]
    Truncated,
    /// It is not as it was saved.
    #[error("this snapshot is damaged: {what}")]
    Damaged {
        /// What is wrong.
        what: &'static str,
    },
    /// It cannot be read from where it is.
    #[error("this snapshot cannot be read")]
    Input(#[source] io::Error),
    /// Whole, but not taken.
    #[error(transparent)]
    Refused(E),
}

/// Who takes an archive, part by part. Nothing may count before [`read_archive`] has returned: only then is the
/// archive known to be whole.
pub trait Archive {
    /// Why a part is not taken.
    type Refusal;

    /// What the archive says of itself; comes first.
    fn begin(&mut self, meta: &ArchiveMeta) -> Result<(), Self::Refusal>;

    /// A chunk of the state; in order.
    fn chunk(&mut self, chunk: Vec<u8>) -> Result<(), Self::Refusal>;
}

/// Reads an archive to its end.
pub fn read_archive<A: Archive>(mut input: impl Read, into: &mut A) -> Result<ArchiveMeta, ArchiveError<A::Refusal>> {
    let mut magic = [0; GZIP.len()];
    input.read_exact(&mut magic).map_err(broken)?;
    if magic != GZIP {
        return Err(ArchiveError::NotGzip);
    }
    let mut tar = tar::Archive::new(GzDecoder::new(magic.chain(input)));
    let (mut meta, mut state_sum, mut sums) = (None, None, None);
    for entry in tar.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let name = entry.path().map_err(broken)?.to_string_lossy().into_owned();
        match &*name {
            // What it says is for people.
            NOTE if meta.is_none() => drop(text(&mut entry)?),
            META if meta.is_none() => {
                let text = text(&mut entry)?;
                let read = ArchiveMeta::decode(&text).map_err(widen)?;
                into.begin(&read).map_err(ArchiveError::Refused)?;
                meta = Some((read, hex(digest(&SHA256, &text).as_ref())));
            }
            STATE if meta.is_some() && state_sum.is_none() => state_sum = Some(state(&mut entry, into)?),
            SUMS if state_sum.is_some() && sums.is_none() => sums = Some(text(&mut entry)?),
            _ => return Err(ArchiveError::Damaged { what: "its files are not those of a snapshot" }),
        }
    }
    // To the very end, where gzip's own checksum stands.
    io::copy(&mut tar.into_inner(), &mut io::sink()).map_err(broken)?;
    let (Some((meta, meta_sum)), Some(state_sum), Some(sums)) = (meta, state_sum, sums) else {
        return Err(ArchiveError::Truncated);
    };
    if sums != format!("{meta_sum}  {META}\n{state_sum}  {STATE}\n").as_bytes() {
        return Err(ArchiveError::Damaged { what: "its checksums do not match" });
    }
    Ok(meta)
}

/// A short file.
fn text<E>(entry: &mut impl Read) -> Result<Vec<u8>, ArchiveError<E>> {
    let mut text = Vec::new();
    entry.take(MAX_TEXT_BYTES + 1).read_to_end(&mut text).map_err(broken)?;
    if text.len() as u64 > MAX_TEXT_BYTES {
        return Err(ArchiveError::Damaged { what: "its description is too long" });
    }
    Ok(text)
}

/// `state.bin`; its checksum.
fn state<A: Archive>(entry: &mut impl Read, into: &mut A) -> Result<String, ArchiveError<A::Refusal>> {
    let mut file = Hashing { input: entry, hash: Context::new(&SHA256) };
    let mut head = vec![0; MAGIC.len() + 1];
    file.read_exact(&mut head).map_err(broken)?;
    let Some(format) = head.strip_prefix(MAGIC) else {
        return Err(ArchiveError::Damaged { what: "its state is not muster's" });
    };
    if format[0] > FORMAT {
        return Err(ArchiveError::NewerFormat { found: u64::from(format[0]) });
    }
    loop {
        let mut length = [0; 4];
        file.read_exact(&mut length).map_err(broken)?;
        let length = u32::from_le_bytes(length) as usize;
        if length == 0 {
            break;
        }
        if length > MAX_CHUNK_BYTES {
            return Err(ArchiveError::Damaged { what: "a part of its state is too long" });
        }
        // It grows with what is really there, whatever length is announced.
        let mut chunk = Vec::new();
        file.by_ref().take(length as u64).read_to_end(&mut chunk).map_err(broken)?;
        if chunk.len() < length {
            return Err(ArchiveError::Truncated);
        }
        into.chunk(chunk).map_err(ArchiveError::Refused)?;
    }
    if file.read(&mut [0]).map_err(broken)? != 0 {
        return Err(ArchiveError::Damaged { what: "its state goes on behind its end" });
    }
    Ok(hex(file.hash.finish().as_ref()))
}

struct Hashing<R> {
    input: R,
    hash: Context,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(out)?;
        self.hash.update(&out[..count]);
        Ok(count)
    }
}

fn broken<E>(error: io::Error) -> ArchiveError<E> {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ArchiveError::Truncated,
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => {
            // tar's own errors are of kind Other; those of the input come with a cause of their own.
            match error.get_ref().and_then(|inner| inner.downcast_ref::<InputFailure>()) {
                Some(_) => ArchiveError::Input(error),
                None => ArchiveError::Damaged { what: "it cannot be unpacked" },
            }
        }
        _ => ArchiveError::Input(error),
    }
}

/// What an input wraps its own failures in, so that they are not taken for damage.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct InputFailure(pub String);

fn widen<E>(error: ArchiveError) -> ArchiveError<E> {
    match error {
        ArchiveError::Consul => ArchiveError::Consul,
        ArchiveError::NewerFormat { found } => ArchiveError::NewerFormat { found },
        ArchiveError::Damaged { what } => ArchiveError::Damaged { what },
        ArchiveError::NotGzip => ArchiveError::NotGzip,
        ArchiveError::Truncated => ArchiveError::Truncated,
        ArchiveError::Input(error) => ArchiveError::Input(error),
        ArchiveError::Refused(never) => match never {},
    }
}

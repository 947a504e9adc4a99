//! Writing an archive.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use ring::digest::{Context, SHA256, digest};

use super::{ArchiveMeta, FORMAT, MAGIC, META, NOTE, NOTE_TEXT, STATE, SUMS, hex};

/// How long `state.bin` becomes with these chunks. A tar says so before the file.
pub fn state_bytes(chunks: impl IntoIterator<Item = Vec<u8>>) -> u64 {
    let head = MAGIC.len() as u64 + 1;
    // A chunk with its length each, and a length of 0 at the end.
    chunks.into_iter().fold(head + 4, |sum, chunk| sum + 4 + chunk.len() as u64)
}

/// Writes an archive; the chunks must be those that `meta.size` was counted from.
pub fn write_archive(out: impl Write, meta: &ArchiveMeta, chunks: impl IntoIterator<Item = Vec<u8>>) -> io::Result<()> {
    let mut tar = tar::Builder::new(GzEncoder::new(out, Compression::fast()));
    append(&mut tar, NOTE, NOTE_TEXT.len() as u64, NOTE_TEXT.as_bytes())?;
    let text = meta.encode();
    append(&mut tar, META, text.len() as u64, &*text)?;
    let mut state = StateFile::new(chunks.into_iter());
    append(&mut tar, STATE, meta.size, &mut state)?;
    let sums =
        format!("{}  {META}\n{}  {STATE}\n", hex(digest(&SHA256, &text).as_ref()), hex(state.hash.finish().as_ref()));
    append(&mut tar, SUMS, sums.len() as u64, sums.as_bytes())?;
    tar.into_inner()?.finish()?.flush()
}

fn append(tar: &mut tar::Builder<impl Write>, name: &str, size: u64, data: impl Read) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    tar.append_data(&mut header, name, data)
}

/// `state.bin` as it is read: chunks come as they are needed.
struct StateFile<I> {
    chunks: I,
    ready: Vec<u8>,
    taken: usize,
    ended: bool,
    hash: Context,
}

impl<I: Iterator<Item = Vec<u8>>> StateFile<I> {
    fn new(chunks: I) -> Self {
        let mut ready = MAGIC.to_vec();
        ready.push(FORMAT);
        Self { chunks, ready, taken: 0, ended: false, hash: Context::new(&SHA256) }
    }

    fn next(&mut self) {
        let chunk = self.chunks.next();
        self.ended = chunk.is_none();
        let chunk = chunk.unwrap_or_default();
        self.ready = (chunk.len() as u32).to_le_bytes().to_vec();
        self.ready.extend_from_slice(&chunk);
        self.taken = 0;
    }
}

impl<I: Iterator<Item = Vec<u8>>> Read for StateFile<I> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.ready.len() {
            if self.ended {
                return Ok(0);
            }
            self.next();
        }
        let count = out.len().min(self.ready.len() - self.taken);
        let bytes = &self.ready[self.taken..self.taken + count];
        out[..count].copy_from_slice(bytes);
        self.hash.update(bytes);
        self.taken += count;
        Ok(count)
    }
}

//! Power cuts: after a SIGKILL the journal's file loses any part of what it was given since its last sync.
//!
//! `power/lossy.c`, loaded into the process, writes down what is not synced; [`PowerCuts::cut`] takes all of it out of
//! the file and puts some of it back, sector by sector, as a disk with a cache might have kept it.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The unit that a disk writes whole.
const SECTOR: usize = 512;

/// What a sync does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// What it should.
    Honest,
    /// Nothing, as if the program had forgotten it.
    Nothing,
}

/// Power cuts of one process.
#[derive(Debug)]
pub struct PowerCuts {
    library: PathBuf,
    sync: Sync,
    directory: TempDir,
    random: fastrand::Rng,
    /// Bytes that were dropped so far.
    pub dropped: u64,
}

/// Something that the file was given.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    Write { at: usize, old: Vec<u8>, new: Vec<u8> },
    Length { length: usize, before: usize, cut: Vec<u8> },
}

impl PowerCuts {
    /// With the library that `tests/history/build` makes; `seed` decides what is dropped.
    pub fn new(library: PathBuf, sync: Sync, seed: u64) -> Self {
        let directory = TempDir::new().expect("a directory");
        Self { library, sync, directory, random: fastrand::Rng::with_seed(seed), dropped: 0 }
    }

    /// What the process needs in its environment.
    pub fn environment(&self) -> Vec<(String, OsString)> {
        let sync = if self.sync == Sync::Nothing { "nothing" } else { "honest" };
        let all = [
            ("LD_PRELOAD", self.library.clone().into_os_string()),
            ("MUSTER_LOSSY_LOG", self.log().into_os_string()),
            ("MUSTER_LOSSY_SYNC", OsString::from(sync)),
        ];
        all.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    /// Drops any part of what the file was given since its last sync. The process is gone.
    pub fn cut(&mut self, file: &Path) -> io::Result<()> {
        let log = match std::fs::read(self.log()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            log => log?,
        };
        let mut bytes = std::fs::read(file)?;
        self.dropped += drop_some(&mut bytes, &read(&log), &mut self.random);
        std::fs::write(file, bytes)?;
        std::fs::remove_file(self.log())
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join("unsynced")
    }
}

/// Takes all changes out, the latest first, then puts some of them back in their order. How many bytes were dropped.
fn drop_some(file: &mut Vec<u8>, changes: &[Change], random: &mut fastrand::Rng) -> u64 {
    for change in changes.iter().rev() {
        match change {
            Change::Write { at, old, new } => {
                // The kill may have come before the write.
                if file.len() >= at + old.len() {
                    file[*at..at + old.len()].copy_from_slice(old);
                }
                if old.len() < new.len() {
                    file.truncate(at + old.len());
                }
            }
            Change::Length { length, before, cut } => {
                if before > length && file.len() == *length {
                    file.extend_from_slice(cut);
                }
                file.resize(*before, 0);
            }
        }
    }
    let mut dropped = 0;
    for change in changes {
        match change {
            Change::Length { length, .. } if random.bool() => file.resize(*length, 0),
            Change::Length { .. } => {}
            Change::Write { at, new, .. } => {
                for (number, sector) in new.chunks(SECTOR).enumerate() {
                    if random.bool() {
                        let at = at + number * SECTOR;
                        file.resize(file.len().max(at + sector.len()), 0);
                        file[at..at + sector.len()].copy_from_slice(sector);
                    } else {
                        dropped += sector.len() as u64;
                    }
                }
            }
        }
    }
    dropped
}

/// The records of the library's log; what was cut off by the kill is none.
fn read(mut log: &[u8]) -> Vec<Change> {
    let mut changes = Vec::new();
    while let Some((change, rest)) = record(log) {
        changes.push(change);
        log = rest;
    }
    changes
}

fn record(log: &[u8]) -> Option<(Change, &[u8])> {
    let field = |number: usize| {
        let bytes = log.get(number * 8..number * 8 + 8)?;
        usize::try_from(u64::from_ne_bytes(bytes.try_into().ok()?)).ok()
    };
    let (kind, at, old, new) = (field(0)?, field(1)?, field(2)?, field(3)?);
    let rest = log.get(32..)?;
    let (old, rest) = rest.split_at_checked(old)?;
    let (new, rest) = rest.split_at_checked(new)?;
    let (old, new) = (old.to_vec(), new.to_vec());
    let change = match kind {
        1 => Change::Write { at, old, new },
        _ => {
            let before = usize::try_from(u64::from_ne_bytes(new.try_into().ok()?)).ok()?;
            Change::Length { length: at, before, cut: old }
        }
    };
    Some((change, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(kind: u64, at: u64, old: &[u8], new: &[u8]) -> Vec<u8> {
        let fields = [kind, at, old.len() as u64, new.len() as u64];
        [&fields.map(u64::to_ne_bytes).concat()[..], old, new].concat()
    }

    #[test]
    fn records_are_read_up_to_the_one_that_was_cut_off() {
        let before = 9_u64.to_ne_bytes();
        let log = [bytes(1, 4, b"old", b"new"), bytes(2, 5, b"cuts", &before), bytes(1, 0, b"", b"x")].concat();
        let whole = [
            Change::Write { at: 4, old: b"old".to_vec(), new: b"new".to_vec() },
            Change::Length { length: 5, before: 9, cut: b"cuts".to_vec() },
        ];
        assert_eq!(read(&log[..log.len() - 1]), whole);
    }

    #[test]
    fn each_part_is_kept_or_dropped_on_its_own() {
        let old: Vec<u8> = vec![b'o'; 4 * SECTOR];
        let new: Vec<u8> = vec![b'n'; 4 * SECTOR];
        let changes = [
            Change::Length { length: 6 * SECTOR, before: 4 * SECTOR, cut: Vec::new() },
            Change::Write { at: 0, old: old.clone(), new: new.clone() },
        ];
        let given = [&new[..], &[0; 2 * SECTOR]].concat();
        let (mut shapes, mut none) = (std::collections::BTreeSet::new(), false);
        for seed in 0..200 {
            let mut file = given.clone();
            let dropped = drop_some(&mut file, &changes, &mut fastrand::Rng::with_seed(seed));
            let kept = file[..4 * SECTOR].chunks(SECTOR).filter(|sector| sector == &&new[..SECTOR]).count();
            assert_eq!(dropped, ((4 - kept) * SECTOR) as u64);
            none |= file == old;
            shapes.insert((file.len(), kept));
        }
        assert!(none, "all of it can be lost");
        assert_eq!(shapes.len(), 10, "{shapes:?}");
    }

    #[test]
    fn a_cut_off_end_comes_back() {
        let changes = [Change::Length { length: 2, before: 5, cut: b"cde".to_vec() }];
        let lost = (0..20).map(|seed| {
            let mut file = b"ab".to_vec();
            drop_some(&mut file, &changes, &mut fastrand::Rng::with_seed(seed));
            file
        });
        assert!(lost.into_iter().any(|file| file == b"abcde"));
    }
}

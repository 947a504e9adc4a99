//! A file whose unsynced writes may be lost, each on its own, in part or whole: what a disk with a
//! cache and a power cut make of a file.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

use crate::suite::LossyPlace;

/// The unit that a disk writes whole.
const SECTOR: usize = 512;

/// What a sync does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sync {
    /// What it should.
    Honest,
    /// Nothing, as if it had been forgotten.
    Nothing,
}

/// The file. Clones are the same file.
#[derive(Debug, Clone)]
pub(super) struct LossyFile {
    disk: Arc<Mutex<Disk>>,
    sync: Sync,
}

#[derive(Debug, Default)]
struct Disk {
    /// What is safe.
    synced: Vec<u8>,
    /// What reads see.
    current: Vec<u8>,
    /// What happened since the last sync.
    unsynced: Vec<Change>,
    operations: u64,
    syncs: u64,
    power_until: Option<u64>,
}

#[derive(Debug, Clone)]
enum Change {
    Length(usize),
    Write { offset: usize, data: Vec<u8> },
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Length(length) => file.resize(*length, 0),
            Self::Write { offset, data } => {
                if file.len() < offset + data.len() {
                    file.resize(offset + data.len(), 0);
                }
                file[*offset..offset + data.len()].copy_from_slice(data);
            }
        }
    }
}

impl LossyFile {
    pub(super) fn new(sync: Sync) -> Self {
        Self { disk: Arc::default(), sync }
    }

    pub(super) fn syncs(&self) -> u64 {
        self.disk().syncs
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn operate(&self, operation: impl FnOnce(&mut Disk)) -> io::Result<()> {
        let mut disk = self.disk();
        if disk.power_until.is_some_and(|last| disk.operations >= last) {
            return Err(io::Error::other("no power"));
        }
        disk.operations += 1;
        operation(&mut disk);
        Ok(())
    }

    fn change(&self, change: Change) -> io::Result<()> {
        self.operate(|disk| {
            change.apply(&mut disk.current);
            disk.unsynced.push(change);
        })
    }
}

impl LossyPlace for LossyFile {
    fn cut_power_after(&self, operation: u64) {
        let mut disk = self.disk();
        disk.operations = 0;
        disk.power_until = Some(operation);
    }

    fn operations(&self) -> u64 {
        self.disk().operations
    }

    fn restore_power(&self, seed: u64) {
        let mut disk = self.disk();
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ disk.operations);
        let mut survived = std::mem::take(&mut disk.synced);
        for change in std::mem::take(&mut disk.unsynced) {
            match change {
                Change::Length(_) if random.next().is_multiple_of(2) => change.apply(&mut survived),
                Change::Length(_) => {}
                Change::Write { offset, data } => {
                    let sectors = data.chunks(SECTOR).enumerate().map(|(n, sector)| (offset + n * SECTOR, sector));
                    for (offset, sector) in sectors.filter(|_| random.next().is_multiple_of(2)) {
                        Change::Write { offset, data: sector.to_vec() }.apply(&mut survived);
                    }
                }
            }
        }
        disk.synced.clone_from(&survived);
        disk.current = survived;
        disk.power_until = None;
    }
}

impl StorageBackend for LossyFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk().current.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let disk = self.disk();
        let stored = disk.current.get(offset as usize..offset as usize + out.len());
        out.copy_from_slice(stored.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Change::Length(len as usize))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.operate(|disk| {
            disk.syncs += 1;
            if self.sync == Sync::Honest {
                for change in std::mem::take(&mut disk.unsynced) {
                    change.apply(&mut disk.synced);
                }
            }
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change(Change::Write { offset: offset as usize, data: data.to_vec() })
    }
}

/// Xorshift: the same seed gives the same loss.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 |= 1;
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 33
    }
}

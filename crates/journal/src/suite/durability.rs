//! Power cuts at every point: what was acknowledged must be there afterwards.

use super::{Place, append_all, chunks, envelope, stored, text};
use crate::{Envelope, Journal, OpenError, Position, SnapshotMeta};

/// A place whose storage can lose what was written but not synced.
pub trait LossyPlace: Place {
    /// The storage fails for good at its `operation`th write, sync or change of length from now on.
    fn cut_power_after(&self, operation: u64);

    /// How many such operations there were since the last call of [`LossyPlace::cut_power_after`].
    fn operations(&self) -> u64;

    /// Power is back: of what was written since the last sync any part may be gone, by `seed`.
    fn restore_power(&self, seed: u64);
}

/// What a power cut has taken.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// The journal cannot be opened any more.
    #[error("after a power cut at operation {operation} (seed {seed}) the journal cannot be opened")]
    Everything {
        /// Where power was cut.
        operation: u64,
        /// Which part was lost.
        seed: u64,
        /// Why.
        #[source]
        source: OpenError,
    },
    /// An envelope or a snapshot that had been acknowledged.
    #[error("after a power cut at operation {operation} (seed {seed}) {what}")]
    Acknowledged {
        /// Where power was cut.
        operation: u64,
        /// Which part was lost.
        seed: u64,
        /// What is wrong.
        what: String,
    },
}

/// What the storage had acknowledged when power went.
#[derive(Default)]
struct Acknowledged {
    /// Positions from 1 on, trimmed ones included.
    envelopes: Vec<Envelope>,
    /// The envelope that was under way.
    under_way: Option<Envelope>,
    snapshot: Position,
}

/// Runs the same work on fresh places, cutting power at each of its operations in turn, and looks
/// whether everything that was acknowledged is still there.
pub async fn check_durability<P: LossyPlace>(fresh: impl Fn() -> P, seeds: u64) -> Result<(), Lost> {
    let mut operation = 0;
    loop {
        let mut finished = false;
        for seed in 0..seeds {
            let place = fresh();
            finished = cut_once(&place, operation, seed).await?;
        }
        if finished {
            return Ok(());
        }
        operation += 1;
    }
}

/// True if the work was over before power was cut.
async fn cut_once(place: &dyn LossyPlace, operation: u64, seed: u64) -> Result<bool, Lost> {
    let journal = match place.open().await {
        Ok(journal) => journal,
        Err(source) => return Err(Lost::Everything { operation, seed, source }),
    };
    append_all(&*journal, 1, 1..=3).await;
    let mut acknowledged = Acknowledged::default();
    acknowledged.envelopes.extend((1..=3).map(|number| envelope(journal.history(), 1, number)));
    place.cut_power_after(operation);
    work(&*journal, &mut acknowledged).await;
    let finished = place.operations() < operation;
    drop(journal);
    place.restore_power(seed);

    let journal = match place.open().await {
        Ok(journal) => journal,
        Err(source) => return Err(Lost::Everything { operation, seed, source }),
    };
    let what = compare(&*journal, &acknowledged).await;
    match what {
        Ok(()) => {}
        Err(what) => return Err(Lost::Acknowledged { operation, seed, what }),
    }
    // And it goes on from there.
    append_all(&*journal, 2, 1..=2).await;
    Ok(finished)
}

/// Appends, a snapshot and a trim, until something fails.
async fn work(journal: &dyn Journal, acknowledged: &mut Acknowledged) {
    for number in 4..=12 {
        let next = envelope(journal.history(), 1, number);
        acknowledged.under_way = Some(next.clone());
        if journal.append(&next).await.is_err() {
            return;
        }
        acknowledged.under_way = None;
        acknowledged.envelopes.push(next);
        if number == 7 {
            let meta = SnapshotMeta { position: Position(6), history: journal.history(), rules: 1 };
            if journal.save_snapshot(meta, chunks(&["first", "second", "third"])).await.is_err() {
                return;
            }
            acknowledged.snapshot = Position(6);
        }
        if number == 9 && journal.trim(Position(5)).await.is_err() {
            return;
        }
    }
}

async fn compare(journal: &dyn Journal, acknowledged: &Acknowledged) -> Result<(), String> {
    let snapshot = journal.load_snapshot().await.map_err(|error| error.to_string())?;
    let covered = snapshot.as_ref().map_or(Position::START, |snapshot| snapshot.meta.position);
    if covered < acknowledged.snapshot {
        return Err(format!("the snapshot is at {covered} instead of {}", acknowledged.snapshot));
    }
    if let Some(snapshot) = snapshot {
        let found = text(snapshot).await;
        if found != ["first", "second", "third"] {
            return Err(format!("the snapshot holds {found:?}"));
        }
    }
    let tail = journal.tail().await.map_err(|error| error.to_string())?;
    if tail.0 < acknowledged.envelopes.len() as u64 {
        return Err(format!("the last entry is {tail} instead of {}", acknowledged.envelopes.len()));
    }
    let mut expected = acknowledged.envelopes.clone();
    expected.extend(acknowledged.under_way.clone());
    // All that is not trimmed, and nothing is trimmed that the snapshot does not cover.
    let after = if journal.follow(Position::START).await.is_ok() { Position::START } else { Position(4).min(covered) };
    for entry in stored(journal, after).await {
        if expected.get(entry.position.0 as usize - 1) != Some(&entry.envelope) {
            return Err(format!("at position {} there is {:?}", entry.position, entry.envelope));
        }
    }
    Ok(())
}

//! The way from append to followers: the newest entries are shared, older ones are read again.
//!
//! No follower has a buffer of its own that could grow: all look at the same bounded ring, and one
//! that is too slow for it reads the store until it has caught up.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::stream;
use tokio::sync::watch;

use crate::{Damage, Entry, Following, Pending, Position, ReadError};

/// How many entries the ring holds at most.
pub(crate) const RING_ENTRIES: usize = 256;
/// How many bytes of commands the ring holds at most, but for the newest entry, which is always there.
const RING_BYTES: usize = 4 << 20;
/// How many entries a follower takes at a time.
pub(crate) const CHUNK_ENTRIES: usize = 64;
/// How many bytes of commands a follower takes at a time, but for the first entry.
pub(crate) const CHUNK_BYTES: usize = 1 << 20;

/// Reads what an engine has stored.
pub(crate) trait Stored: Send + Sync + 'static {
    /// Some entries behind `after`, in order; at least one, as there are some.
    fn read(&self, after: Position) -> Pending<'_, Result<Vec<Entry>, ReadError>>;
}

/// The newest entries and the tail. Followers end when this is dropped.
pub(crate) struct Live {
    recent: Arc<Mutex<Recent>>,
    tail: watch::Sender<Position>,
}

impl Live {
    pub(crate) fn new(tail: Position) -> Self {
        Self { recent: Arc::default(), tail: watch::Sender::new(tail) }
    }

    pub(crate) fn tail(&self) -> Position {
        *self.tail.borrow()
    }

    /// Makes a stored entry known. Entries come one by one, in order.
    pub(crate) fn publish(&self, entry: Entry) {
        let position = entry.position;
        lock(&self.recent).push(entry);
        self.tail.send_replace(position);
    }

    /// Follows behind `after`, which lies neither in what was trimmed nor beyond the tail.
    pub(crate) fn follow(&self, after: Position, stored: impl Stored) -> Following {
        let follower = Follower {
            last: after,
            ready: VecDeque::new(),
            recent: Arc::clone(&self.recent),
            tail: self.tail.subscribe(),
            stored,
        };
        Box::pin(stream::unfold(Some(follower), |follower| async {
            let mut follower = follower?;
            match follower.next().await {
                Ok(entry) => entry.map(|entry| (Ok(entry), Some(follower))),
                Err(error) => Some((Err(error), None)),
            }
        }))
    }
}

#[derive(Default)]
struct Recent {
    entries: VecDeque<Entry>,
    bytes: usize,
}

impl Recent {
    fn push(&mut self, entry: Entry) {
        self.bytes += entry.envelope.commands.len();
        self.entries.push_back(entry);
        while self.entries.len() > RING_ENTRIES || (self.bytes > RING_BYTES && self.entries.len() > 1) {
            if let Some(gone) = self.entries.pop_front() {
                self.bytes -= gone.envelope.commands.len();
            }
        }
    }

    /// Some entries behind `after`; none if the first of them is not in the ring.
    fn behind(&self, after: Position) -> Option<VecDeque<Entry>> {
        let first = self.entries.front()?.position;
        let skipped = usize::try_from(after.next().0.checked_sub(first.0)?).ok()?;
        let rest = self.entries.range(skipped.min(self.entries.len())..);
        let taken: VecDeque<Entry> = within_chunk(rest.cloned()).collect();
        (!taken.is_empty()).then_some(taken)
    }
}

/// The first of `entries` that make up one chunk.
pub(crate) fn within_chunk(entries: impl Iterator<Item = Entry>) -> impl Iterator<Item = Entry> {
    let mut bytes = 0;
    entries.take(CHUNK_ENTRIES).take_while(move |entry| {
        let fits = bytes == 0 || bytes + entry.envelope.commands.len() <= CHUNK_BYTES;
        bytes += entry.envelope.commands.len();
        fits
    })
}

struct Follower<S> {
    last: Position,
    ready: VecDeque<Entry>,
    recent: Arc<Mutex<Recent>>,
    tail: watch::Receiver<Position>,
    stored: S,
}

impl<S: Stored> Follower<S> {
    /// The next entry; none when the journal is closed.
    async fn next(&mut self) -> Result<Option<Entry>, ReadError> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                let expected = self.last.next();
                if entry.position != expected {
                    return Err(ReadError::Damaged(Damage::Gap { expected, found: entry.position }));
                }
                self.last = entry.position;
                return Ok(Some(entry));
            }
            let tail = *self.tail.borrow_and_update();
            if self.last < tail {
                let recent = lock(&self.recent).behind(self.last);
                self.ready = match recent {
                    Some(entries) => entries,
                    None => self.stored.read(self.last).await?.into(),
                };
                if self.ready.is_empty() {
                    let (expected, found) = (self.last.next(), tail.next());
                    return Err(ReadError::Damaged(Damage::Gap { expected, found }));
                }
            } else if self.tail.changed().await.is_err() {
                return Ok(None);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! What recursors said, for as long as they allow.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Ask;
use super::message::Message;

/// The most that is kept, in bytes of packets and keys.
const MOST_BYTES: usize = 8 << 20;
/// What an entry takes besides.
const ENTRY: usize = 256;

/// Answers by question.
#[derive(Default)]
pub struct Cache {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    entries: HashMap<Ask, Entry>,
    bytes: usize,
}

struct Entry {
    message: Arc<Message>,
    since: Instant,
    until: Instant,
}

impl Cache {
    /// An answer that may still be given, and its age in seconds.
    pub fn get(&self, ask: &Ask, now: Instant) -> Option<(Arc<Message>, u32)> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = kept.entries.get(ask).filter(|entry| now < entry.until)?;
        let age = now.duration_since(entry.since).as_secs();
        Some((Arc::clone(&entry.message), u32::try_from(age).unwrap_or(u32::MAX)))
    }

    /// Keeps an answer, if it may be kept.
    pub fn put(&self, ask: &Ask, message: &Arc<Message>, now: Instant) {
        let Some(seconds) = message.time_to_live().filter(|_| !message.is_truncated()) else { return };
        let entry =
            Entry { message: Arc::clone(message), since: now, until: now + Duration::from_secs(u64::from(seconds)) };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = size(ask, message);
        if kept.bytes + bytes > MOST_BYTES {
            kept.make_room(now);
        }
        kept.bytes += bytes;
        if let Some(old) = kept.entries.insert(ask.clone(), entry) {
            kept.bytes -= size(ask, &old.message);
        }
    }
}

#[cfg(test)]
impl Cache {
    pub fn bytes(&self) -> usize {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }
}

impl Kept {
    /// Drops what has run out; if that is too little, half of the rest, whichever.
    fn make_room(&mut self, now: Instant) {
        self.retain(|entry| now < entry.until);
        if self.bytes > MOST_BYTES / 2 {
            let mut keep = false;
            self.retain(|_| {
                keep = !keep;
                keep
            });
        }
    }

    fn retain(&mut self, mut stays: impl FnMut(&Entry) -> bool) {
        let mut bytes = 0;
        self.entries.retain(|ask, entry| {
            let stays = stays(entry);
            if stays {
                bytes += size(ask, &entry.message);
            }
            stays
        });
        self.bytes = bytes;
    }
}

fn size(ask: &Ask, message: &Message) -> usize {
    ENTRY + ask.name.len() + message.length()
}

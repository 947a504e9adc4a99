//! How long to wait before trying again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// Doubles from a tenth of a second to five seconds.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

impl Backoff {
    /// Starts with the shortest.
    pub fn new() -> Self {
        Self { next: FIRST }
    }

    /// How long to wait this time.
    pub fn next(&mut self) -> Duration {
        let now = self.next;
        self.next = (now * 2).min(LONGEST);
        now
    }

    /// It worked: the next failure is a first one.
    pub fn reset(&mut self) {
        self.next = FIRST;
    }
}

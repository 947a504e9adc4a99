//! How long to wait before trying again.

use std::time::Duration;

use crate::Retry;

/// Waits that double from the first to the longest, until something succeeds.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    retry: Retry,
    failures: u32,
}

impl Backoff {
    pub(crate) fn new(retry: Retry) -> Self {
        Self { retry, failures: 0 }
    }

    /// Counts a failure and says how long to wait after it.
    pub(crate) fn failed(&mut self) -> Duration {
        let doubled = 2u32.checked_pow(self.failures).and_then(|factor| self.retry.backoff.checked_mul(factor));
        self.failures = self.failures.saturating_add(1);
        doubled.unwrap_or(self.retry.max_backoff).min(self.retry.max_backoff)
    }

    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_longest_and_starts_anew() {
        let mut backoff = Backoff::new(Retry::default());
        let waits: Vec<u128> = (0..10).map(|_| backoff.failed().as_millis()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
        backoff.succeeded();
        assert_eq!(backoff.failed().as_millis(), 250);
        backoff.failures = u32::MAX;
        assert_eq!(backoff.failed().as_millis(), 60000);
    }
}

//! When a snapshot is worth its cost.

/// What a batch costs whoever reads it again, besides its bytes.
const BATCH_COST: u64 = 1024;

/// A snapshot is due once reading again what was written since the last one costs as much as reading the snapshot. So
/// a start is quick, and what is written for snapshots is never more than what is written for the journal.
#[derive(Debug)]
pub(super) struct SnapshotPolicy {
    at_least: u64,
    last_bytes: u64,
    cost: u64,
}

impl SnapshotPolicy {
    /// For a start on a snapshot of `last_bytes`, if any; never after fewer than `every` small batches.
    pub(super) fn new(every: u64, last_bytes: u64) -> Self {
        Self { at_least: every * BATCH_COST, last_bytes, cost: 0 }
    }

    /// A batch was written.
    pub(super) fn written(&mut self, bytes: usize) {
        self.cost += bytes as u64 + BATCH_COST;
    }

    pub(super) fn is_due(&self) -> bool {
        self.cost >= self.at_least.max(self.last_bytes)
    }

    /// A snapshot is being saved; what comes now counts towards the next.
    pub(super) fn begun(&mut self) {
        self.cost = 0;
    }

    /// It was saved.
    pub(super) fn saved(&mut self, bytes: u64) {
        self.last_bytes = bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches_until_due(last_bytes: u64) -> u32 {
        let mut policy = SnapshotPolicy::new(10, last_bytes);
        let mut batches = 0;
        while !policy.is_due() {
            policy.written(1024);
            batches += 1;
        }
        batches
    }

    #[test]
    fn a_large_state_is_saved_less_often() {
        assert_eq!(batches_until_due(0), 5);
        assert_eq!(batches_until_due(1 << 20), 512);
    }

    #[test]
    fn what_comes_while_one_is_saved_counts_towards_the_next() {
        let mut policy = SnapshotPolicy::new(2, 0);
        policy.written(1024);
        assert!(policy.is_due());
        policy.begun();
        assert!(!policy.is_due());
        policy.written(1024);
        policy.saved(1);
        assert!(policy.is_due());
    }
}

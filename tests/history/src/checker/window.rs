//! Between which points of an order a request was answered.

use std::time::Duration;

/// What is known of an order by when things were asked and answered.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// Ends of replies, each with the highest point that any reply up to it shows.
    shown: Vec<(Duration, u64)>,
    /// Starts of writes, each with the lowest point that any write from it on has.
    begun: Vec<(Duration, u64)>,
}

impl Window {
    /// `shown`: when a reply was there and which point it shows as reached; `begun`: when a write was sent and the
    /// point that it has.
    pub(super) fn of(mut shown: Vec<(Duration, u64)>, mut begun: Vec<(Duration, u64)>) -> Self {
        shown.sort_unstable();
        let mut highest = 0;
        for (_, point) in &mut shown {
            highest = highest.max(*point);
            *point = highest;
        }
        begun.sort_unstable();
        let mut lowest = u64::MAX;
        for (_, point) in begun.iter_mut().rev() {
            lowest = lowest.min(*point);
            *point = lowest;
        }
        Self { shown, begun }
    }

    /// What was reached for certain before `start`.
    pub(super) fn lowest(&self, start: Duration) -> u64 {
        let before = self.shown.partition_point(|(end, _)| *end < start);
        before.checked_sub(1).map_or(0, |last| self.shown[last].1)
    }

    /// What can have been reached by `end`.
    pub(super) fn highest(&self, end: Duration) -> u64 {
        let after = self.begun.partition_point(|(start, _)| *start <= end);
        self.begun.get(after).map_or(u64::MAX, |(_, point)| point - 1)
    }
}

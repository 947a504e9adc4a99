//! Whether something that is measured again and again at the same point of a repeating load stays flat.
//!
//! The first half of a run is left out: there caches, pools, the allocator's arenas and the journal's file reach the
//! sizes that the load wants. Of the second half's two quarters the medians are compared. A median of many samples is
//! not moved by single ones that are off (a snapshot that is just being written, a thread that has not ended yet), and
//! a leak, however small it is each time, moves the last quarter's median above the one before by what leaked in a
//! quarter of the run. A fitted line would need errors that are like each other; those of memory come in steps.

use std::fmt;

use crate::sample::Sample;

/// What is measured, and how much of a rise between the two quarters is still flat.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// Its name, with its unit.
    pub name: &'static str,
    /// From a sample.
    pub of: fn(&Sample) -> u64,
    /// What may come by chance.
    pub allowed: u64,
}

/// Descriptors and threads: a connection or blocking thread more or less. Memory: the allocator keeps a few arenas'
/// pages more or less; over an hour's 300 cycles in a quarter it is some 7 KiB for each cycle of 200 requests.
pub const HELD: [Measure; 3] = [
    Measure { name: "descriptors", of: |sample| sample.descriptors, allowed: 2 },
    Measure { name: "threads", of: |sample| sample.threads, allowed: 3 },
    Measure { name: "memory (RssAnon, KiB)", of: |sample| sample.memory, allowed: 2048 },
];

/// The journal's file, which grows until the second snapshot trims it: flat only after some 40,000 writes. redb takes
/// space in steps.
pub const JOURNAL: Measure = Measure { name: "journal (KiB)", of: |sample| sample.journal, allowed: 4096 };

/// The medians of a measure's four quarters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trend {
    /// What was measured.
    pub name: &'static str,
    /// In order of time.
    pub medians: [u64; 4],
    /// How far the last may be above the third.
    pub allowed: u64,
}

impl Trend {
    /// Of samples in order of time, at least four.
    pub fn of(measure: &Measure, samples: &[Sample]) -> Self {
        let quarter = |number: usize| {
            let part = &samples[samples.len() * number / 4..samples.len() * (number + 1) / 4];
            median(part.iter().map(measure.of).collect())
        };
        Self { name: measure.name, medians: [0, 1, 2, 3].map(quarter), allowed: measure.allowed }
    }

    /// Whether the second half does not rise.
    pub fn is_flat(&self) -> bool {
        self.medians[3] <= self.medians[2] + self.allowed
    }
}

impl fmt::Display for Trend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third, last] = self.medians;
        let verdict = if self.is_flat() { "flat" } else { "RISES" };
        write!(f, "{}: medians of quarters {first} {second} {third} {last}: {verdict}", self.name)
    }
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMORY: Measure = HELD[2];

    fn trend(memory: impl Fn(u64) -> u64) -> Trend {
        let sample = |cycle| Sample { descriptors: 0, threads: 0, memory: memory(cycle), journal: 0 };
        Trend::of(&MEMORY, &(0..1200).map(sample).collect::<Vec<_>>())
    }

    #[test]
    fn what_settles_in_the_first_half_is_flat() {
        assert!(trend(|cycle| 20_000 + 30 * cycle.min(600)).is_flat());
    }

    #[test]
    fn a_saw_and_single_peaks_are_flat() {
        assert!(trend(|cycle| 30_000 + 100 * (cycle % 50)).is_flat());
        assert!(trend(|cycle| if cycle % 40 == 7 { 90_000 } else { 30_000 }).is_flat());
    }

    #[test]
    fn a_small_leak_in_every_cycle_rises() {
        let trend = trend(|cycle| 30_000 + 10 * cycle);
        assert!(!trend.is_flat(), "{trend}");
        assert_eq!(trend.to_string(), "memory (RssAnon, KiB): medians of quarters 31500 34500 37500 40500: RISES");
    }

    #[test]
    fn a_step_in_the_second_half_that_stays_rises() {
        assert!(!trend(|cycle| if cycle < 900 { 30_000 } else { 40_000 }).is_flat());
    }
}

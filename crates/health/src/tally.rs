//! How many results in a row make a status.

use muster_model::{CheckStatus, Thresholds};

/// Counts a check's results. The first one counts at once, as Consul has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tally {
    successes: u32,
    failures: u32,
    thresholds: Thresholds,
}

impl Tally {
    pub fn new(thresholds: Thresholds) -> Self {
        let mut thresholds = thresholds;
        if thresholds.failures_before_warning == 0 {
            thresholds.failures_before_warning = thresholds.failures_before_critical;
        }
        Self { successes: thresholds.success_before_passing, failures: thresholds.failures_before_critical, thresholds }
    }

    /// The status after one more result; none: there are not enough yet for any.
    pub fn count(&mut self, result: CheckStatus) -> Option<CheckStatus> {
        if result != CheckStatus::Critical {
            self.failures = 0;
            self.successes = self.successes.saturating_add(1);
            return (self.successes >= self.thresholds.success_before_passing).then_some(result);
        }
        self.successes = 0;
        self.failures = self.failures.saturating_add(1);
        if self.failures >= self.thresholds.failures_before_critical {
            Some(CheckStatus::Critical)
        } else if self.failures >= self.thresholds.failures_before_warning {
            Some(CheckStatus::Warning)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CheckStatus::{Critical, Passing, Warning};

    fn run(thresholds: (u32, u32, u32), results: &[CheckStatus]) -> Vec<Option<CheckStatus>> {
        let (success_before_passing, failures_before_warning, failures_before_critical) = thresholds;
        let thresholds = Thresholds { success_before_passing, failures_before_warning, failures_before_critical };
        let mut tally = Tally::new(thresholds);
        results.iter().map(|result| tally.count(result.clone())).collect()
    }

    #[test]
    fn without_thresholds_every_result_counts() {
        assert_eq!(run((0, 0, 0), &[Passing, Critical, Warning]), [Some(Passing), Some(Critical), Some(Warning)]);
    }

    #[test]
    fn the_first_result_counts_whatever_the_thresholds() {
        assert_eq!(run((3, 0, 3), &[Passing]), [Some(Passing)]);
        assert_eq!(run((3, 0, 3), &[Critical]), [Some(Critical)]);
    }

    #[test]
    fn failures_must_be_in_a_row() {
        let results = [Passing, Critical, Critical, Passing, Critical, Critical, Critical];
        let expected = [Some(Passing), None, None, Some(Passing), None, None, Some(Critical)];
        assert_eq!(run((0, 0, 3), &results), expected);
    }

    #[test]
    fn a_warning_comes_before_critical_and_counts_as_success() {
        let results = [Passing, Critical, Critical, Critical, Warning, Passing];
        let expected = [Some(Passing), None, Some(Warning), Some(Critical), None, Some(Passing)];
        assert_eq!(run((2, 2, 3), &results), expected);
    }
}

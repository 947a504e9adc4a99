//! The same application behind the old chain and behind ours, in one run: how soon traffic follows a container.

use std::fmt::Write;
use std::time::Duration;

use crate::step::Form;

/// How often each chain has its turn; turns alternate, so that the machine's moods fall on all.
pub(crate) const TURNS: usize = 3;
/// The first is what the others are compared with.
pub(crate) const FORMS: [Form; 3] = [Form::Peers, Form::Separate, Form::OneProcess];

/// What a client sees of containers that are stopped and started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Times {
    /// From the return of `docker start` to the first answer of that container through the load balancer.
    pub starts: Vec<Duration>,
    /// From the call of `docker stop` to its last answer.
    pub stops: Vec<Duration>,
    /// Requests that failed meanwhile.
    pub failed: usize,
}

impl Times {
    pub(crate) fn add(&mut self, mut other: Self) {
        self.starts.append(&mut other.starts);
        self.stops.append(&mut other.stops);
        self.failed += other.failed;
    }

    /// For a step's notes.
    pub(crate) fn notes(&self) -> Vec<String> {
        vec![
            format!("`docker start` returned → first answer through lb: {}", summary(&self.starts)),
            format!("`docker stop` called → last answer: {}", summary(&self.stops)),
        ]
    }
}

/// The table, in Markdown; the ratio is that of the medians of the starts, above 1 where the chain is quicker.
pub(crate) fn table(results: &[(Form, Times)]) -> String {
    let mut text = String::from(
        "\n| chain | start → first answer: median | worst | stop → last answer: median | worst | requests failed | \
         times as quick |\n|---|--:|--:|--:|--:|--:|--:|\n",
    );
    let reference = results.first().and_then(|(_, times)| median(&times.starts));
    for (form, times) in results {
        let ratio = match (reference, median(&times.starts)) {
            (Some(reference), Some(own)) => format!("{:.2}", reference.as_secs_f64() / own.as_secs_f64()),
            _ => "–".to_owned(),
        };
        let (starts, stops) = (columns(&times.starts), columns(&times.stops));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {} | {starts} | {stops} | {} | {ratio} |", form.name(), times.failed);
    }
    text
}

fn columns(durations: &[Duration]) -> String {
    match (median(durations), durations.iter().max()) {
        (Some(middle), Some(worst)) => format!("{} | {}", milliseconds(middle), milliseconds(*worst)),
        _ => "– | –".to_owned(),
    }
}

fn summary(durations: &[Duration]) -> String {
    match (median(durations), durations.iter().max()) {
        (Some(middle), Some(worst)) => format!("median {}, worst {}", milliseconds(middle), milliseconds(*worst)),
        _ => "none measured".to_owned(),
    }
}

fn median(durations: &[Duration]) -> Option<Duration> {
    let mut sorted = durations.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).copied()
}

/// As all times are shown that are below seconds.
pub(crate) fn milliseconds(duration: Duration) -> String {
    format!("{:.0} ms", duration.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(starts: &[u64]) -> Times {
        let starts: Vec<_> = starts.iter().map(|time| Duration::from_millis(*time)).collect();
        Times { stops: starts.clone(), starts, failed: 0 }
    }

    #[test]
    fn the_ratio_is_that_of_the_medians_to_the_first() {
        let text = table(&[(Form::Peers, times(&[100, 90, 500])), (Form::Separate, times(&[50, 40, 60]))]);
        let rows: Vec<&str> = text.lines().skip(3).collect();
        assert!(rows[0].ends_with("| 100 ms | 500 ms | 100 ms | 500 ms | 0 | 1.00 |"), "{text}");
        assert!(rows[1].ends_with("| 50 ms | 60 ms | 50 ms | 60 ms | 0 | 2.00 |"), "{text}");
    }

    #[test]
    fn what_was_not_measured_is_no_number() {
        assert!(table(&[(Form::Peers, Times::default())]).ends_with("| – | – | – | – | 0 | – |\n"));
    }
}

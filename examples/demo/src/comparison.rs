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
    /// From the moment at which a container ran, in the engine's own words, to a configuration that names it: the chain's
    /// own part, without the reload. Empty where that file may not be read.
    pub writes: Vec<Duration>,
    /// From the return of `docker start` to the first answer of that container through the load balancer.
    pub starts: Vec<Duration>,
    /// From the call of `docker stop` to its last answer.
    pub stops: Vec<Duration>,
    /// Requests that failed meanwhile.
    pub failed: usize,
}

impl Times {
    pub(crate) fn add(&mut self, mut other: Self) {
        self.writes.append(&mut other.writes);
        self.starts.append(&mut other.starts);
        self.stops.append(&mut other.stops);
        self.failed += other.failed;
    }

    /// For a step's notes.
    pub(crate) fn notes(&self) -> Vec<String> {
        vec![
            format!("container runs → lb's configuration names it: {}", summary(&self.writes)),
            format!("`docker start` returned → first answer through lb: {}", summary(&self.starts)),
            format!("`docker stop` called → last answer: {}", summary(&self.stops)),
        ]
    }
}

/// The table, in Markdown; ratios are those of the medians, above 1 where the chain is quicker.
pub(crate) fn table(results: &[(Form, Times)]) -> String {
    let mut text = String::from(
        "\n| chain | runs → configuration written: median | worst | times as quick | start → first answer: median | \
         worst | times as quick | stop → last answer: median | worst | requests failed |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for (form, times) in results {
        let reference = results.first().map_or(times, |(_, first)| first);
        let writes = columns(&times.writes);
        let (as_quick_to_write, as_quick) =
            (ratio(&reference.writes, &times.writes), ratio(&reference.starts, &times.starts));
        let (starts, stops) = (columns(&times.starts), columns(&times.stops));
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {} | {writes} | {as_quick_to_write} | {starts} | {as_quick} | {stops} | {} |",
            form.name(),
            times.failed
        );
    }
    text
}

fn ratio(reference: &[Duration], own: &[Duration]) -> String {
    match (median(reference), median(own)) {
        (Some(reference), Some(own)) => format!("{:.2}", reference.as_secs_f64() / own.as_secs_f64()),
        _ => "–".to_owned(),
    }
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
    let milliseconds = duration.as_secs_f64() * 1000.0;
    let digits = usize::from(milliseconds < 20.0);
    format!("{milliseconds:.digits$} ms")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(starts: &[u64]) -> Times {
        let starts: Vec<_> = starts.iter().map(|time| Duration::from_millis(*time)).collect();
        Times { writes: Vec::new(), stops: starts.clone(), starts, failed: 0 }
    }

    #[test]
    fn the_ratio_is_that_of_the_medians_to_the_first() {
        let text = table(&[(Form::Peers, times(&[100, 90, 500])), (Form::Separate, times(&[50, 40, 60]))]);
        let rows: Vec<&str> = text.lines().skip(3).collect();
        assert!(rows[0].ends_with("| – | – | – | 100 ms | 500 ms | 1.00 | 100 ms | 500 ms | 0 |"), "{text}");
        assert!(rows[1].ends_with("| – | – | – | 50 ms | 60 ms | 2.00 | 50 ms | 60 ms | 0 |"), "{text}");
    }

    #[test]
    fn what_was_not_measured_is_no_number() {
        assert!(table(&[(Form::Peers, Times::default())]).ends_with("| – | – | – | – | – | – | – | – | 0 |\n"));
    }
}

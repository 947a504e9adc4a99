//! Medians and ratios, the worst first.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::Work;
use crate::growth::Growth;
use crate::load::Sample;
use crate::server::Kind;

/// What all rounds gave.
#[derive(Default)]
pub struct Results(BTreeMap<(Work, Kind), Vec<Sample>>);

impl Results {
    pub fn add(&mut self, work: Work, kind: Kind, sample: Sample) {
        self.0.entry((work, kind)).or_default().push(sample);
    }

    /// The median over all rounds.
    pub fn median(&self, work: Work, kind: Kind, value: impl Fn(&Sample) -> Option<f64>) -> Option<f64> {
        let mut values: Vec<f64> = self.0.get(&(work, kind))?.iter().filter_map(value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    }

    /// The least of all rounds: the one that other work on the machine disturbed least.
    pub fn least(&self, work: Work, kind: Kind, value: impl Fn(&Sample) -> Option<f64>) -> Option<f64> {
        self.0.get(&(work, kind))?.iter().filter_map(value).min_by(f64::total_cmp)
    }

    /// The rows, the worst ratio first. A ratio above 1 means that muster is that much better.
    pub fn markdown(&self) -> String {
        let rows = [
            (Work::Health, "GET health/service, 10 instances, 64 connections: requests/s", true),
            (Work::Put, "PUT kv, durable, 64 connections: requests/s", true),
            (Work::PutAlone, "PUT kv, durable, 1 connection: requests/s", true),
            (Work::Addresses, "DNS A, 3 of 10 instances: questions/s", true),
            (Work::Services, "DNS SRV, 3 of 10 instances: questions/s", true),
            (Work::AllServices, "DNS SRV with EDNS, 10 instances: questions/s", true),
            (Work::Start, "start to ready: ms", false),
            (Work::Blocked, "2,000 clients blocked on a service, one change: server CPU, ms", false),
            (Work::Idle, "memory at rest (RssAnon): MiB", false),
            (Work::Memory, "memory after the runs, 1,000 instances (RssAnon): MiB", false),
        ];
        let mut lines: Vec<Line> = Vec::new();
        for (work, name, more_is_better) in rows {
            self.line(&mut lines, work, name, more_is_better, |sample| Some(sample.value));
            self.line(&mut lines, work, &format!("{} server CPU per request: µs", short(name)), false, |s| {
                s.cpu_micros
            });
            self.line(&mut lines, work, &format!("{} median: ms", short(name)), false, |s| s.median_millis);
            self.line(&mut lines, work, &format!("{} p99: ms", short(name)), false, |s| s.p99_millis);
        }
        lines.sort_by(|a, b| a.ratio.total_cmp(&b.ratio));
        let mut text = String::new();
        if let Some(worst) = lines.first() {
            let _ = writeln!(text, "Worst ratio to Consul: {:.2} ({})\n", worst.ratio, worst.name);
        }
        text.push_str(
            "| work | muster | Consul | ratio (above 1: muster is better) | bare | muster to bare |\n|---|---|---|---|---|---|\n",
        );
        for line in lines {
            text.push_str(&line.text);
        }
        text
    }

    fn line(
        &self,
        lines: &mut Vec<Line>,
        work: Work,
        name: &str,
        more_is_better: bool,
        value: impl Fn(&Sample) -> Option<f64> + Copy,
    ) {
        let own = self.median(work, Kind::Muster, value);
        let reference = self.median(work, Kind::Consul, value);
        let (Some(own), Some(reference)) = (own, reference) else { return };
        let ratio_to = |other: f64| if more_is_better { own / other } else { other / own };
        let ratio = ratio_to(reference);
        let mut text = format!("| {name} | {own:.1} | {reference:.1} | {ratio:.2} |");
        let _ = match self.median(work, Kind::Bare, value) {
            Some(bare) => writeln!(text, " {bare:.1} | {:.2} |", ratio_to(bare)),
            None => writeln!(text, " | |"),
        };
        lines.push(Line { ratio, name: name.to_owned(), text });
    }
}

/// A row.
struct Line {
    ratio: f64,
    name: String,
    text: String,
}

fn short(name: &str) -> &str {
    name.split(':').next().unwrap_or(name)
}

/// The growth of the catalog, as medians.
pub struct Growths<'a>(pub &'a [Growth]);

impl Growths<'_> {
    pub fn median(&self, value: fn(&Growth) -> f64) -> f64 {
        let mut values: Vec<f64> = self.0.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    }

    /// How many times as much a write costs in the large catalog: the median of the runs' own ratios.
    pub fn dearer(&self) -> f64 {
        self.median(|run| run.large_cost / run.small_cost)
    }

    pub fn markdown(&self) -> String {
        format!(
            "\n| the catalog as it grows from 1,000 instances to 100,000 | |\n|---|---|\n\
             | memory at rest: MiB | {:.1} |\n\
             | memory at 1,000: MiB | {:.1} |\n\
             | memory at 100,000: MiB | {:.1} |\n\
             | memory for each instance more: bytes | {:.0} |\n\
             | server CPU per change at 1,000: µs | {:.1} |\n\
             | server CPU per change at 100,000: µs | {:.1} |\n\
             | ratio of these | {:.2} |\n",
            self.median(|run| run.idle_mib),
            self.median(|run| run.small_mib),
            self.median(|run| run.large_mib),
            self.median(Growth::bytes_per_instance),
            self.median(|run| run.small_cost),
            self.median(|run| run.large_cost),
            self.dearer(),
        )
    }
}

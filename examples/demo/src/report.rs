//! What is printed: a line as each step holds, a table at the end.

use std::fmt::Write;
use std::time::Duration;

use crate::load::Tally;
use crate::proof::Proof;
use crate::step::Step;

/// What one step has brought.
#[derive(Debug)]
pub(crate) struct Row {
    /// The step.
    pub step: Step,
    /// From its first command until it held.
    pub held: Duration,
    /// What held.
    pub proof: Proof,
    /// What the load in the background met until then.
    pub tally: Tally,
    /// What else there is to say.
    pub notes: Vec<String>,
}

/// All rows so far.
#[derive(Debug)]
pub(crate) struct Report {
    steps: usize,
    rows: Vec<Row>,
}

impl Report {
    pub(crate) fn new(steps: usize) -> Self {
        Self { steps, rows: Vec::new() }
    }

    /// Says that a step begins.
    pub(crate) fn begin(&self, step: Step) {
        println!("[{:>2}/{}] {}", self.rows.len() + 1, self.steps, step.title());
    }

    /// Says what a step has brought, and keeps it.
    pub(crate) fn add(&mut self, row: Row) {
        let Proof { probes, counted, containers } = row.proof;
        println!(
            "        held after {}; {probes} probes: {containers} containers answer, counter +{counted}; meanwhile {}",
            seconds(row.held),
            requests(&row.tally),
        );
        row.notes.iter().for_each(|note| println!("        {note}"));
        self.rows.push(row);
    }

    /// The table, in Markdown.
    pub(crate) fn table(&self) -> String {
        let mut text = String::from("\n| step | held after | web | probes | counter | requests meanwhile | failed |\n");
        text.push_str("|---|--:|--:|--:|--:|--:|--:|\n");
        for row in &self.rows {
            let Proof { probes, counted, containers } = row.proof;
            let (held, sent, failed) = (seconds(row.held), row.tally.sent, row.tally.failures());
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "| {} | {held} | {containers} | {probes} | +{counted} | {sent} | {failed} |",
                row.step.name()
            );
        }
        for row in &self.rows {
            for note in &row.notes {
                let _ = writeln!(text, "\n{}: {note}", row.step.name());
            }
        }
        text
    }
}

fn requests(tally: &Tally) -> String {
    if tally.sent == 0 {
        return "no requests".to_owned();
    }
    let kinds: Vec<String> = tally.failed.iter().map(|(how, count)| format!("{count} × {how}")).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    format!("{} requests, {} failed{kinds}", tally.sent, tally.failures())
}

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}

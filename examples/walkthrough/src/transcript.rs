//! What was run, what it printed and how long it took: on the terminal as it happens, and as a document at the end.

use std::fmt::Write;
use std::time::Duration;

use crate::script::{Line, Origin};

/// Output that is longer is cut in the document.
const LONGEST_OUTPUT: usize = 40;

/// A transcript, and the count of its lines.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    text: String,
    pub described: usize,
    pub changed: usize,
    pub own: usize,
    /// Replaced in the document: what is true of one run only, such as a scratch directory.
    hidden: Vec<(String, String)>,
}

impl Transcript {
    /// From now on `text` is shown as `instead` in the document.
    pub(crate) fn hide(&mut self, text: &str, instead: &str) {
        self.hidden.push((text.to_owned(), instead.to_owned()));
    }

    pub(crate) fn step(&mut self, title: &str) {
        println!("\n== {title}");
        let _ = write!(self.text, "\n## {title}\n");
    }

    /// A line is about to run, or not to.
    pub(crate) fn line(&mut self, line: &Line) {
        match &line.origin {
            Origin::Described => self.described += 1,
            Origin::Own { why } => {
                self.own += 1;
                if let Some(why) = why {
                    println!("? {why}");
                    let _ = write!(self.text, "\nWhat follows is the test's own: {why}\n");
                }
            }
            Origin::Changed { described, why } => {
                self.changed += 1;
                println!("~ {described}\n? {why}");
                let _ = write!(self.text, "\nDescribed, and changed: {why}\n\n```\n~ {described}\n```\n");
            }
        }
        if let Some(command) = &line.command {
            println!("{} {command}", mark(line));
        }
    }

    /// It runs beside what follows.
    pub(crate) fn began(&mut self, line: &Line) {
        let Some(command) = &line.command else { return };
        println!("  (it runs beside what follows)");
        let _ = write!(self.text, "\n```\n{} {command} &\n```\n", mark(line));
    }

    /// It has run.
    pub(crate) fn ran(&mut self, line: &Line, output: &str, took: Duration) {
        let Some(command) = &line.command else { return };
        let (mark, text, took) = (mark(line), shortened(output), seconds(took));
        let separator = if text.is_empty() { "" } else { "\n" };
        let _ = write!(self.text, "\n```\n{mark} {command}{separator}{text}\n```\n{took}\n");
    }

    /// What a line printed that ran beside others.
    pub(crate) fn printed(&mut self, output: &str) {
        let _ = write!(self.text, "\n```\n{}\n```\n", shortened(output));
    }

    /// Something held, and was found to in this time.
    pub(crate) fn held(&mut self, what: &str, took: Duration) {
        println!("  holds: {what} ({})", seconds(took));
        let _ = write!(self.text, "\n- **holds**: {what}\n");
    }

    /// The document: `head`, what was run, nothing that is secret or true of one run only.
    pub(crate) fn document(&self, head: &str) -> String {
        let mut text = format!("{head}\n{}", self.text);
        for (hidden, instead) in &self.hidden {
            text = text.replace(hidden, instead);
        }
        redact(&text)
    }
}

fn shortened(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    let shown = lines.len().min(LONGEST_OUTPUT);
    let mut text = lines[..shown].join("\n");
    if shown < lines.len() {
        let _ = write!(text, "\n… {} lines more", lines.len() - shown);
    }
    text
}

fn mark(line: &Line) -> &'static str {
    if matches!(line.origin, Origin::Own { .. }) { "+" } else { "$" }
}

/// A time for people.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}

/// Without the tokens that let others join a swarm.
fn redact(text: &str) -> String {
    const TOKEN: &str = "SWMTKN-";
    let mut parts = text.split(TOKEN);
    let mut redacted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|character: char| !character.is_ascii_alphanumeric() && character != '-');
        redacted.push_str(TOKEN);
        redacted.push_str("(redacted)");
        redacted.push_str(&part[end.unwrap_or(part.len())..]);
    }
    redacted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_is_shown() {
        let text = "join --token SWMTKN-1-0q5o76-d8ys 10.0.0.1:2377 and SWMTKN-1-a";
        assert_eq!(redact(text), "join --token SWMTKN-(redacted) 10.0.0.1:2377 and SWMTKN-(redacted)");
    }

    #[test]
    fn lines_are_counted_by_where_they_come_from() {
        let mut transcript = Transcript::default();
        let line = |origin| Line { origin, command: Some("true".to_owned()) };
        transcript.line(&line(Origin::Described));
        transcript.line(&line(Origin::Own { why: None }));
        transcript.line(&line(Origin::Changed { described: "false".to_owned(), why: "typo".to_owned() }));
        assert_eq!((transcript.described, transcript.changed, transcript.own), (1, 1, 1));
    }

    #[test]
    fn the_document_in_docs_shows_every_line_of_the_script() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/walkthrough.md");
        let document = std::fs::read_to_string(path).unwrap();
        for entry in crate::script::parse(crate::script::TEXT).unwrap() {
            use crate::script::Entry::{Beside, Line as Alone};
            let (Alone(Line { command: Some(command), .. }) | Beside { line: Line { command: Some(command), .. }, .. }) =
                entry
            else {
                continue;
            };
            assert!(document.contains(&command), "`make walkthrough-docs` writes it anew; {command:?} is not in it");
        }
    }
}

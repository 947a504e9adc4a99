//! How the program ends when it does not end well: one line, and the old tools' exit codes.

use std::process::ExitCode;

/// A failure with the exit code that it ends the program with.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    error: anyhow::Error,
    /// What the command line should have been, printed after the line.
    usage: Option<String>,
}

impl Failure {
    /// With a code of its own.
    pub fn with_code(code: u8, error: impl Into<anyhow::Error>) -> Self {
        Self { code, error: error.into(), usage: None }
    }

    /// A wrong command line: the line, then how to find the right one.
    pub fn usage(code: u8, error: impl Into<anyhow::Error>, usage: impl Into<String>) -> Self {
        Self { code, error: error.into(), usage: Some(usage.into()) }
    }

    /// Prints the whole chain in one line.
    pub fn report(self) -> ExitCode {
        errln!("{}", one_line(&self.error));
        if let Some(usage) = self.usage {
            errln!("{usage}");
        }
        ExitCode::from(self.code)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::with_code(1, error)
    }
}

/// The error and its causes, each once, with nothing that breaks the line.
pub fn one_line(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.ends_with(&cause) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause);
    }
    shortened(text.replace('\n', " "))
}

/// A longer line is cut in the middle: what it is about and what would be right stand at its ends.
const LONGEST: usize = 2000;

fn shortened(text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let between_characters = |at: &usize| text.is_char_boundary(*at);
    let front = (0..=LONGEST / 2).rfind(between_characters).unwrap_or(0);
    let back = (text.len() - LONGEST / 2..text.len()).find(between_characters).unwrap_or(text.len());
    format!("{} … {}", &text[..front], &text[back..])
}

#[test]
fn a_long_line_keeps_its_ends() {
    let line = one_line(&anyhow::anyhow!("begins {} ends", "ü".repeat(LONGEST)));
    assert!(line.starts_with("begins ü") && line.contains("ü … ü") && line.ends_with("ü ends"), "{line}");
    assert!(line.len() < LONGEST + 10, "{}", line.len());
}

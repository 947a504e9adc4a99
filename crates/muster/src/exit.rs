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
    text.replace('\n', " ")
}

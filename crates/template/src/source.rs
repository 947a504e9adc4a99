//! A template's text, parsed, and its execution.

use std::path::{Path, PathBuf};

use muster_gotemplate::{Delimiters, ExecError, Functions, MissingKey, ParseError, Template, Value};

/// Why a template gives nothing.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file cannot be read.
    #[error("{}: cannot be read", path.display())]
    Read {
        /// The template's file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The text is no template.
    #[error("{}:{}: {}", path.display(), problem.line, problem.problem)]
    Parse {
        /// The template's file.
        path: PathBuf,
        /// What is wrong, and where.
        problem: ParseError,
    },
    /// The template failed while it was executed.
    #[error("{}:{}{}", path.display(), place(problem), problem.problem())]
    Execute {
        /// The template's file.
        path: PathBuf,
        /// What is wrong, and where.
        problem: ExecError,
    },
}

/// Line, column and the text that failed.
fn place(problem: &ExecError) -> String {
    match (problem.line(), problem.column(), problem.node()) {
        (Some(line), Some(column), Some(node)) => format!("{line}:{column}: at <{node}>: "),
        _ => " ".to_owned(),
    }
}

/// A parsed template.
#[derive(Debug)]
pub(crate) struct Source {
    path: PathBuf,
    template: Template,
}

impl Source {
    /// Reads and parses the file. As in consul-template, a missing map key is a zero value.
    pub(crate) fn read(path: &Path, functions: &Functions) -> Result<Self, SourceError> {
        let text = std::fs::read(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
        // consul-template parses under an empty name, which `template` inside the text can see.
        let template = Template::parse("", &text, &Delimiters::default(), functions)
            .map_err(|problem| SourceError::Parse { path: path.to_owned(), problem })?;
        Ok(Self { path: path.to_owned(), template: template.missing_key(MissingKey::Zero) })
    }

    /// What the template makes of what is known now.
    pub(crate) fn execute(&self) -> Result<Vec<u8>, SourceError> {
        let mut out = Vec::new();
        match self.template.execute(&mut out, &Value::Nil) {
            Ok(()) => Ok(out),
            Err(problem) => Err(SourceError::Execute { path: self.path.clone(), problem }),
        }
    }
}

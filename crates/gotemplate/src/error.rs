//! What can go wrong, in Go's words.

use std::fmt;

/// A template that cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template: {name}:{line}: {problem}")]
pub struct ParseError {
    /// The template's name.
    pub name: String,
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

/// A template that failed while it was executed. What it had written until then is to be thrown away.
#[derive(Debug, thiserror::Error)]
#[error("template: {location}: {problem}")]
pub struct ExecError {
    pub(crate) location: Location,
    pub(crate) problem: String,
    /// What the function said, if one failed.
    #[source]
    pub(crate) cause: Option<FunctionError>,
}

impl ExecError {
    /// The line, counted from 1, at which execution failed; none if there was nothing to execute.
    pub fn line(&self) -> Option<usize> {
        self.location.place.as_ref().map(|place| place.line)
    }

    /// The column in bytes, counted from 0.
    pub fn column(&self) -> Option<usize> {
        self.location.place.as_ref().map(|place| place.column)
    }

    /// The text of what failed.
    pub fn node(&self) -> Option<&str> {
        self.location.place.as_ref().map(|place| &*place.node)
    }

    /// What is wrong there, without the position.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

/// Where execution failed.
#[derive(Debug)]
pub(crate) struct Location {
    /// The name of the template that is executed.
    pub(crate) executing: String,
    pub(crate) place: Option<Box<Place>>,
}

#[derive(Debug)]
pub(crate) struct Place {
    /// The name that the text was parsed under.
    pub(crate) parse_name: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// The text of the node.
    pub(crate) node: String,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            None => f.write_str(&self.executing),
            Some(place) => {
                let Place { parse_name, line, column, node } = &**place;
                let executing = crate::quote(self.executing.as_bytes());
                write!(f, "{parse_name}:{line}:{column}: executing {executing} at <{node}>")
            }
        }
    }
}

/// Why a function that a template called failed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct FunctionError(Box<dyn std::error::Error + Send + Sync>);

impl FunctionError {
    /// Any error, or a text.
    pub fn new(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(reason.into())
    }

    /// The error that the function gave, if it was a `T`.
    pub fn downcast_ref<T: std::error::Error + 'static>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

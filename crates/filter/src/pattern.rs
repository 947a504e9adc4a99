//! Go's regular expressions, run by `regex`.
//!
//! Both are heirs of RE2 and match alike, but their syntax differs at the edges: `regex` has `&&`, `\<` and
//! verbose mode, takes `a**` and means Unicode by `\d`; Go has `\Q`, octal escapes and a lone `{`. So a
//! pattern is read as Go reads it, with Go's errors, and written anew in a form that leaves nothing open.

mod class;
mod escape;
mod translation;

use std::fmt;

use regex::bytes::{Regex, RegexBuilder};

/// A pattern that Go refuses. Displays as Go's error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {problem}: `{part}`")]
pub struct BadPattern {
    /// What is wrong.
    pub problem: PatternProblem,
    /// The part that is wrong.
    pub part: String,
}

/// What is wrong with a pattern. Displays as Go's error codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternProblem {
    /// A range that ends before it begins, or a class that there is not.
    CharRange,
    /// Such as `\8`.
    Escape,
    /// Such as `(?P<>`.
    NamedCapture,
    /// Such as `(?x)`.
    PerlOp,
    /// Such as `a**`.
    RepeatOp,
    /// Over 1000.
    RepeatSize,
    /// `[` without `]`.
    MissingBracket,
    /// `(` without `)`.
    MissingParen,
    /// `*` with nothing before it.
    MissingRepeatArgument,
    /// A backslash with nothing behind it.
    TrailingBackslash,
    /// `)` without `(`.
    UnexpectedParen,
    /// Too many groups in each other.
    NestingDepth,
    /// It would take too much memory.
    Large,
}

impl fmt::Display for PatternProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CharRange => "invalid character class range",
            Self::Escape => "invalid escape sequence",
            Self::NamedCapture => "invalid named capture",
            Self::PerlOp => "invalid or unsupported Perl syntax",
            Self::RepeatOp => "invalid nested repetition operator",
            Self::RepeatSize => "invalid repeat count",
            Self::MissingBracket => "missing closing ]",
            Self::MissingParen => "missing closing )",
            Self::MissingRepeatArgument => "missing argument to repetition operator",
            Self::TrailingBackslash => "trailing backslash at end of expression",
            Self::UnexpectedParen => "unexpected )",
            Self::NestingDepth => "expression nests too deeply",
            Self::Large => "expression too large",
        })
    }
}

impl BadPattern {
    fn new(problem: PatternProblem, part: &str) -> Self {
        Self { problem, part: part.to_owned() }
    }
}

/// How much memory a pattern of its own may take.
const LONE_LIMIT: usize = 1 << 20;

/// A pattern as Go's `regexp` has them.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Reads one.
    ///
    /// # Errors
    /// [`BadPattern`] if Go would refuse it, or if it would take more than a megabyte.
    pub fn new(text: &str) -> Result<Self, BadPattern> {
        compile(text, LONE_LIMIT).map(Self)
    }

    /// Whether it is found somewhere in `text`.
    pub fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text.as_bytes())
    }
}

/// Compiles what Go's `regexp.Compile` takes, into at most `size_limit` bytes.
pub(crate) fn compile(pattern: &str, size_limit: usize) -> Result<Regex, BadPattern> {
    let translated = translation::translate(pattern)?;
    RegexBuilder::new(&translated).size_limit(size_limit).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => BadPattern::new(PatternProblem::Large, pattern),
        // What is written by the translation has no other way to be wrong.
        _ => BadPattern::new(PatternProblem::NestingDepth, pattern),
    })
}

#[cfg(test)]
mod tests;

//! What can be wrong with a filter, in Consul's words.

use crate::coerce::{BadBool, BadInt};
use crate::expression::Operator;
use crate::pattern::BadPattern;
use crate::quote::Quoted;

/// A filter that Consul refuses. Displays as Consul's answer behind `Failed to create boolean expression
/// evaluator: `, in Consul's capitals.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// No expression. At least one problem, each on a line of its own.
    #[error("{}", lines(.0))]
    Syntax(Vec<SyntaxProblem>),
    /// More parentheses in each other than anybody writes. Consul's parser never comes back from these.
    #[error("Expression nests deeper than {limit} parentheses")]
    TooDeep {
        /// The most that is read.
        limit: usize,
    },
    /// The rows have no such field.
    #[error("Selector {} is not valid", Quoted(selector))]
    UnknownSelector {
        /// Up to the first name that is not there, with dots.
        selector: String,
    },
    /// A field of that kind is not asked so.
    #[error("Invalid match operator {} for selector {}", Quoted(&operator.to_string()), Quoted(selector))]
    InvalidOperator {
        /// What was asked.
        operator: Operator,
        /// The field, with dots.
        selector: String,
    },
    /// The value is none of the field's kind.
    #[error("Failed to coerce value {} for selector {}: {problem}", Quoted(value), Quoted(selector))]
    InvalidValue {
        /// The value as written, without quotes.
        value: String,
        /// The field, with dots.
        selector: String,
        /// What is wrong with it.
        problem: BadValue,
    },
    /// No regular expression.
    #[error("Failed to compile regular expression {}: {problem}", Quoted(pattern))]
    InvalidPattern {
        /// The expression as written, without quotes.
        pattern: String,
        /// What is wrong with it.
        problem: BadPattern,
    },
}

/// Where an expression cannot be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column} ({offset}): {reason}")]
pub struct SyntaxProblem {
    /// From 1.
    pub line: usize,
    /// In characters, from 1; 0 at a line feed.
    pub column: usize,
    /// In bytes, from 0.
    pub offset: usize,
    /// Such as `rule "number": Invalid number literal`.
    pub reason: String,
}

/// Why a value is none of its field's kind. Displays as Go's `strconv`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    /// For a number.
    #[error(transparent)]
    Int(#[from] BadInt),
    /// For a truth value.
    #[error(transparent)]
    Bool(#[from] BadBool),
}

fn lines(problems: &[SyntaxProblem]) -> String {
    problems.iter().map(SyntaxProblem::to_string).collect::<Vec<_>>().join("\n")
}

//! Expressions, as they are written.

use std::fmt;

use crate::error::FilterError;
use crate::field::Fields;
use crate::filter::Filter;
use crate::grammar;

/// A filter as it was written, not yet bound to any kind of row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression(pub(crate) Node);

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`FilterError::Syntax`] and [`FilterError::TooDeep`].
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        grammar::parse(text).map(Self)
    }

    /// Checks selectors, operators and values against what the rows have.
    ///
    /// # Errors
    /// All but those of [`Self::parse`]; the first one, from left to right.
    pub fn bind(&self, fields: &Fields) -> Result<Filter, FilterError> {
        Filter::bind(&self.0, fields)
    }
}

/// A part of an expression. Not deeper than the grammar lets it be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Any(Vec<Node>),
    All(Vec<Node>),
    Not(Box<Node>),
    Match(Match),
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match {
    /// At least one name.
    pub(crate) selector: Vec<String>,
    pub(crate) operator: Operator,
    /// None with the two operators that take none.
    pub(crate) value: Option<String>,
}

impl Match {
    /// Whether the value is a regular expression.
    pub(crate) fn is_pattern(&self) -> bool {
        matches!(self.operator, Operator::Matches | Operator::NotMatches)
    }
}

/// What a comparison asks. Displays as in Consul's errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `in`, `contains`
    In,
    /// `not in`, `not contains`
    NotIn,
    /// `is empty`
    IsEmpty,
    /// `is not empty`
    IsNotEmpty,
    /// `matches`
    Matches,
    /// `not matches`
    NotMatches,
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "Equal",
            Self::NotEqual => "Not Equal",
            Self::In => "In",
            Self::NotIn => "Not In",
            Self::IsEmpty => "Is Empty",
            Self::IsNotEmpty => "Is Not Empty",
            Self::Matches => "Matches",
            Self::NotMatches => "Not Matches",
        })
    }
}

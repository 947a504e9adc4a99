//! The grammar's comparisons.

use super::scanner::Rule;
use super::{Parser, Read};
use crate::expression::{Match, Node, Operator};

impl Parser<'_> {
    /// `MatchExpression`.
    pub(super) fn comparison(&mut self, at: usize) -> Read<Node> {
        self.selector_operator_value(at)
            .or_else(|| self.selector_operator(at))
            .or_else(|| self.value_operator_selector(at))
            .map(|(found, end)| (Node::Match(found), end))
    }

    fn selector_operator_value(&mut self, at: usize) -> Read<Match> {
        let (selector, end) = self.selector(at)?;
        let (operator, start) = self
            .symbol(end, "==", Operator::Equal)
            .or_else(|| self.symbol(end, "!=", Operator::NotEqual))
            .or_else(|| self.spaced(end, &["contains"], Operator::In))
            .or_else(|| self.spaced(end, &["not", "contains"], Operator::NotIn))
            .or_else(|| self.spaced(end, &["matches"], Operator::Matches))
            .or_else(|| self.spaced(end, &["not", "matches"], Operator::NotMatches))?;
        let (value, end) = self.value(start)?;
        Some((Match { selector, operator, value: Some(value) }, end))
    }

    fn selector_operator(&mut self, at: usize) -> Read<Match> {
        let (selector, end) = self.selector(at)?;
        let empty = self.scanner.words(end, &["is", "empty"]).map(|end| (Operator::IsEmpty, end));
        let not_empty = |parser: &mut Self| parser.scanner.words(end, &["is", "not", "empty"]);
        let (operator, end) = empty.or_else(|| not_empty(self).map(|end| (Operator::IsNotEmpty, end)))?;
        Some((Match { selector, operator, value: None }, end))
    }

    fn value_operator_selector(&mut self, at: usize) -> Read<Match> {
        let (value, end) = self.value(at)?;
        let (operator, start) =
            self.spaced(end, &["in"], Operator::In).or_else(|| self.spaced(end, &["not", "in"], Operator::NotIn))?;
        let Some((selector, end)) = self.selector(start) else {
            self.scanner.problem(start, Rule::Match, "Invalid selector");
            return None;
        };
        Some((Match { selector, operator, value: Some(value) }, end))
    }

    /// An operator with or without white space around it.
    fn symbol(&mut self, at: usize, symbol: &'static str, operator: Operator) -> Read<Operator> {
        let start = self.scanner.space_or_none(at);
        let end = self.scanner.literal(start, symbol)?;
        Some((operator, self.scanner.space_or_none(end)))
    }

    /// An operator of words with white space around each.
    fn spaced(&mut self, at: usize, words: &[&'static str], operator: Operator) -> Read<Operator> {
        self.scanner.spaced_words(at, words).map(|end| (operator, end))
    }
}

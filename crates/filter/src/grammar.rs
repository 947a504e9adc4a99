//! The grammar of go-bexpr v0.1.2, a parsing expression grammar, with its errors.
//!
//! Consul's parser is generated and backtracks without memory, so nested parentheses cost it exponential
//! time. This one is written by hand: chains are loops, and what stands behind a parenthesis is read once
//! per place. What it tries at a place, and in which order, is the same, for that is what the errors list.

mod atom;
mod comparison;
mod scanner;

use std::collections::BTreeMap;

use crate::error::FilterError;
use crate::expression::Node;
use scanner::{Rule, Scanner};

/// The most parentheses in each other. Consul takes seconds from about ten on.
const MAX_DEPTH: usize = 64;

/// Reads a whole expression.
pub(crate) fn parse(text: &str) -> Result<Node, FilterError> {
    let mut parser = Parser { scanner: Scanner::new(text), choices: BTreeMap::new(), depth: 0, too_deep: false };
    let node = parser.input();
    if parser.too_deep {
        return Err(FilterError::TooDeep { limit: MAX_DEPTH });
    }
    parser.scanner.finish(node).map_err(FilterError::Syntax)
}

/// What was read, and the place behind it.
type Read<T> = Option<(T, usize)>;

struct Parser<'t> {
    scanner: Scanner<'t>,
    /// What [`Self::choice`] found at a place: several rules read there.
    choices: BTreeMap<usize, Read<Node>>,
    depth: usize,
    too_deep: bool,
}

impl Parser<'_> {
    /// `Input`: the whole text, perhaps in parentheses.
    fn input(&mut self) -> Option<Node> {
        self.input_in_parentheses().or_else(|| {
            let start = self.scanner.space_or_none(0);
            let (node, end) = self.choice(start)?;
            self.ended(end).then_some(node)
        })
    }

    fn input_in_parentheses(&mut self) -> Option<Node> {
        let start = self.scanner.space_or_none(0);
        let (node, end) = self.in_parentheses(start)?;
        self.ended(end).then_some(node)
    }

    fn ended(&mut self, at: usize) -> bool {
        let at = self.scanner.space_or_none(at);
        self.scanner.end(at)
    }

    /// `"(" _? OrExpression _? ")"`.
    fn in_parentheses(&mut self, at: usize) -> Read<Node> {
        let start = self.scanner.literal(at, "(")?;
        let start = self.scanner.space_or_none(start);
        let (node, end) = self.choice(start)?;
        let end = self.scanner.space_or_none(end);
        Some((node, self.scanner.literal(end, ")")?))
    }

    /// `OrExpression`. Reads each place once.
    fn choice(&mut self, at: usize) -> Read<Node> {
        if let Some(known) = self.choices.get(&at) {
            return known.clone();
        }
        if self.depth == MAX_DEPTH {
            self.too_deep = true;
            return None;
        }
        self.depth += 1;
        let read = self.chain(at, "or", Node::Any, |parser, at| parser.chain(at, "and", Node::All, Self::negation));
        self.depth -= 1;
        self.choices.insert(at, read.clone());
        read
    }

    /// Operands with `word` between them. A word with no operand behind it is left unread.
    fn chain(
        &mut self,
        at: usize,
        word: &'static str,
        join: fn(Vec<Node>) -> Node,
        operand: impl Fn(&mut Self, usize) -> Read<Node>,
    ) -> Read<Node> {
        let (first, mut end) = operand(self, at)?;
        let mut parts = vec![first];
        while let Some(next) = self.scanner.spaced_words(end, &[word])
            && let Some((part, place)) = operand(self, next)
        {
            parts.push(part);
            end = place;
        }
        let node = if parts.len() == 1 { parts.swap_remove(0) } else { join(parts) };
        Some((node, end))
    }

    /// `NotExpression`. A `not` that nothing follows may still be a selector's name.
    fn negation(&mut self, at: usize) -> Read<Node> {
        let mut starts = vec![at];
        let mut last = at;
        while let Some(next) = self.scanner.literal(last, "not").and_then(|end| self.scanner.space(end)) {
            starts.push(next);
            last = next;
        }
        for (negations, start) in starts.into_iter().enumerate().rev() {
            if let Some((node, end)) = self.grouping(start) {
                let node = if negations % 2 == 1 { Node::Not(Box::new(node)) } else { node };
                return Some((node, end));
            }
        }
        None
    }

    /// `ParenthesizedExpression`.
    fn grouping(&mut self, at: usize) -> Read<Node> {
        if let Some(read) = self.in_parentheses(at).or_else(|| self.comparison(at)) {
            return Some(read);
        }
        let start = self.scanner.literal(at, "(")?;
        let start = self.scanner.space_or_none(start);
        let (_, end) = self.choice(start)?;
        let end = self.scanner.space_or_none(end);
        // The parenthesis is missing, or it would have been read above.
        self.scanner.problem(end, Rule::Grouping, "Unmatched parentheses");
        None
    }
}

#[cfg(test)]
mod tests;

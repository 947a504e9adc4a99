//! The grammar's smallest parts: selectors, values, numbers and strings.

use super::scanner::Rule;
use super::{Parser, Read};
use crate::quote::unquote;

impl Parser<'_> {
    /// `Selector`.
    pub(super) fn selector(&mut self, at: usize) -> Read<Vec<String>> {
        let (first, mut end) = self.identifier(at)?;
        let mut names = vec![first];
        while let Some((name, next)) = self.field(end).or_else(|| self.index(end)) {
            names.push(name);
            end = next;
        }
        Some((names, end))
    }

    fn identifier(&mut self, at: usize) -> Read<String> {
        let second = self.scanner.one_of(at, "[a-zA-Z]", |c| c.is_ascii_alphabetic())?;
        let end = self.scanner.many_of(second, "[a-zA-Z0-9_]", |c| c.is_ascii_alphanumeric() || c == '_');
        Some((self.scanner.slice(at, end).to_owned(), end))
    }

    /// `"." Identifier`.
    fn field(&mut self, at: usize) -> Read<String> {
        let start = self.scanner.literal(at, ".")?;
        self.identifier(start)
    }

    /// `IndexExpression`.
    fn index(&mut self, at: usize) -> Read<String> {
        let start = self.scanner.literal(at, "[")?;
        let start = self.scanner.space_or_none(start);
        let Some((name, end)) = self.string(start) else {
            self.scanner.problem(start, Rule::Index, "Invalid index");
            return None;
        };
        let end = self.scanner.space_or_none(end);
        match self.scanner.literal(end, "]") {
            Some(end) => Some((name, end)),
            None => {
                self.scanner.problem(end, Rule::Index, "Unclosed index expression");
                None
            }
        }
    }

    /// `Value`: a selector stands for its own text.
    pub(super) fn value(&mut self, at: usize) -> Read<String> {
        if let Some((names, end)) = self.selector(at) {
            return Some((names.join("."), end));
        }
        self.number(at).or_else(|| self.string(at))
    }

    /// `NumberLiteral`.
    fn number(&mut self, at: usize) -> Read<String> {
        let start = self.scanner.literal(at, "-").unwrap_or(at);
        let end = self.digits(start)?;
        if self.scanner.space(end).is_none() && !self.scanner.end(end) && self.scanner.literal(end, ")").is_none() {
            self.scanner.problem(end, Rule::Number, "Invalid number literal");
            return None;
        }
        Some((self.scanner.slice(at, end).to_owned(), end))
    }

    /// `IntegerOrFloat`.
    fn digits(&mut self, at: usize) -> Option<usize> {
        let digit = |c: char| c.is_ascii_digit();
        let end = match self.scanner.literal(at, "0") {
            Some(end) => end,
            None => {
                let second = self.scanner.one_of(at, "[1-9]", |c| matches!(c, '1'..='9'))?;
                self.scanner.many_of(second, "[0-9]", digit)
            }
        };
        let fraction = self.scanner.literal(end, ".").and_then(|point| {
            let end = self.scanner.many_of(point, "[0-9]", digit);
            (end > point).then_some(end)
        });
        Some(fraction.unwrap_or(end))
    }

    /// `StringLiteral`.
    fn string(&mut self, at: usize) -> Read<String> {
        let mark = match self.scanner.literal(at, "`") {
            Some(_) => '`',
            None => {
                self.scanner.literal(at, "\"")?;
                '"'
            }
        };
        let start = at + mark.len_utf8();
        let Some(length) = self.scanner.rest(start).find(mark) else {
            let end = start + self.scanner.rest(start).len();
            self.scanner.problem(end, Rule::String, "Unterminated string literal");
            return None;
        };
        let end = start + length + mark.len_utf8();
        let text = unquote(self.scanner.slice(at, end)).unwrap_or_else(|| {
            self.scanner.problem(at, Rule::String, "invalid syntax");
            String::new()
        });
        Some((text, end))
    }
}

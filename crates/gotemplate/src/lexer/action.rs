//! What stands between the delimiters.

use super::{Lexer, Step, TRIM_MARKER_BYTES, TokenKind, has_right_trim, is_space};
use crate::{quote, rune};

impl<'a> Lexer<'a> {
    pub(super) fn inside(&mut self) -> Step<'a> {
        if self.at_right_delimiter().is_some() {
            return if self.paren_depth == 0 { Step::RightDelimiter } else { self.error("unclosed left paren") };
        }
        let before = self.position;
        let Some(c) = self.next() else {
            return self.error("unclosed action");
        };
        match c {
            c if is_space(c) => {
                self.step_back(before);
                self.space()
            }
            '=' => self.found(TokenKind::Assign),
            ':' if self.next() != Some('=') => self.error("expected :="),
            ':' => self.found(TokenKind::Declare),
            '|' => self.found(TokenKind::Pipe),
            '"' => self.quoted('"', TokenKind::String, "unterminated quoted string"),
            '`' => self.raw_quoted(),
            '$' => self.field_or_variable(TokenKind::Variable),
            '\'' => self.quoted('\'', TokenKind::CharConstant, "unterminated character constant"),
            '.' if self.rest().first().is_some_and(|next| !next.is_ascii_digit()) => {
                self.field_or_variable(TokenKind::Field)
            }
            '.' | '+' | '-' | '0'..='9' => {
                self.step_back(before);
                self.number()
            }
            c if rune::is_alphanumeric(c) => self.identifier(before),
            '(' => {
                self.paren_depth += 1;
                self.found(TokenKind::LeftParen)
            }
            ')' if self.paren_depth == 0 => self.error("unexpected right paren"),
            ')' => {
                self.paren_depth -= 1;
                self.found(TokenKind::RightParen)
            }
            c if c.is_ascii() && rune::is_print(c) => self.found(TokenKind::Char),
            c => self.error(format!("unrecognized character in action: {}", rune::describe(Some(c)))),
        }
    }

    /// Gives back the one character after `before`.
    fn step_back(&mut self, before: usize) {
        if self.input.get(before) == Some(&b'\n') {
            self.line -= 1;
        }
        self.position = before;
    }

    fn space(&mut self) -> Step<'a> {
        let first = self.position;
        self.accept_run(is_space);
        let last = self.position - 1;
        // The last space may belong to the delimiter that follows.
        let from_last = &self.input[last..];
        if has_right_trim(from_last) && from_last[TRIM_MARKER_BYTES..].starts_with(self.right) {
            self.step_back(last);
            if last == first {
                return Step::RightDelimiter;
            }
        }
        self.found(TokenKind::Space)
    }

    fn identifier(&mut self, start: usize) -> Step<'a> {
        self.accept_run(rune::is_alphanumeric);
        if !self.at_terminator() {
            let next = self.next();
            return self.error(format!("bad character {}", rune::describe(next)));
        }
        let kind = match &self.input[start..self.position] {
            b"block" => TokenKind::Block,
            b"break" if self.keywords.break_allowed => TokenKind::Break,
            b"continue" if self.keywords.continue_allowed => TokenKind::Continue,
            b"define" => TokenKind::Define,
            b"else" => TokenKind::Else,
            b"end" => TokenKind::End,
            b"if" => TokenKind::If,
            b"nil" => TokenKind::Nil,
            b"range" => TokenKind::Range,
            b"template" => TokenKind::Template,
            b"with" => TokenKind::With,
            b"true" | b"false" => TokenKind::Bool,
            _ => TokenKind::Identifier,
        };
        self.found(kind)
    }

    fn field_or_variable(&mut self, kind: TokenKind) -> Step<'a> {
        if self.at_terminator() {
            return self.found(if kind == TokenKind::Variable { kind } else { TokenKind::Dot });
        }
        self.accept_run(rune::is_alphanumeric);
        if !self.at_terminator() {
            let next = self.next();
            return self.error(format!("bad character {}", rune::describe(next)));
        }
        self.found(kind)
    }

    /// Whether what may follow an identifier follows.
    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(c) => is_space(c) || self.rest().starts_with(self.right),
        }
    }

    fn quoted(&mut self, mark: char, kind: TokenKind, unterminated: &str) -> Step<'a> {
        loop {
            match self.next() {
                Some('\\') => {
                    if matches!(self.next(), None | Some('\n')) {
                        return self.error(unterminated);
                    }
                }
                None | Some('\n') => return self.error(unterminated),
                Some(c) if c == mark => return self.found(kind),
                Some(_) => {}
            }
        }
    }

    fn raw_quoted(&mut self) -> Step<'a> {
        loop {
            match self.next() {
                None => return self.error("unterminated raw quoted string"),
                Some('`') => return self.found(TokenKind::RawString),
                Some(_) => {}
            }
        }
    }

    fn number(&mut self) -> Step<'a> {
        if !self.scan_number() {
            return self.bad_number();
        }
        if !matches!(self.peek(), Some('+' | '-')) {
            return self.found(TokenKind::Number);
        }
        // A complex constant: no spaces, and it ends in i.
        if !self.scan_number() || self.input[self.position - 1] != b'i' {
            return self.bad_number();
        }
        self.found(TokenKind::Complex)
    }

    fn bad_number(&mut self) -> Step<'a> {
        let text = quote::quote(&self.input[self.start..self.position]);
        self.error(format!("bad number syntax: {text}"))
    }

    /// Lets wrong numbers pass, too, as long as they look like one; the parser finds out.
    fn scan_number(&mut self) -> bool {
        self.accept(|c| matches!(c, '+' | '-'));
        let mut base = 10;
        if self.accept(|c| c == '0') {
            for (letter, other) in [('x', 16), ('o', 8), ('b', 2)] {
                if self.accept(|c| c.eq_ignore_ascii_case(&letter)) {
                    base = other;
                    break;
                }
            }
        }
        let digit = move |c: char| c == '_' || c.is_digit(base);
        self.accept_run(digit);
        if self.accept(|c| c == '.') {
            self.accept_run(digit);
        }
        let exponent = match base {
            10 => self.accept(|c| matches!(c, 'e' | 'E')),
            16 => self.accept(|c| matches!(c, 'p' | 'P')),
            _ => false,
        };
        if exponent {
            self.accept(|c| matches!(c, '+' | '-'));
            self.accept_run(|c| c == '_' || c.is_ascii_digit());
        }
        self.accept(|c| c == 'i');
        if self.peek().is_some_and(rune::is_alphanumeric) {
            self.next();
            return false;
        }
        true
    }
}

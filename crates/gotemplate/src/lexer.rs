//! Text to tokens.

mod action;

use std::borrow::Cow;
use std::fmt;

use crate::{quote, rune};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Error,
    Bool,
    /// A printable ASCII character, such as a comma.
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelimiter,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelimiter,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

/// A piece of the template.
#[derive(Debug, Clone)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind,
    /// Where it starts, in bytes.
    pub(crate) position: usize,
    /// The line that it starts in, counted from 1.
    pub(crate) line: usize,
    /// The text, or for [`TokenKind::Error`] what is wrong.
    pub(crate) text: Cow<'a, [u8]>,
}

impl Token<'_> {
    /// The text, which is UTF-8 unless it is plain text or a string.
    pub(crate) fn word(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.text)
    }
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use TokenKind as K;
        match self.kind {
            K::Eof => f.write_str("EOF"),
            K::Error => f.write_str(&self.word()),
            K::Block | K::Break | K::Continue | K::Dot | K::Define | K::Else | K::End => write!(f, "<{}>", self.word()),
            K::If | K::Nil | K::Range | K::Template | K::With => write!(f, "<{}>", self.word()),
            _ if self.text.len() > 10 => write!(f, "{}...", quote::quote(first_ten(&self.text))),
            _ => f.write_str(&quote::quote(&self.text)),
        }
    }
}

/// `%.10q` cuts characters, not bytes.
fn first_ten(text: &[u8]) -> &[u8] {
    let mut end = 0;
    for _ in 0..10 {
        end += rune::first(&text[end..]).map_or(0, |(_, width)| width);
    }
    &text[..end]
}

/// Which words a caller's functions have taken over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keywords {
    pub(crate) break_allowed: bool,
    pub(crate) continue_allowed: bool,
}

/// Cuts a template's text into tokens, one at a time.
pub(crate) struct Lexer<'a> {
    input: &'a [u8],
    left: &'a [u8],
    right: &'a [u8],
    keywords: Keywords,
    position: usize,
    start: usize,
    at_end: bool,
    paren_depth: usize,
    line: usize,
    start_line: usize,
    inside_action: bool,
}

/// The next state of the lexer, or the token that it found.
enum Step<'a> {
    Text,
    LeftDelimiter,
    Comment,
    RightDelimiter,
    Inside,
    Found(Token<'a>),
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(input: &'a [u8], left: &'a [u8], right: &'a [u8], keywords: Keywords) -> Self {
        Self {
            input,
            left,
            right,
            keywords,
            position: 0,
            start: 0,
            at_end: false,
            paren_depth: 0,
            line: 1,
            start_line: 1,
            inside_action: false,
        }
    }

    /// The next token; after an error or the end, [`TokenKind::Eof`] for ever.
    pub(crate) fn next_token(&mut self) -> Token<'a> {
        let mut step = if self.inside_action { Step::Inside } else { Step::Text };
        loop {
            step = match step {
                Step::Text => self.text(),
                Step::LeftDelimiter => self.left_delimiter(),
                Step::Comment => self.comment(),
                Step::RightDelimiter => self.right_delimiter(),
                Step::Inside => self.inside(),
                Step::Found(token) => return token,
            };
        }
    }

    fn rest(&self) -> &'a [u8] {
        &self.input[self.position..]
    }

    fn next(&mut self) -> Option<char> {
        let Some((c, width)) = rune::first(self.rest()) else {
            self.at_end = true;
            return None;
        };
        self.position += width;
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    fn peek(&self) -> Option<char> {
        rune::first(self.rest()).map(|(c, _)| c)
    }

    /// Consumes the next character if `wanted` says so.
    fn accept(&mut self, wanted: impl Fn(char) -> bool) -> bool {
        let found = self.peek().is_some_and(wanted);
        if found {
            self.next();
        }
        found
    }

    fn accept_run(&mut self, wanted: impl Fn(char) -> bool) {
        while self.accept(&wanted) {}
    }

    fn take(&mut self, kind: TokenKind) -> Token<'a> {
        let text = Cow::Borrowed(&self.input[self.start..self.position]);
        let token = Token { kind, position: self.start, line: self.start_line, text };
        self.start = self.position;
        self.start_line = self.line;
        token
    }

    fn found(&mut self, kind: TokenKind) -> Step<'a> {
        Step::Found(self.take(kind))
    }

    /// Skips what was passed without [`Lexer::next`].
    fn ignore(&mut self) {
        self.line += newlines(&self.input[self.start..self.position]);
        self.start = self.position;
        self.start_line = self.line;
    }

    fn error(&mut self, problem: impl Into<String>) -> Step<'a> {
        let text = Cow::Owned(problem.into().into_bytes());
        let token = Token { kind: TokenKind::Error, position: self.start, line: self.start_line, text };
        self.start = 0;
        self.position = 0;
        self.input = &[];
        Step::Found(token)
    }

    fn text(&mut self) -> Step<'a> {
        let Some(offset) = find(self.rest(), self.left) else {
            self.position = self.input.len();
            if self.position > self.start {
                self.line += newlines(&self.input[self.start..self.position]);
                return self.found(TokenKind::Text);
            }
            return self.found(TokenKind::Eof);
        };
        if offset > 0 {
            self.position += offset;
            let after = &self.input[self.position + self.left.len()..];
            let text = &self.input[self.start..self.position];
            let trimmed = if has_left_trim(after) { text.len() - text.trim_space_end().len() } else { 0 };
            self.position -= trimmed;
            self.line += newlines(&self.input[self.start..self.position]);
            let token = self.take(TokenKind::Text);
            self.position += trimmed;
            self.ignore();
            if !token.text.is_empty() {
                return Step::Found(token);
            }
        }
        Step::LeftDelimiter
    }

    fn left_delimiter(&mut self) -> Step<'a> {
        self.position += self.left.len();
        let marker = if has_left_trim(self.rest()) { TRIM_MARKER_BYTES } else { 0 };
        if self.rest()[marker..].starts_with(b"/*") {
            self.position += marker;
            self.ignore();
            return Step::Comment;
        }
        let token = self.take(TokenKind::LeftDelimiter);
        self.inside_action = true;
        self.position += marker;
        self.ignore();
        self.paren_depth = 0;
        Step::Found(token)
    }

    fn comment(&mut self) -> Step<'a> {
        self.position += 2;
        let Some(offset) = find(self.rest(), b"*/") else {
            return self.error("unclosed comment");
        };
        self.position += offset + 2;
        let Some(trim) = self.at_right_delimiter() else {
            return self.error("comment ends before closing delimiter");
        };
        self.line += newlines(&self.input[self.start..self.position]);
        self.start = self.position;
        self.start_line = self.line;
        if trim {
            self.position += TRIM_MARKER_BYTES;
        }
        self.position += self.right.len();
        if trim {
            self.position += self.rest().len() - self.rest().trim_space_start().len();
        }
        self.ignore();
        Step::Text
    }

    /// Whether the position is at a right delimiter; if so, whether it trims.
    fn at_right_delimiter(&self) -> Option<bool> {
        let rest = self.rest();
        if has_right_trim(rest) && rest[TRIM_MARKER_BYTES..].starts_with(self.right) {
            return Some(true);
        }
        rest.starts_with(self.right).then_some(false)
    }

    fn right_delimiter(&mut self) -> Step<'a> {
        let trim = self.at_right_delimiter() == Some(true);
        if trim {
            self.position += TRIM_MARKER_BYTES;
            self.ignore();
        }
        self.position += self.right.len();
        let token = self.take(TokenKind::RightDelimiter);
        if trim {
            self.position += self.rest().len() - self.rest().trim_space_start().len();
            self.ignore();
        }
        self.inside_action = false;
        Step::Found(token)
    }
}

/// `- ` after a left delimiter, ` -` before a right one.
const TRIM_MARKER_BYTES: usize = 2;

fn has_left_trim(text: &[u8]) -> bool {
    matches!(text, [b'-', b' ' | b'\t' | b'\r' | b'\n', ..])
}

fn has_right_trim(text: &[u8]) -> bool {
    matches!(text, [b' ' | b'\t' | b'\r' | b'\n', b'-', ..])
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn newlines(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte == b'\n').count()
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// Go's trim set: space, tab, carriage return, line feed.
trait TrimSpace {
    fn trim_space_start(&self) -> &[u8];
    fn trim_space_end(&self) -> &[u8];
}

impl TrimSpace for [u8] {
    fn trim_space_start(&self) -> &[u8] {
        let start = self.iter().position(|&byte| !is_space(byte as char)).unwrap_or(self.len());
        &self[start..]
    }

    fn trim_space_end(&self) -> &[u8] {
        let end = self.iter().rposition(|&byte| !is_space(byte as char)).map_or(0, |last| last + 1);
        &self[..end]
    }
}

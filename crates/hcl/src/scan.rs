//! Text → tokens, as HCL 1's scanner cuts them.

mod heredoc;
mod number;
mod string;

use crate::{Number, Position, Problem, SyntaxError};

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    End,
    Identifier(String),
    Text(String),
    Bool(bool),
    Number(Number),
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    Comma,
    Assign,
    /// `.`, `+` or `-` alone: HCL knows them and nothing takes them.
    Stray(char),
}

impl Token {
    /// What it is called in messages.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::End => "the end of the text".to_owned(),
            Self::Identifier(word) => format!("the word {word}"),
            Self::Text(text) => format!("the string {:?}", shortened(text)),
            Self::Bool(value) => format!("{value}"),
            Self::Number(_) => "a number".to_owned(),
            Self::OpenBrace => "{".to_owned(),
            Self::CloseBrace => "}".to_owned(),
            Self::OpenBracket => "[".to_owned(),
            Self::CloseBracket => "]".to_owned(),
            Self::Comma => "a comma".to_owned(),
            Self::Assign => "=".to_owned(),
            Self::Stray(character) => character.to_string(),
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Reads tokens off a text.
pub(crate) struct Scanner<'a> {
    rest: &'a str,
    position: Position,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { rest: text, position: Position::START }
    }

    /// The next token and where it begins. At the end it gives [`Token::End`] for ever.
    pub(crate) fn next(&mut self) -> Result<(Token, Position), SyntaxError> {
        self.skip_blanks()?;
        let start = self.position;
        let Some(character) = self.peek() else { return Ok((Token::End, start)) };
        let token = match character {
            '"' => string::scan(self)?,
            '<' => heredoc::scan(self)?,
            '0'..='9' => number::scan(self)?,
            '-' | '.' if self.second().is_some_and(|next| next.is_ascii_digit()) => number::scan(self)?,
            letter if is_letter(letter) => self.word(),
            other => {
                self.advance();
                match other {
                    '{' => Token::OpenBrace,
                    '}' => Token::CloseBrace,
                    '[' => Token::OpenBracket,
                    ']' => Token::CloseBracket,
                    ',' => Token::Comma,
                    '=' => Token::Assign,
                    '.' | '+' | '-' => Token::Stray(other),
                    other => return Err(Problem::Character(other).at(start)),
                }
            }
        };
        Ok((token, start))
    }

    fn word(&mut self) -> Token {
        let word = self
            .take_while(|character| is_letter(character) || character.is_numeric() || matches!(character, '-' | '.'));
        match word {
            "true" => Token::Bool(true),
            "false" => Token::Bool(false),
            word => Token::Identifier(word.to_owned()),
        }
    }

    /// White space and comments.
    fn skip_blanks(&mut self) -> Result<(), SyntaxError> {
        loop {
            self.take_while(|character| matches!(character, ' ' | '\t' | '\n' | '\r'));
            let start = self.position;
            match (self.peek(), self.second()) {
                (Some('#'), _) | (Some('/'), Some('/')) => {
                    self.take_while(|character| character != '\n');
                }
                (Some('/'), Some('*')) => {
                    self.advance();
                    self.advance();
                    let end = self.rest.find("*/").ok_or(Problem::UnendedComment.at(start))?;
                    self.take(end + 2);
                }
                (Some('/'), _) => return Err(Problem::Comment.at(start)),
                _ => return Ok(()),
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn second(&self) -> Option<char> {
        self.rest.chars().nth(1)
    }

    fn advance(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.rest = &self.rest[character.len_utf8()..];
        self.position = self.position.after(character);
        Some(character)
    }

    /// Takes `length` bytes, which must end between characters.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.position = self.position.after_all(taken);
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let length = self.rest.find(|character| !wanted(character)).unwrap_or(self.rest.len());
        self.take(length)
    }
}

fn is_letter(character: char) -> bool {
    character == '_' || character.is_alphabetic()
}

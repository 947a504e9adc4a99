//! Tokens → items → the tree: HCL 1's grammar.

use crate::block::{Item, Items, Raw};
use crate::scan::{Scanner, Token};
use crate::{MAX_DEPTH, Node, Position, Problem, SyntaxError, Value};

/// Reads HCL 1.
pub fn parse_hcl(text: &[u8]) -> Result<Node, SyntaxError> {
    let text = utf8(text)?;
    let mut parser = Parser { scanner: Scanner::new(text), ahead: None, depth: 0 };
    let items = parser.items(true)?;
    Ok(Node { position: Position::START, value: Value::Object(items.decode()?) })
}

/// The text; a byte order mark in front is left out.
pub(crate) fn utf8(text: &[u8]) -> Result<&str, SyntaxError> {
    match std::str::from_utf8(text) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let valid = std::str::from_utf8(&text[..error.valid_up_to()]).unwrap_or_default();
            Err(Problem::NotUtf8.at(Position::START.after_all(valid)))
        }
    }
}

/// Each label is one more level of the tree.
const MAX_LABELS: usize = 8;

struct Parser<'a> {
    scanner: Scanner<'a>,
    ahead: Option<(Token, Position)>,
    depth: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Result<(Token, Position), SyntaxError> {
        match self.ahead.take() {
            Some(token) => Ok(token),
            None => self.scanner.next(),
        }
    }

    fn peek(&mut self) -> Result<&Token, SyntaxError> {
        if self.ahead.is_none() {
            self.ahead = Some(self.scanner.next()?);
        }
        Ok(self.ahead.as_ref().map_or(&Token::End, |(token, _)| token))
    }

    /// Items up to the closing brace, or up to the end of the whole text.
    fn items(&mut self, whole: bool) -> Result<Items, SyntaxError> {
        let mut items = Vec::new();
        loop {
            match self.peek()? {
                Token::End => break,
                Token::CloseBrace if !whole => break,
                _ => items.push(self.item()?),
            }
            if *self.peek()? == Token::Comma {
                self.next()?;
            }
        }
        Ok(Items(items))
    }

    fn item(&mut self) -> Result<Item, SyntaxError> {
        let mut keys: Vec<(String, Position)> = Vec::new();
        loop {
            let (token, position) = self.next()?;
            let name = || keys.first().map(|(name, _)| name.clone());
            match token {
                Token::Identifier(key) | Token::Text(key) => keys.push((key, position)),
                Token::Assign if keys.len() == 1 => {
                    let (value, position) = self.value()?;
                    return Ok(Item { keys, value, position });
                }
                Token::OpenBrace if !keys.is_empty() => {
                    if keys.len() > MAX_LABELS {
                        return Err(Problem::TooDeep.at(position));
                    }
                    let value = self.object(position)?;
                    return Ok(Item { keys, value, position });
                }
                Token::Assign if !keys.is_empty() => {
                    return Err(Problem::LabelsWithValue(name().unwrap_or_default()).at(position));
                }
                other => {
                    let problem = name().map_or_else(|| Problem::NoKey(other.describe()), Problem::NoValue);
                    return Err(problem.at(position));
                }
            }
        }
    }

    fn value(&mut self) -> Result<(Raw, Position), SyntaxError> {
        let (token, position) = self.next()?;
        let raw = match token {
            Token::Text(text) => Raw::Text(text),
            Token::Bool(value) => Raw::Bool(value),
            Token::Number(number) => Raw::Number(number),
            Token::OpenBrace => self.object(position)?,
            Token::OpenBracket => self.list(position)?,
            other => return Err(Problem::NotAValue(other.describe()).at(position)),
        };
        Ok((raw, position))
    }

    /// After the opening brace.
    fn object(&mut self, position: Position) -> Result<Raw, SyntaxError> {
        self.deeper(position)?;
        let items = self.items(false)?;
        self.depth -= 1;
        match self.next()? {
            (Token::CloseBrace, _) => Ok(Raw::Object(items)),
            (other, position) => Err(Problem::Unexpected { found: other.describe(), wanted: "}" }.at(position)),
        }
    }

    /// After the opening bracket. Commas may follow each other, as in HCL 1.
    fn list(&mut self, position: Position) -> Result<Raw, SyntaxError> {
        self.deeper(position)?;
        let mut values = Vec::new();
        let mut needs_comma = false;
        loop {
            match self.peek()? {
                Token::CloseBracket => {
                    self.next()?;
                    self.depth -= 1;
                    return Ok(Raw::List(values));
                }
                Token::Comma => {
                    self.next()?;
                    needs_comma = false;
                }
                _ if needs_comma => {
                    let (token, position) = self.next()?;
                    return Err(Problem::InList(token.describe()).at(position));
                }
                _ => {
                    let value = self.value()?;
                    // HCL 1 asks for no comma after a list in a list.
                    needs_comma = !matches!(value.0, Raw::List(_));
                    values.push(value);
                }
            }
        }
    }

    fn deeper(&mut self, position: Position) -> Result<(), SyntaxError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(Problem::TooDeep.at(position)) } else { Ok(()) }
    }
}

//! Tokens to nodes, with Go's error texts.

mod control;
mod pipeline;

use std::sync::Arc;

use crate::lexer::{Keywords, Lexer, Token, TokenKind};
use crate::node::{List, Statement, Tree, Trees};
use crate::{Delimiters, Functions, ParseError, quote};

/// How deep actions and parentheses may be nested. Go's limit for parentheses is 10,000; its stack grows.
const MAX_DEPTH: usize = 200;

/// Parses `text` and everything that it defines.
pub(crate) fn parse(
    name: &str,
    text: &[u8],
    delimiters: &Delimiters,
    functions: &Functions,
) -> Result<Trees, ParseError> {
    let keywords = Keywords {
        break_allowed: functions.get("break").is_none(),
        continue_allowed: functions.get("continue").is_none(),
    };
    let lexer = Lexer::new(text, delimiters.left().as_bytes(), delimiters.right().as_bytes(), keywords);
    let trees = Trees { parse_name: Arc::from(name), text: Arc::from(text), ..Trees::default() };
    let mut parser = Parser { lexer, functions, trees, definition: Definition::default(), depth: 0 };
    let root = parser.top_level().and_then(|root| parser.add(Arc::from(name), root));
    root.map(|()| parser.trees).map_err(|error| *error)
}

/// Where a parsing function stops.
pub(crate) type Parsed<T> = Result<T, Box<ParseError>>;

pub(crate) struct Parser<'a> {
    lexer: Lexer<'a>,
    functions: &'a Functions,
    trees: Trees,
    definition: Definition<'a>,
    /// How many actions and parentheses are open.
    depth: usize,
}

/// The state of the template that is being parsed; a `define` or `block` inside starts anew.
struct Definition<'a> {
    /// Tokens that were given back; the first `peeked` of them come again, last first.
    tokens: [Option<Token<'a>>; 3],
    peeked: usize,
    variables: Vec<Arc<str>>,
    range_depth: usize,
    /// The line of the action that is being parsed.
    action_line: Option<usize>,
}

impl Default for Definition<'_> {
    fn default() -> Self {
        Self {
            tokens: [const { None }; 3],
            peeked: 0,
            variables: vec![Arc::from("$")],
            range_depth: 0,
            action_line: None,
        }
    }
}

/// What ends a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    End,
    Else,
}

impl Ending {
    fn text(self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        }
    }
}

/// A statement, or what ends the list that it would be in.
enum Parsing {
    Statement(Statement),
    Ending(Ending),
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Token<'a> {
        if self.definition.peeked > 0 {
            self.definition.peeked -= 1;
        } else {
            self.definition.tokens[0] = Some(self.lexer.next_token());
        }
        self.token(self.definition.peeked)
    }

    fn token(&self, index: usize) -> Token<'a> {
        self.definition.tokens[index].clone().expect("a peeked token is there")
    }

    fn back_up(&mut self) {
        self.definition.peeked += 1;
    }

    /// Gives back the last token and `before`, which came before it.
    fn back_up_two(&mut self, before: Token<'a>) {
        self.definition.tokens[1] = Some(before);
        self.definition.peeked = 2;
    }

    /// Gives back the last token and the two before it.
    fn back_up_three(&mut self, first: Token<'a>, second: Token<'a>) {
        self.definition.tokens[1] = Some(second);
        self.definition.tokens[2] = Some(first);
        self.definition.peeked = 3;
    }

    fn peek(&mut self) -> Token<'a> {
        if self.definition.peeked == 0 {
            self.definition.peeked = 1;
            self.definition.tokens[0] = Some(self.lexer.next_token());
        }
        self.token(self.definition.peeked - 1)
    }

    fn next_non_space(&mut self) -> Token<'a> {
        loop {
            let token = self.next();
            if token.kind != TokenKind::Space {
                return token;
            }
        }
    }

    fn peek_non_space(&mut self) -> Token<'a> {
        let token = self.next_non_space();
        self.back_up();
        token
    }

    fn error(&self, problem: impl Into<String>) -> Box<ParseError> {
        let line = self.definition.tokens[0].as_ref().map_or(1, |token| token.line);
        Box::new(ParseError { name: self.trees.parse_name.to_string(), line, problem: problem.into() })
    }

    fn unexpected(&self, token: &Token<'_>, context: &str) -> Box<ParseError> {
        if token.kind != TokenKind::Error {
            return self.error(format!("unexpected {token} in {context}"));
        }
        match self.definition.action_line {
            Some(line) if line != token.line => {
                // Not "action in action".
                let words = if token.text.ends_with(b" action") { "started" } else { "in action started" };
                self.error(format!("{token} {words} at {}:{line}", self.trees.parse_name))
            }
            _ => self.error(token.to_string()),
        }
    }

    fn expect(&mut self, kind: TokenKind, context: &str) -> Parsed<Token<'a>> {
        let token = self.next_non_space();
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(&token, context)) }
    }

    fn quoted_name(&mut self, token: &Token<'_>, context: &str) -> Parsed<Arc<str>> {
        if !matches!(token.kind, TokenKind::String | TokenKind::RawString) {
            return Err(self.unexpected(token, context));
        }
        let name = quote::unquote(&token.text).map_err(|error| self.error(error.to_string()))?;
        Ok(Arc::from(String::from_utf8_lossy(&name)))
    }

    /// Counts one level of nesting while `inside` runs.
    fn nested<T>(&mut self, inside: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            return Err(self.error("max expression depth exceeded"));
        }
        self.depth += 1;
        let result = inside(self);
        self.depth -= 1;
        result
    }

    fn top_level(&mut self) -> Parsed<List> {
        let mut root = List::default();
        while self.peek().kind != TokenKind::Eof {
            if self.peek().kind == TokenKind::LeftDelimiter {
                let delimiter = self.next();
                if self.next_non_space().kind == TokenKind::Define {
                    self.define()?;
                    continue;
                }
                self.back_up_two(delimiter);
            }
            match self.text_or_action()? {
                Parsing::Statement(statement) => root.0.push(statement),
                Parsing::Ending(ending) => return Err(self.error(format!("unexpected {}", ending.text()))),
            }
        }
        Ok(root)
    }

    /// The keyword `define` is past.
    fn define(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "define clause";
        let outer = std::mem::take(&mut self.definition);
        let token = self.next_non_space();
        let name = self.quoted_name(&token, CONTEXT)?;
        self.expect(TokenKind::RightDelimiter, CONTEXT)?;
        self.definition_body(name, CONTEXT)?;
        self.definition = outer;
        Ok(())
    }

    /// The list up to the end of a `define` or `block`.
    fn definition_body(&mut self, name: Arc<str>, context: &str) -> Parsed<()> {
        let (list, ending) = self.list()?;
        if ending != Ending::End {
            return Err(self.error(format!("unexpected {} in {context}", ending.text())));
        }
        self.add(name, list)
    }

    /// The first template of a name stays, unless it is blank; two that are not blank are an error.
    fn add(&mut self, name: Arc<str>, root: List) -> Parsed<()> {
        let free = self.trees.by_name.get(&name).is_none_or(|tree| tree.root.is_blank());
        if free {
            self.trees.by_name.insert(Arc::clone(&name), Arc::new(Tree { name, root }));
        } else if !root.is_blank() {
            let name = quote::quote(name.as_bytes());
            return Err(self.error(format!("template: multiple definition of template {name}")));
        }
        Ok(())
    }

    /// Statements up to an `end` or `else`.
    fn list(&mut self) -> Parsed<(List, Ending)> {
        let mut list = List::default();
        while self.peek_non_space().kind != TokenKind::Eof {
            match self.text_or_action()? {
                Parsing::Statement(statement) => list.0.push(statement),
                Parsing::Ending(ending) => return Ok((list, ending)),
            }
        }
        Err(self.error("unexpected EOF"))
    }

    fn text_or_action(&mut self) -> Parsed<Parsing> {
        let token = self.next_non_space();
        match token.kind {
            TokenKind::Text => Ok(Parsing::Statement(Statement::Text(token.text.into_owned()))),
            TokenKind::LeftDelimiter => {
                self.definition.action_line = Some(token.line);
                let parsed = self.nested(Self::action);
                self.definition.action_line = None;
                parsed
            }
            _ => Err(self.unexpected(&token, "input")),
        }
    }
}

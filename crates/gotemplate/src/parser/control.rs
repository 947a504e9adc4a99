//! Control structures.

use std::sync::Arc;

use super::{Ending, Parsed, Parser, Parsing};
use crate::lexer::TokenKind;
use crate::node::{Action, Branch, Invocation, List, Statement};

/// The three structures that have a pipeline, a list, and another list for when there is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    If,
    With,
    Range,
}

impl Control {
    fn word(self) -> &'static str {
        match self {
            Self::If => "if",
            Self::With => "with",
            Self::Range => "range",
        }
    }

    fn statement(self, branch: Branch) -> Statement {
        match self {
            Self::If => Statement::If(branch),
            Self::With => Statement::With(branch),
            Self::Range => Statement::Range(branch),
        }
    }

    /// The keyword that may follow an `else` of this structure.
    fn chained(self) -> Option<TokenKind> {
        match self {
            Self::If => Some(TokenKind::If),
            Self::With => Some(TokenKind::With),
            Self::Range => None,
        }
    }
}

impl<'a> Parser<'a> {
    /// The left delimiter is past.
    pub(super) fn action(&mut self) -> Parsed<Parsing> {
        let statement = match self.next_non_space().kind {
            TokenKind::Block => self.block()?,
            TokenKind::Break => self.loop_control("{{break}}", Statement::Break)?,
            TokenKind::Continue => self.loop_control("{{continue}}", Statement::Continue)?,
            TokenKind::Else => return self.otherwise(),
            TokenKind::End => {
                self.expect(TokenKind::RightDelimiter, "end")?;
                return Ok(Parsing::Ending(Ending::End));
            }
            TokenKind::If => self.control(Control::If)?,
            TokenKind::Range => self.control(Control::Range)?,
            TokenKind::Template => self.template()?,
            TokenKind::With => self.control(Control::With)?,
            _ => {
                self.back_up();
                let position = self.peek().position;
                let pipe = self.pipeline("command", TokenKind::RightDelimiter)?;
                Statement::Action(Action { position, pipe })
            }
        };
        Ok(Parsing::Statement(statement))
    }

    fn loop_control(&mut self, text: &str, statement: Statement) -> Parsed<Statement> {
        let token = self.next_non_space();
        if token.kind != TokenKind::RightDelimiter {
            return Err(self.unexpected(&token, text));
        }
        if self.definition.range_depth == 0 {
            return Err(self.error(format!("{text} outside {{{{range}}}}")));
        }
        Ok(statement)
    }

    /// `else if` and `else with` leave the second word to whoever asked for the list.
    fn otherwise(&mut self) -> Parsed<Parsing> {
        if !matches!(self.peek_non_space().kind, TokenKind::If | TokenKind::With) {
            self.expect(TokenKind::RightDelimiter, "else")?;
        }
        Ok(Parsing::Ending(Ending::Else))
    }

    fn control(&mut self, control: Control) -> Parsed<Statement> {
        let variables = self.definition.variables.len();
        let branch = self.branch(control)?;
        self.definition.variables.truncate(variables);
        Ok(control.statement(branch))
    }

    fn branch(&mut self, control: Control) -> Parsed<Branch> {
        let pipe = self.pipeline(control.word(), TokenKind::RightDelimiter)?;
        let is_range = usize::from(control == Control::Range);
        self.definition.range_depth += is_range;
        let (list, ending) = self.list()?;
        self.definition.range_depth -= is_range;
        let otherwise = match ending {
            Ending::End => None,
            Ending::Else if control.chained() == Some(self.peek().kind) => {
                self.next();
                // Ends with the same `end`.
                Some(List(vec![self.nested(|parser| parser.control(control))?]))
            }
            Ending::Else => {
                let (list, ending) = self.list()?;
                if ending != Ending::End {
                    return Err(self.error(format!("expected end; found {}", ending.text())));
                }
                Some(list)
            }
        };
        Ok(Branch { pipe, list, otherwise })
    }

    /// A definition and its invocation in one.
    fn block(&mut self) -> Parsed<Statement> {
        const CONTEXT: &str = "block clause";
        let token = self.next_non_space();
        let name = self.quoted_name(&token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, TokenKind::RightDelimiter)?;
        let outer = std::mem::take(&mut self.definition);
        self.definition_body(Arc::clone(&name), CONTEXT)?;
        self.definition = outer;
        Ok(Statement::Template(Invocation { position: token.position, name, pipe: Some(pipe) }))
    }

    fn template(&mut self) -> Parsed<Statement> {
        const CONTEXT: &str = "template clause";
        let token = self.next_non_space();
        let name = self.quoted_name(&token, CONTEXT)?;
        let pipe = if self.next_non_space().kind == TokenKind::RightDelimiter {
            None
        } else {
            self.back_up();
            Some(self.pipeline(CONTEXT, TokenKind::RightDelimiter)?)
        };
        Ok(Statement::Template(Invocation { position: token.position, name, pipe }))
    }
}

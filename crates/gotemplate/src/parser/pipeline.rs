//! Pipelines, commands and their words.

use std::sync::Arc;

use super::{Parsed, Parser};
use crate::builtin::Builtin;
use crate::lexer::{Token, TokenKind};
use crate::node::{Callee, Command, Operand, OperandKind, Pipe};
use crate::number::Number;
use crate::quote;

impl<'a> Parser<'a> {
    pub(super) fn pipeline(&mut self, context: &str, end: TokenKind) -> Parsed<Pipe> {
        let position = self.peek_non_space().position;
        let mut pipe = Pipe { position, assigns: false, variables: Vec::new(), commands: Vec::new() };
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.next_non_space();
            match token.kind {
                kind if kind == end => {
                    self.check_pipeline(&pipe, context)?;
                    return Ok(pipe);
                }
                TokenKind::Bool
                | TokenKind::CharConstant
                | TokenKind::Complex
                | TokenKind::Dot
                | TokenKind::Field
                | TokenKind::Identifier
                | TokenKind::Number
                | TokenKind::Nil
                | TokenKind::RawString
                | TokenKind::String
                | TokenKind::Variable
                | TokenKind::LeftParen => {
                    self.back_up();
                    pipe.commands.push(self.command()?);
                }
                _ => return Err(self.unexpected(&token, context)),
            }
        }
    }

    /// `$x :=`, `$x =`, and for `range` also `$i, $x :=`.
    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Parsed<()> {
        loop {
            let variable = self.peek_non_space();
            if variable.kind != TokenKind::Variable {
                return Ok(());
            }
            self.next();
            // "$x foo" is no declaration: what was looked at is given back, the space, too.
            let after = self.peek();
            let next = self.peek_non_space();
            match next.kind {
                TokenKind::Assign | TokenKind::Declare => {
                    pipe.assigns = next.kind == TokenKind::Assign;
                    self.next_non_space();
                    self.declare(pipe, &variable);
                    return Ok(());
                }
                TokenKind::Char if &*next.text == b"," => {
                    self.next_non_space();
                    self.declare(pipe, &variable);
                    if context != "range" || pipe.variables.len() >= 2 {
                        return Err(self.error(format!("too many declarations in {context}")));
                    }
                    let next = self.peek_non_space().kind;
                    if !matches!(next, TokenKind::Variable | TokenKind::RightDelimiter | TokenKind::RightParen) {
                        return Err(self.error("range can only initialize variables"));
                    }
                }
                _ if after.kind == TokenKind::Space => {
                    self.back_up_three(variable, after);
                    return Ok(());
                }
                _ => {
                    self.back_up_two(variable);
                    return Ok(());
                }
            }
        }
    }

    fn declare(&mut self, pipe: &mut Pipe, variable: &Token<'_>) {
        let name: Arc<str> = Arc::from(variable.word());
        pipe.variables.push(Arc::clone(&name));
        self.definition.variables.push(name);
    }

    fn check_pipeline(&self, pipe: &Pipe, context: &str) -> Parsed<()> {
        if pipe.commands.is_empty() {
            return Err(self.error(format!("missing value for {context}")));
        }
        for (index, command) in pipe.commands.iter().enumerate().skip(1) {
            let literal = matches!(
                command.words[0].kind,
                OperandKind::Bool(_)
                    | OperandKind::Dot
                    | OperandKind::Nil
                    | OperandKind::Number(..)
                    | OperandKind::String(..)
            );
            if literal {
                return Err(self.error(format!("non executable command in pipeline stage {}", index + 1)));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Parsed<Command> {
        let mut command = Command { position: self.peek_non_space().position, words: Vec::new() };
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                command.words.push(operand);
            }
            let token = self.next();
            match token.kind {
                TokenKind::Space => continue,
                TokenKind::RightDelimiter | TokenKind::RightParen => self.back_up(),
                TokenKind::Pipe => {}
                _ => return Err(self.unexpected(&token, "operand")),
            }
            break;
        }
        if command.words.is_empty() {
            return Err(self.error("empty command"));
        }
        Ok(command)
    }

    /// A term with the fields that follow it; none if there is no term.
    fn operand(&mut self) -> Parsed<Option<Operand>> {
        let Some(term) = self.term()? else {
            return Ok(None);
        };
        let position = self.peek().position;
        let mut fields: Vec<Arc<str>> = Vec::new();
        while self.peek().kind == TokenKind::Field {
            fields.push(Arc::from(&self.next().word()[1..]));
        }
        if fields.is_empty() {
            return Ok(Some(term));
        }
        let kind = match term.kind {
            OperandKind::Field(names) => OperandKind::Field([names, fields].concat()),
            OperandKind::Variable(names) => OperandKind::Variable([names, fields].concat()),
            OperandKind::Bool(_)
            | OperandKind::String(..)
            | OperandKind::Number(..)
            | OperandKind::Nil
            | OperandKind::Dot => {
                let text = quote::quote(term.to_string().as_bytes());
                return Err(self.error(format!("unexpected . after term {text}")));
            }
            _ => OperandKind::Chain(Box::new(term), fields),
        };
        Ok(Some(Operand { position, kind }))
    }

    fn term(&mut self) -> Parsed<Option<Operand>> {
        let token = self.next_non_space();
        let position = token.position;
        let kind = match token.kind {
            TokenKind::Identifier => self.function(&token)?,
            TokenKind::Dot => OperandKind::Dot,
            TokenKind::Nil => OperandKind::Nil,
            TokenKind::Variable => self.variable(&token)?,
            TokenKind::Field => OperandKind::Field(vec![Arc::from(&token.word()[1..])]),
            TokenKind::Bool => OperandKind::Bool(&*token.text == b"true"),
            TokenKind::CharConstant | TokenKind::Complex | TokenKind::Number => self.number(&token)?,
            TokenKind::LeftParen => {
                let pipe = self.nested(|parser| parser.pipeline("parenthesized pipeline", TokenKind::RightParen))?;
                return Ok(Some(Operand { position: pipe.position, kind: OperandKind::Pipe(Box::new(pipe)) }));
            }
            TokenKind::String | TokenKind::RawString => {
                let text = quote::unquote(&token.text).map_err(|error| self.error(error.to_string()))?;
                OperandKind::String(Arc::from(text), Arc::from(&*token.text))
            }
            _ => {
                self.back_up();
                return Ok(None);
            }
        };
        Ok(Some(Operand { position, kind }))
    }

    fn function(&mut self, token: &Token<'_>) -> Parsed<OperandKind> {
        let name = token.word();
        let callee = match (self.functions.get(&name), Builtin::named(&name)) {
            (Some(function), _) => Callee::Given(function.clone()),
            (None, Some(builtin)) => Callee::Builtin(builtin),
            (None, None) => {
                let name = quote::quote(name.as_bytes());
                return Err(self.error(format!("function {name} not defined")));
            }
        };
        Ok(OperandKind::Function(Arc::from(name), callee))
    }

    fn variable(&mut self, token: &Token<'_>) -> Parsed<OperandKind> {
        let name = token.word();
        match self.definition.variables.iter().find(|known| ***known == *name) {
            Some(known) => Ok(OperandKind::Variable(vec![Arc::clone(known)])),
            None => {
                let name = quote::quote(name.as_bytes());
                Err(self.error(format!("undefined variable {name}")))
            }
        }
    }

    fn number(&mut self, token: &Token<'_>) -> Parsed<OperandKind> {
        let text = token.word();
        let number = match token.kind {
            TokenKind::CharConstant => Number::character(&token.text),
            TokenKind::Complex => Number::complex(&text),
            _ => Number::plain(&text),
        };
        match number {
            Ok(number) => Ok(OperandKind::Number(number, Arc::from(text))),
            Err(error) => Err(self.error(error.to_string())),
        }
    }
}

//! The parsed template.

mod text;

use std::collections::HashMap;
use std::sync::Arc;

use crate::Function;
use crate::builtin::Builtin;
use crate::number::Number;

/// All templates that one text defines, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trees {
    pub(crate) parse_name: Arc<str>,
    /// The text, for the line and column of an error.
    pub(crate) text: Arc<[u8]>,
    pub(crate) by_name: HashMap<Arc<str>, Arc<Tree>>,
}

/// One template.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) name: Arc<str>,
    pub(crate) root: List,
}

/// What is executed one after the other.
#[derive(Debug, Default)]
pub(crate) struct List(pub(crate) Vec<Statement>);

/// One step of a template.
#[derive(Debug)]
pub(crate) enum Statement {
    Text(Vec<u8>),
    Action(Action),
    If(Branch),
    With(Branch),
    Range(Branch),
    Template(Invocation),
    Break,
    Continue,
}

/// A pipeline whose value is printed, unless it is assigned.
#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) position: usize,
    pub(crate) pipe: Pipe,
}

/// `if`, `with` or `range`.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) pipe: Pipe,
    pub(crate) list: List,
    pub(crate) otherwise: Option<List>,
}

/// `{{template "name" pipeline}}`.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) position: usize,
    pub(crate) name: Arc<str>,
    pub(crate) pipe: Option<Pipe>,
}

/// Commands, each of which gets the one before as its last argument.
#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) position: usize,
    /// `=` instead of `:=`.
    pub(crate) assigns: bool,
    /// With their `$`.
    pub(crate) variables: Vec<Arc<str>>,
    pub(crate) commands: Vec<Command>,
}

/// A first word and its arguments.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) position: usize,
    pub(crate) words: Vec<Operand>,
}

/// One word.
#[derive(Debug)]
pub(crate) struct Operand {
    pub(crate) position: usize,
    pub(crate) kind: OperandKind,
}

#[derive(Debug)]
pub(crate) enum OperandKind {
    Bool(bool),
    Dot,
    Nil,
    Number(Number, Arc<str>),
    /// The text, and how it was written.
    String(Arc<[u8]>, Arc<[u8]>),
    /// The names, without points.
    Field(Vec<Arc<str>>),
    /// The first name has its `$`.
    Variable(Vec<Arc<str>>),
    /// Fields of something that is neither of the two above.
    Chain(Box<Operand>, Vec<Arc<str>>),
    Function(Arc<str>, Callee),
    Pipe(Box<Pipe>),
}

/// What a name stands for.
#[derive(Debug)]
pub(crate) enum Callee {
    Builtin(Builtin),
    Given(Function),
}

impl Statement {
    /// Whether it is nothing but space.
    fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if String::from_utf8_lossy(text).trim().is_empty())
    }
}

impl List {
    /// Whether there is nothing but space, so that another definition may take its place.
    pub(crate) fn is_blank(&self) -> bool {
        self.0.iter().all(Statement::is_blank)
    }
}

/// What is being executed: the place that an error is reported at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At<'a> {
    Nowhere,
    Action(&'a Action),
    Template(&'a Invocation),
    Pipe(&'a Pipe),
    Command(&'a Command),
    Operand(&'a Operand),
}

impl At<'_> {
    /// Where it starts; none for nothing.
    pub(crate) fn position(&self) -> Option<usize> {
        match self {
            Self::Nowhere => None,
            Self::Action(node) => Some(node.position),
            Self::Template(node) => Some(node.position),
            Self::Pipe(node) => Some(node.position),
            Self::Command(node) => Some(node.position),
            Self::Operand(node) => Some(node.position),
        }
    }
}

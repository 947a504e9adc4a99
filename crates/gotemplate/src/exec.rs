//! Walking the nodes, with Go's error texts.

mod argument;
mod call;
mod field;
mod range;

use std::sync::Arc;

use crate::error::{Location, Place};
use crate::node::{Action, At, Branch, Command, Invocation, List, Operand, OperandKind, Pipe, Statement, Tree, Trees};
use crate::{ExecError, FunctionError, MissingKey, Type, Value, format};

/// How deep lists may lie in lists while they are executed, through templates, too: what fits into the
/// smallest usual stack (2 MiB). Go counts templates only, up to 100,000, on a stack that grows.
const MAX_DEPTH: usize = 1000;

/// Executes the template `name` of `trees`.
pub(crate) fn execute(
    trees: &Trees,
    name: &str,
    missing_key: MissingKey,
    out: &mut Vec<u8>,
    dot: &Value,
) -> Result<(), ExecError> {
    let Some(tree) = trees.by_name.get(name) else {
        let location = Location { executing: name.to_owned(), place: None };
        let problem = format!("{} is an incomplete or empty template", crate::quote(name.as_bytes()));
        return Err(ExecError { location, problem, cause: None });
    };
    let dot = Slot::plain(dot.clone());
    let variables = vec![("$", dot.clone())];
    let mut state = State { trees, tree, missing_key, out, variables, at: At::Nowhere, depth: 0 };
    state.list(&dot, &tree.root).map(drop).map_err(|error| *error)
}

/// A value with what Go's reflection knows besides: whether it lies where any value may lie.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slot {
    pub(crate) value: Value,
    /// It is the content of an `interface {}`. A nil that is not boxed is no value at all.
    pub(crate) boxed: bool,
}

impl Slot {
    pub(crate) fn plain(value: Value) -> Self {
        Self { value, boxed: false }
    }

    /// A value that lies in a place of type `of`.
    pub(crate) fn of(of: &Type, value: Value) -> Self {
        Self { value, boxed: *of == Type::Interface }
    }

    /// Go's invalid value: not even a nil.
    pub(crate) fn is_nothing(&self) -> bool {
        !self.boxed && matches!(self.value, Value::Nil)
    }

    /// The type of the place; none for nothing.
    fn static_type(&self) -> Option<Type> {
        if self.boxed { Some(Type::Interface) } else { self.value.type_of() }
    }
}

/// Where executing functions stop.
type Executed<T> = Result<T, Box<ExecError>>;

/// What a statement asks the loop around it to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

/// One execution.
struct State<'t, 'o> {
    trees: &'t Trees,
    tree: &'t Tree,
    missing_key: MissingKey,
    out: &'o mut Vec<u8>,
    variables: Vec<(&'t str, Slot)>,
    /// What an error is reported at.
    at: At<'t>,
    depth: usize,
}

impl<'t> State<'t, '_> {
    fn error(&self, problem: impl Into<String>) -> Box<ExecError> {
        Box::new(ExecError { location: self.location(), problem: problem.into(), cause: None })
    }

    fn call_error(&self, name: &str, error: FunctionError) -> Box<ExecError> {
        let problem = format!("error calling {name}: {error}");
        Box::new(ExecError { location: self.location(), problem, cause: Some(error) })
    }

    fn location(&self) -> Location {
        let place = self.at.position().map(|position| {
            let before = &self.trees.text[..position.min(self.trees.text.len())];
            let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
            Box::new(Place {
                parse_name: self.trees.parse_name.to_string(),
                line: 1 + before.iter().filter(|&&byte| byte == b'\n').count(),
                column: position - line_start,
                node: self.at.to_string(),
            })
        });
        Location { executing: self.tree.name.to_string(), place }
    }

    fn list(&mut self, dot: &Slot, list: &'t List) -> Executed<Flow> {
        if self.depth == MAX_DEPTH {
            return Err(self.error(format!("exceeded maximum template depth ({MAX_DEPTH})")));
        }
        self.depth += 1;
        let mut flow = Flow::Next;
        for statement in &list.0 {
            flow = self.statement(dot, statement)?;
            if flow != Flow::Next {
                break;
            }
        }
        self.depth -= 1;
        Ok(flow)
    }

    fn statement(&mut self, dot: &Slot, statement: &'t Statement) -> Executed<Flow> {
        match statement {
            Statement::Text(text) => self.out.extend_from_slice(text),
            Statement::Action(action) => self.action(dot, action)?,
            Statement::If(branch) => return self.condition(dot, branch, false),
            Statement::With(branch) => return self.condition(dot, branch, true),
            Statement::Range(branch) => return self.range(dot, branch),
            Statement::Template(invocation) => self.invoke(dot, invocation)?,
            Statement::Break => return Ok(Flow::Break),
            Statement::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::Next)
    }

    fn action(&mut self, dot: &Slot, action: &'t Action) -> Executed<()> {
        self.at = At::Action(action);
        let slot = self.pipeline(dot, &action.pipe)?;
        if !action.pipe.variables.is_empty() {
            return Ok(());
        }
        self.at = At::Action(action);
        match format::append_printable(self.out, &slot.value) {
            Ok(()) => Ok(()),
            Err(of) => Err(self.error(format!("can't print {} of type {of}", self.at))),
        }
    }

    fn condition(&mut self, dot: &Slot, branch: &'t Branch, rebinds_dot: bool) -> Executed<Flow> {
        let mark = self.variables.len();
        let slot = self.pipeline(dot, &branch.pipe)?;
        let flow = match (slot.value.is_true(), &branch.otherwise) {
            (true, _) => self.list(if rebinds_dot { &slot } else { dot }, &branch.list)?,
            (false, Some(otherwise)) => self.list(dot, otherwise)?,
            (false, None) => Flow::Next,
        };
        self.variables.truncate(mark);
        Ok(flow)
    }

    fn invoke(&mut self, dot: &Slot, invocation: &'t Invocation) -> Executed<()> {
        self.at = At::Template(invocation);
        let Some(tree) = self.trees.by_name.get(&invocation.name) else {
            let name = crate::quote(invocation.name.as_bytes());
            return Err(self.error(format!("template {name} not defined")));
        };
        let dot = match &invocation.pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Slot::default(),
        };
        // No dynamic scoping: the template sees nothing of the variables here.
        let outer_variables = std::mem::replace(&mut self.variables, vec![("$", dot.clone())]);
        let outer_tree = std::mem::replace(&mut self.tree, tree);
        self.list(&dot, &tree.root)?;
        self.tree = outer_tree;
        self.variables = outer_variables;
        Ok(())
    }

    /// The pipeline's value; its variables stay until whoever asked drops them.
    fn pipeline(&mut self, dot: &Slot, pipe: &'t Pipe) -> Executed<Slot> {
        self.at = At::Pipe(pipe);
        let mut last = None;
        for command in &pipe.commands {
            let mut slot = self.command(dot, command, last)?;
            slot.boxed = false;
            last = Some(slot);
        }
        let slot = last.unwrap_or_default();
        for variable in &pipe.variables {
            if pipe.assigns {
                self.assign(variable, slot.clone())?;
            } else {
                self.variables.push((&**variable, slot.clone()));
            }
        }
        Ok(slot)
    }

    fn assign(&mut self, name: &str, slot: Slot) -> Executed<()> {
        match self.variables.iter_mut().rev().find(|(known, _)| *known == name) {
            Some((_, value)) => *value = slot,
            None => return Err(self.error(format!("undefined variable: {name}"))),
        }
        Ok(())
    }

    fn command(&mut self, dot: &Slot, command: &'t Command, last: Option<Slot>) -> Executed<Slot> {
        let first = &command.words[0];
        let words = &command.words[..];
        match &first.kind {
            OperandKind::Field(names) => {
                self.at = At::Operand(first);
                self.field_chain(dot, dot.clone(), first, names, words, last)
            }
            OperandKind::Chain(base, names) => self.chain(dot, first, base, names, words, last),
            OperandKind::Function(name, callee) => {
                self.at = At::Operand(first);
                self.call(dot, callee, At::Command(command), name, words, last)
            }
            OperandKind::Pipe(pipe) => {
                self.not_a_function(words, &last)?;
                self.pipeline(dot, pipe)
            }
            OperandKind::Variable(names) => self.variable(dot, first, names, words, last),
            _ => {
                self.at = At::Operand(first);
                self.not_a_function(words, &last)?;
                if matches!(first.kind, OperandKind::Nil) {
                    return Err(self.error("nil is not a command"));
                }
                self.literal(dot, first)
            }
        }
    }

    fn not_a_function(&self, words: &[Operand], last: &Option<Slot>) -> Executed<()> {
        if words.len() > 1 || last.is_some() {
            let word = words.first().map(ToString::to_string).unwrap_or_default();
            return Err(self.error(format!("can't give argument to non-function {word}")));
        }
        Ok(())
    }

    /// A constant, or dot, where no type is wanted.
    fn literal(&mut self, dot: &Slot, operand: &'t Operand) -> Executed<Slot> {
        self.at = At::Operand(operand);
        Ok(match &operand.kind {
            OperandKind::Bool(value) => Slot::plain(Value::Bool(*value)),
            OperandKind::Dot => dot.clone(),
            OperandKind::String(text, _) => Slot::plain(Value::String(Arc::clone(text))),
            OperandKind::Number(number, text) => {
                if let Some((real, imaginary)) = number.complex {
                    return Ok(Slot::plain(Value::Complex(Arc::new((real, imaginary)))));
                }
                let hex = (text.starts_with("0x") || text.starts_with("0X")) && !text.contains(['p', 'P']);
                let float_text = !hex && !text.starts_with('\'') && text.contains(['.', 'e', 'E', 'p', 'P']);
                match (number.float, number.int) {
                    (Some(float), _) if float_text => Slot::plain(Value::Float(float)),
                    (_, Some(int)) => Slot::plain(Value::int(int)),
                    _ => return Err(self.error(format!("{text} overflows int"))),
                }
            }
            _ => return Err(self.error(format!("can't evaluate command {operand}"))),
        })
    }
}

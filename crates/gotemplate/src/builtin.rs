//! Go's own functions.

mod compare;
mod escape;
mod index;

use crate::exec::Slot;
use crate::{FunctionError, Type, Value, format};

/// A function that every template may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Builtin {
    And,
    Call,
    Eq,
    Ge,
    Gt,
    Html,
    Index,
    Js,
    Le,
    Len,
    Lt,
    Ne,
    Not,
    Or,
    Print,
    Printf,
    Println,
    Slice,
    UrlQuery,
}

/// What a builtin takes at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// Go's `reflect.Value`.
    Slot,
    /// Go's `any`.
    Any,
    /// A string.
    Text,
}

impl Builtin {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "and" => Self::And,
            "call" => Self::Call,
            "eq" => Self::Eq,
            "ge" => Self::Ge,
            "gt" => Self::Gt,
            "html" => Self::Html,
            "index" => Self::Index,
            "js" => Self::Js,
            "le" => Self::Le,
            "len" => Self::Len,
            "lt" => Self::Lt,
            "ne" => Self::Ne,
            "not" => Self::Not,
            "or" => Self::Or,
            "print" => Self::Print,
            "printf" => Self::Printf,
            "println" => Self::Println,
            "slice" => Self::Slice,
            "urlquery" => Self::UrlQuery,
            _ => return None,
        })
    }

    /// How many arguments must be there, and whether there may be more.
    pub(crate) fn arity(self) -> (usize, bool) {
        match self {
            Self::And | Self::Call | Self::Eq | Self::Index | Self::Or | Self::Printf | Self::Slice => (1, true),
            Self::Ge | Self::Gt | Self::Le | Self::Lt | Self::Ne => (2, false),
            Self::Len | Self::Not => (1, false),
            Self::Html | Self::Js | Self::Print | Self::Println | Self::UrlQuery => (0, true),
        }
    }

    pub(crate) fn parameter(self, index: usize) -> Parameter {
        match self {
            Self::Printf if index == 0 => Parameter::Text,
            Self::Html | Self::Js | Self::Print | Self::Printf | Self::Println | Self::UrlQuery => Parameter::Any,
            _ => Parameter::Slot,
        }
    }

    /// Calls it with as many arguments as it takes; `callee` is the text of the first one.
    pub(crate) fn call(self, callee: &str, arguments: &[Slot]) -> Result<Slot, FunctionError> {
        let values = || -> Vec<Value> { arguments.iter().map(|slot| slot.value.clone()).collect() };
        let first = arguments.first().cloned().unwrap_or_default();
        let rest = arguments.get(1..).unwrap_or_default();
        let second = rest.first().cloned().unwrap_or_default();
        Ok(match self {
            // The engine does these two itself, for they do not evaluate all they are given.
            Self::And | Self::Or => first,
            Self::Call => call_function(callee, &first.value, rest)?,
            Self::Eq => Slot::plain(Value::Bool(compare::eq(&first, rest)?)),
            Self::Ne => Slot::plain(Value::Bool(!compare::eq(&first, rest)?)),
            Self::Lt => Slot::plain(Value::Bool(compare::lt(&first, &second)?)),
            Self::Le => Slot::plain(Value::Bool(compare::le(&first, &second)?)),
            Self::Gt => Slot::plain(Value::Bool(!compare::le(&first, &second)?)),
            Self::Ge => Slot::plain(Value::Bool(!compare::lt(&first, &second)?)),
            Self::Not => Slot::plain(Value::Bool(!first.value.is_true())),
            Self::Len => Slot::plain(Value::int(index::length(&first)? as i64)),
            Self::Index => index::index(first, rest)?,
            Self::Slice => index::slice(&first, rest)?,
            Self::Print => text(format::print(&values())),
            Self::Println => text(format::println(&values())),
            Self::Printf => text(format::sprintf(first.value.as_bytes().unwrap_or_default(), &values()[1..])),
            Self::Html => text(escape::html(&escape::joined(values()))),
            Self::Js => text(escape::js(&escape::joined(values()))),
            Self::UrlQuery => text(escape::url_query(&escape::joined(values()))),
        })
    }
}

fn text(bytes: Vec<u8>) -> Slot {
    Slot::plain(Value::from(bytes))
}

/// `call`: arguments are checked less strictly than by the engine.
fn call_function(callee: &str, function: &Value, arguments: &[Slot]) -> Result<Slot, FunctionError> {
    let function = match (function.underlying(), function.type_of()) {
        (Value::Func(function), _) => function,
        (_, None) => return Err(FunctionError::new("call of nil")),
        (Value::NilOf(of), _) if matches!(of.underlying(), Type::Func(_)) => {
            return Err(FunctionError::new("reflect: call of nil function"));
        }
        (_, Some(of)) => return Err(FunctionError::new(format!("non-function {callee} of type {of}"))),
    };
    let signature = &function.signature;
    let (fixed, given) = (signature.fixed(), arguments.len());
    if signature.variadic && given < fixed {
        let problem = format!("wrong number of args for {callee}: got {given} want at least {fixed}");
        return Err(FunctionError::new(problem));
    }
    if !signature.variadic && given != fixed {
        return Err(FunctionError::new(format!("wrong number of args for {callee}: got {given} want {fixed}")));
    }
    let mut values = Vec::with_capacity(given);
    for (place, argument) in arguments.iter().enumerate() {
        let value = index::prepare(&argument.value, signature.parameter(place))
            .map_err(|error| FunctionError::new(format!("arg {place}: {error}")))?;
        values.push(value);
    }
    Ok(Slot::of(&signature.result, (function.body)(&values)?))
}

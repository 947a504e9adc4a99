//! `eq`, `lt` and their kin.

use std::cmp::Ordering;

use crate::exec::Slot;
use crate::value::{compare, equal};
use crate::{FunctionError, Type, Value};

/// What Go compares with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basic {
    Bool,
    Complex,
    Int,
    Float,
    String,
    Uint,
}

fn basic(value: &Value) -> Option<Basic> {
    match value.underlying() {
        Value::Bool(_) => Some(Basic::Bool),
        Value::Complex(_) => Some(Basic::Complex),
        Value::Int(..) => Some(Basic::Int),
        Value::Float(_) => Some(Basic::Float),
        Value::String(_) => Some(Basic::String),
        Value::Uint(..) => Some(Basic::Uint),
        _ => None,
    }
}

/// Whether the first equals any of the others.
pub(super) fn eq(first: &Slot, others: &[Slot]) -> Result<bool, FunctionError> {
    if others.is_empty() {
        return Err(FunctionError::new("missing argument for comparison"));
    }
    for other in others {
        if eq_one(&first.value, &other.value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn eq_one(a: &Value, b: &Value) -> Result<bool, FunctionError> {
    if let (Value::Int(..), Value::Uint(..)) | (Value::Uint(..), Value::Int(..)) = (a.underlying(), b.underlying()) {
        return Ok(order_of_integers(a, b) == Some(Ordering::Equal));
    }
    match (basic(a), basic(b)) {
        (Some(kind), Some(other)) if kind == other => Ok(same_kind_equal(a, b)),
        (None, None) => eq_others(a, b),
        _ => match (a.type_of(), b.type_of()) {
            (Some(a), Some(b)) => Err(incompatible(&a, &b)),
            _ => Ok(false),
        },
    }
}

fn same_kind_equal(a: &Value, b: &Value) -> bool {
    match (a.underlying(), b.underlying()) {
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Complex(a), Value::Complex(b)) => a == b,
        (a, b) => compare(a, b) == Ordering::Equal,
    }
}

/// Pointers, structs, and what cannot be compared but with nil.
fn eq_others(a: &Value, b: &Value) -> Result<bool, FunctionError> {
    let (of_a, of_b) = (a.type_of(), b.type_of());
    if let (Some(of_a), Some(of_b)) = (&of_a, &of_b)
        && kind_of(of_a) != kind_of(of_b)
    {
        let problem = format!("non-comparable types {}: {of_a}, {of_b}: {b}", text(a));
        return Err(FunctionError::new(problem));
    }
    if a.is_nil() || b.is_nil() {
        return Ok(a.is_nil() == b.is_nil());
    }
    match of_b {
        Some(of) if !of.is_comparable() => Err(FunctionError::new(format!("non-comparable type {}: {of}", text(b)))),
        _ => Ok(equal(a, b)),
    }
}

/// `%s`, which Go uses here, with all that it finds bad.
fn text(value: &Value) -> String {
    String::from_utf8_lossy(&crate::sprintf(b"%s", std::slice::from_ref(value))).into_owned()
}

/// Go's reflect.Kind, as far as values that are not basic have one.
fn kind_of(of: &Type) -> u8 {
    match of.underlying() {
        Type::Slice(_) => 0,
        Type::Map(..) => 1,
        Type::Struct(_) => 2,
        Type::Pointer(_) => 3,
        Type::Func(_) => 4,
        _ => 5,
    }
}

fn incompatible(a: &Type, b: &Type) -> FunctionError {
    FunctionError::new(format!("incompatible types for comparison: {a} and {b}"))
}

/// Integers compare whether they have a sign or not.
fn order_of_integers(a: &Value, b: &Value) -> Option<Ordering> {
    let wide = |value: &Value| match value.underlying() {
        Value::Int(_, value) => Some(i128::from(*value)),
        Value::Uint(_, value) => Some(i128::from(*value)),
        _ => None,
    };
    Some(wide(a)?.cmp(&wide(b)?))
}

pub(super) fn lt(first: &Slot, second: &Slot) -> Result<bool, FunctionError> {
    let (a, b) = (&first.value, &second.value);
    let bad = || FunctionError::new("invalid type for comparison");
    let (kind_a, kind_b) = (basic(a).ok_or_else(bad)?, basic(b).ok_or_else(bad)?);
    if let Some(order) = order_of_integers(a, b) {
        return Ok(order == Ordering::Less);
    }
    if kind_a != kind_b {
        return match (a.type_of(), b.type_of()) {
            (Some(a), Some(b)) => Err(incompatible(&a, &b)),
            _ => Err(bad()),
        };
    }
    match (a.underlying(), b.underlying()) {
        (Value::Float(a), Value::Float(b)) => Ok(a < b),
        (Value::String(a), Value::String(b)) => Ok(a < b),
        _ => Err(bad()),
    }
}

pub(super) fn le(first: &Slot, second: &Slot) -> Result<bool, FunctionError> {
    Ok(lt(first, second)? || eq(first, std::slice::from_ref(second))?)
}

//! The order of map keys, and Go's `==`.

use std::cmp::Ordering;
use std::sync::Arc;

use super::Value;

/// The order that Go sorts map keys in. Between keys of different types, which only maps of interfaces
/// have, Go's order depends on the build; here: nil, bool, float, int, uint, string, others.
pub(crate) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a.underlying(), b.underlying()) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => compare_floats(*a, *b),
        (Value::Complex(a), Value::Complex(b)) => compare_floats(a.0, b.0).then(compare_floats(a.1, b.1)),
        (Value::Int(_, a), Value::Int(_, b)) => a.cmp(b),
        (Value::Uint(_, a), Value::Uint(_, b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Struct(a), Value::Struct(b)) => (0..a.struct_type().fields.len())
            .map(|index| compare(&a.field(index), &b.field(index)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal),
        (a, b) => rank(a).cmp(&rank(b)).then_with(|| a.address().cmp(&b.address())),
    }
}

/// NaN comes first, and equal to itself so that sorting ends.
fn compare_floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Nil | Value::NilOf(_) => 0,
        Value::Bool(_) => 1,
        Value::Float(_) | Value::Complex(_) => 2,
        Value::Int(..) => 3,
        Value::Uint(..) => 4,
        Value::String(_) => 5,
        _ => 6,
    }
}

/// Go's `==` of two interfaces: same type and same value. Slices, maps and functions never equal.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    if a.type_of() != b.type_of() {
        return false;
    }
    match (a.underlying(), b.underlying()) {
        (Value::Nil, Value::Nil) | (Value::NilOf(_), Value::NilOf(_)) => true,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Pointer(a), Value::Pointer(b)) => Arc::ptr_eq(a, b),
        (Value::Struct(a), Value::Struct(b)) => {
            (0..a.struct_type().fields.len()).all(|index| equal(&a.field(index), &b.field(index)))
        }
        (Value::Bool(_) | Value::Int(..) | Value::Uint(..) | Value::String(_) | Value::Complex(_), _) => {
            compare(a, b) == Ordering::Equal
        }
        _ => false,
    }
}

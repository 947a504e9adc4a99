//! `index`, `slice` and `len`.

use std::sync::Arc;

use crate::exec::Slot;
use crate::{FunctionError, Type, UintKind, Value};

/// What Go's reflection says of a value that is not there; the functions below do not look first.
fn no_value(method: &str) -> FunctionError {
    FunctionError::new(format!("reflect: call of reflect.Value.{method} on zero Value"))
}

fn type_name(value: &Value) -> String {
    value.type_of().map_or_else(|| "interface {}".to_owned(), |of| of.to_string())
}

pub(super) fn length(item: &Slot) -> Result<usize, FunctionError> {
    if item.is_nothing() {
        return Err(no_value("Type"));
    }
    let value = pointed_to(&item.value).ok_or_else(|| FunctionError::new("len of nil pointer"))?;
    value.length().ok_or_else(|| FunctionError::new(format!("len of type {}", type_name(&value))))
}

/// What a pointer points to, any other value itself; none for a nil pointer or interface.
fn pointed_to(value: &Value) -> Option<Value> {
    match value {
        Value::Nil => None,
        Value::NilOf(of) if matches!(of.underlying(), Type::Pointer(_)) => None,
        Value::Pointer(record) => Some(Value::Struct(Arc::clone(record))),
        other => Some(other.clone()),
    }
}

/// An index into `capacity` elements; the end itself is let through, as by Go.
fn position(index: &Slot, capacity: usize, boxed_is_opaque: bool) -> Result<usize, FunctionError> {
    if boxed_is_opaque && index.boxed {
        return Err(FunctionError::new("cannot index slice/array with type interface {}"));
    }
    let given = match index.value.underlying() {
        Value::Int(_, value) => *value,
        Value::Uint(_, value) => *value as i64,
        Value::Nil => return Err(FunctionError::new("cannot index slice/array with nil")),
        other => {
            let of = if index.value.is_nil() { type_name(other) } else { type_name(&index.value) };
            return Err(FunctionError::new(format!("cannot index slice/array with type {of}")));
        }
    };
    match usize::try_from(given) {
        Ok(position) if position <= capacity => Ok(position),
        _ => Err(FunctionError::new(format!("index out of range: {given}"))),
    }
}

pub(super) fn index(item: Slot, indexes: &[Slot]) -> Result<Slot, FunctionError> {
    if matches!(item.value, Value::Nil) {
        return Err(FunctionError::new("index of untyped nil"));
    }
    let mut item = Slot::plain(item.value);
    for index in indexes {
        let value = pointed_to(&item.value).ok_or_else(|| FunctionError::new("index of nil pointer"))?;
        item = element(&value, index)?;
    }
    Ok(item)
}

fn element(item: &Value, index: &Slot) -> Result<Slot, FunctionError> {
    match item.underlying() {
        Value::String(text) => {
            let at = position(index, text.len(), false)?;
            let byte = text.get(at).ok_or_else(|| FunctionError::new("reflect: string index out of range"))?;
            Ok(Slot::plain(Value::Uint(UintKind::Uint8, u64::from(*byte))))
        }
        Value::Slice(slice) => {
            let at = position(index, slice.items().len(), false)?;
            let found = slice.items().get(at);
            let found = found.ok_or_else(|| FunctionError::new("reflect: slice index out of range"))?;
            Ok(Slot::of(slice.element(), found.clone()))
        }
        Value::Map(map) => {
            let key = prepare(&index.value, map.key())?;
            let found = map.get(&key).cloned().unwrap_or_else(|| map.element().zero());
            Ok(Slot::of(map.element(), found))
        }
        Value::NilOf(of) => match of.empty() {
            Some(empty) => element(&empty, index),
            None => Err(FunctionError::new(format!("can't index item of type {of}"))),
        },
        _ => Err(FunctionError::new(format!("can't index item of type {}", type_name(item)))),
    }
}

/// The value as one of type `of`: the same type, or an integer for an integer.
pub(super) fn prepare(value: &Value, of: &Type) -> Result<Value, FunctionError> {
    let Some(actual) = value.type_of() else {
        if of.has_nil() {
            return Ok(of.zero());
        }
        return Err(FunctionError::new(format!("value is nil; should be of type {of}")));
    };
    if actual.is_assignable_to(of) {
        return Ok(value.clone());
    }
    match (value.underlying(), of) {
        (Value::Int(_, value), Type::Int(kind)) => Ok(Value::Int(*kind, *value)),
        (Value::Int(_, value), Type::Uint(kind)) => Ok(Value::Uint(*kind, *value as u64)),
        (Value::Uint(_, value), Type::Int(kind)) => Ok(Value::Int(*kind, *value as i64)),
        (Value::Uint(_, value), Type::Uint(kind)) => Ok(Value::Uint(*kind, *value)),
        _ => Err(FunctionError::new(format!("value has type {actual}; should be {of}"))),
    }
}

pub(super) fn slice(item: &Slot, indexes: &[Slot]) -> Result<Slot, FunctionError> {
    if matches!(item.value, Value::Nil) {
        return Err(FunctionError::new("slice of untyped nil"));
    }
    let value = pointed_to(&item.value).ok_or_else(|| FunctionError::new("slice of nil pointer"))?;
    if indexes.len() > 3 {
        return Err(FunctionError::new(format!("too many slice indexes: {}", indexes.len())));
    }
    let length = match value.underlying() {
        Value::String(_) if indexes.len() == 3 => {
            return Err(FunctionError::new("cannot 3-index slice a string"));
        }
        Value::String(text) => text.len(),
        Value::Slice(slice) => slice.items().len(),
        Value::NilOf(of) if matches!(of.underlying(), Type::Slice(_)) => 0,
        _ => return Err(FunctionError::new(format!("can't slice item of type {}", type_name(&value)))),
    };
    let mut bounds = [0, length, length];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        *bound = position(index, length, true)?;
    }
    let [start, end, capacity] = bounds;
    if start > end {
        return Err(FunctionError::new(format!("invalid slice index: {start} > {end}")));
    }
    if end > capacity {
        return Err(FunctionError::new(format!("invalid slice index: {end} > {capacity}")));
    }
    Ok(Slot::plain(part(&value, start, end)))
}

fn part(value: &Value, start: usize, end: usize) -> Value {
    match value {
        Value::String(text) => Value::String(Arc::from(&text[start..end])),
        Value::Slice(slice) => Value::slice((**slice.element()).clone(), slice.items()[start..end].to_vec()),
        Value::Named(named) => Value::named(Arc::clone(&named.0), part(&named.1, start, end)),
        other => other.clone(),
    }
}

//! Text to numbers.

use muster_gotemplate::{Function, FunctionError, Functions, IntKind, Signature, Type, UintKind, Value};

use super::{failed, text};

pub(super) fn add(functions: &mut Functions) {
    let signature = |result| Signature::new([Type::String], result).fallible();
    let int = signature(Type::Int(IntKind::Int64));
    functions.insert("parseInt", Function::new(int, |arguments| parse_int(&text(&arguments[0]))));
    let uint = signature(Type::Uint(UintKind::Uint64));
    functions.insert("parseUint", Function::new(uint, |arguments| parse_uint(&text(&arguments[0]))));
    functions.insert("parseBool", Function::new(signature(Type::Bool), |arguments| parse_bool(&text(&arguments[0]))));
}

/// Go's errors: what was read by which function, and why it is none.
fn refused(function: &str, by: &str, text: &str, reason: &str) -> FunctionError {
    let text = muster_gotemplate::quote(text.as_bytes());
    failed(format!("{function}: strconv.{by}: parsing {text}: {reason}"))
}

/// Decimal digits without a sign.
fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn parse_int(text: &str) -> Result<Value, FunctionError> {
    if text.is_empty() {
        return Ok(Value::Int(IntKind::Int64, 0));
    }
    let refused = |reason| refused("parseInt", "ParseInt", text, reason);
    if !digits(text.strip_prefix(['+', '-']).unwrap_or(text)) {
        return Err(refused("invalid syntax"));
    }
    text.parse().map(|value| Value::Int(IntKind::Int64, value)).map_err(|_| refused("value out of range"))
}

fn parse_uint(text: &str) -> Result<Value, FunctionError> {
    if text.is_empty() {
        return Ok(Value::Uint(UintKind::Uint64, 0));
    }
    let refused = |reason| refused("parseUint", "ParseUint", text, reason);
    if !digits(text) {
        return Err(refused("invalid syntax"));
    }
    text.parse().map(|value| Value::Uint(UintKind::Uint64, value)).map_err(|_| refused("value out of range"))
}

fn parse_bool(text: &str) -> Result<Value, FunctionError> {
    match text {
        "" | "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
        _ => Err(refused("parseBool", "ParseBool", text, "invalid syntax")),
    }
}

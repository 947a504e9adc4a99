//! `add`, `subtract`, `multiply`, `divide`, `modulo`: the second argument comes first.

use muster_gotemplate::{Function, FunctionError, Functions, IntKind, Signature, Type, UintKind, Value};

use super::failed;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Subtract => "subtract",
            Self::Multiply => "multiply",
            Self::Divide => "divide",
            Self::Modulo => "modulo",
        }
    }
}

pub(super) fn add(functions: &mut Functions) {
    use Operation::{Add, Divide, Modulo, Multiply, Subtract};
    for operation in [Add, Subtract, Multiply, Divide, Modulo] {
        let signature = Signature::new([Type::Interface, Type::Interface], Type::Interface).fallible();
        let body = move |arguments: &[Value]| calculate(operation, &arguments[1], &arguments[0]);
        functions.insert(operation.name(), Function::new(signature, body));
    }
}

/// Two integers without a sign give one, other integers an int64, and a float makes the result one.
fn calculate(operation: Operation, a: &Value, b: &Value) -> Result<Value, FunctionError> {
    match (a.underlying(), b.underlying()) {
        (Value::Uint(_, a), Value::Uint(_, b)) => unsigned(operation, *a, *b),
        (Value::Int(_, a), Value::Int(_, b)) => signed(operation, *a, *b),
        // Go converts by the bits.
        (Value::Int(_, a), Value::Uint(_, b)) => signed(operation, *a, *b as i64),
        (Value::Uint(_, a), Value::Int(_, b)) => signed(operation, *a as i64, *b),
        (first, second) => match (float(first), float(second)) {
            (Some(a), Some(b)) if operation != Operation::Modulo => Ok(Value::Float(floats(operation, a, b))),
            (None, _) => Err(unknown(operation, a)),
            (_, None) => Err(unknown(operation, b)),
            _ if matches!(first, Value::Float(_)) => Err(unknown(operation, a)),
            _ => Err(unknown(operation, b)),
        },
    }
}

fn unknown(operation: Operation, value: &Value) -> FunctionError {
    if matches!(value, Value::Nil) {
        return failed(format!("{}: unknown type for <invalid reflect.Value> (<nil>)", operation.name()));
    }
    let values = [value.clone(), value.clone()];
    let text = muster_gotemplate::sprintf(b"unknown type for %q (%T)", &values);
    failed(format!("{}: {}", operation.name(), String::from_utf8_lossy(&text)))
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Int(_, value) => Some(*value as f64),
        Value::Uint(_, value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        _ => None,
    }
}

fn floats(operation: Operation, a: f64, b: f64) -> f64 {
    match operation {
        Operation::Add => a + b,
        Operation::Subtract => a - b,
        Operation::Multiply => a * b,
        Operation::Divide => a / b,
        Operation::Modulo => a % b,
    }
}

fn division_by_zero() -> FunctionError {
    failed("runtime error: integer divide by zero")
}

fn signed(operation: Operation, a: i64, b: i64) -> Result<Value, FunctionError> {
    let result = match operation {
        Operation::Add => a.wrapping_add(b),
        Operation::Subtract => a.wrapping_sub(b),
        Operation::Multiply => a.wrapping_mul(b),
        Operation::Divide | Operation::Modulo if b == 0 => return Err(division_by_zero()),
        Operation::Divide => a.wrapping_div(b),
        Operation::Modulo => a.wrapping_rem(b),
    };
    Ok(Value::Int(IntKind::Int64, result))
}

fn unsigned(operation: Operation, a: u64, b: u64) -> Result<Value, FunctionError> {
    let result = match operation {
        Operation::Add => a.wrapping_add(b),
        Operation::Subtract => a.wrapping_sub(b),
        Operation::Multiply => a.wrapping_mul(b),
        Operation::Divide | Operation::Modulo if b == 0 => return Err(division_by_zero()),
        Operation::Divide => a / b,
        Operation::Modulo => a % b,
    };
    Ok(Value::Uint(UintKind::Uint64, result))
}

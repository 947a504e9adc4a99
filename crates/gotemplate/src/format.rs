//! Go's fmt: values as text.

mod directive;
mod float;
mod integer;
mod text;
mod value;

use crate::{Type, Value};
use value::Printer;

/// Go's `fmt.Sprintf`. Never fails: what is wrong with the format stands in the text, as Go puts it.
pub fn sprintf(format: &[u8], arguments: &[Value]) -> Vec<u8> {
    let mut out = Vec::with_capacity(format.len());
    directive::run(&mut Printer::new(&mut out), format, arguments);
    out
}

/// Go's `fmt.Sprint`: a space between two operands of which none is a string.
pub fn print(arguments: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut after_string = true;
    for argument in arguments {
        let is_string = argument.as_bytes().is_some();
        if !is_string && !after_string {
            out.push(b' ');
        }
        Printer::new(&mut out).argument(argument, 'v');
        after_string = is_string;
    }
    out
}

/// Go's `fmt.Sprintln`: a space between all operands and a line feed.
pub fn println(arguments: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, argument) in arguments.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        Printer::new(&mut out).argument(argument, 'v');
    }
    out.push(b'\n');
    out
}

/// Appends what an action prints for a value: pointers are followed, nothing at all has a text of its
/// own. A function cannot be printed; its type is the error.
pub(crate) fn append_printable(out: &mut Vec<u8>, value: &Value) -> Result<(), Type> {
    match value {
        Value::String(text) => out.extend_from_slice(text),
        Value::Nil => out.extend_from_slice(b"<no value>"),
        Value::Pointer(record) => {
            Printer::new(out).argument(&Value::Struct(std::sync::Arc::clone(record)), 'v');
        }
        other => match other.type_of() {
            Some(of) if matches!(of.underlying(), Type::Func(_)) => return Err(of),
            _ => Printer::new(out).argument(other, 'v'),
        },
    }
    Ok(())
}

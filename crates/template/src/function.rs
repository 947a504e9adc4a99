//! The functions that templates may call, one file per group.

mod arithmetic;
mod catalog;
mod encoding;
mod environment;
mod key_value;
mod number;
mod text;

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_gotemplate::{Function, FunctionError, Functions, Signature, Type, Value};

use crate::pass::Pass;

/// All functions. What they ask the registry goes through `pass`; `environment` comes before the
/// process's own variables.
pub(crate) fn all(pass: &Pass, environment: &Arc<BTreeMap<String, String>>) -> Functions {
    let mut functions = Functions::new();
    catalog::add(&mut functions, pass);
    key_value::add(&mut functions, pass);
    environment::add(&mut functions, environment);
    text::add(&mut functions);
    encoding::add(&mut functions);
    number::add(&mut functions);
    arithmetic::add(&mut functions);
    functions
}

/// Adds a function of strings to a string that cannot fail.
fn add_text<const N: usize>(functions: &mut Functions, name: &str, body: fn([&str; N]) -> String) {
    let signature = Signature::new(vec![Type::String; N], Type::String).fallible();
    let body = move |values: &[Value]| Ok(Value::from(body(texts(values).each_ref().map(|text| &**text))));
    functions.insert(name, Function::new(signature, body));
}

/// The arguments as text. What is not UTF-8 becomes U+FFFD.
fn texts<const N: usize>(values: &[Value]) -> [String; N] {
    std::array::from_fn(|at| values.get(at).map(text).unwrap_or_default())
}

fn text(value: &Value) -> String {
    String::from_utf8_lossy(value.as_bytes().unwrap_or_default()).into_owned()
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> FunctionError {
    FunctionError::new(error)
}

#[cfg(test)]
mod tests;

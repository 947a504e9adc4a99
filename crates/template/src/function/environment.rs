//! `env`, `mustEnv` and `envOrDefault`.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStringExt;
use std::sync::Arc;

use muster_gotemplate::{Function, Functions, Signature, Type, Value};

use super::{failed, text};

pub(super) fn add(functions: &mut Functions, environment: &Arc<BTreeMap<String, String>>) {
    let one = || Signature::new([Type::String], Type::String).fallible();
    let ours = Arc::clone(environment);
    let env = move |arguments: &[Value]| Ok(variable(&ours, &text(&arguments[0])).unwrap_or_else(|| Value::from("")));
    functions.insert("env", Function::new(one(), env));

    let ours = Arc::clone(environment);
    let must_env = move |arguments: &[Value]| {
        let name = text(&arguments[0]);
        let value = variable(&ours, &name).filter(|value| value.as_bytes().is_some_and(|text| !text.is_empty()));
        value.ok_or_else(|| failed(format!("required environment variable {name} is empty")))
    };
    functions.insert("mustEnv", Function::new(one(), must_env));

    let ours = Arc::clone(environment);
    let two = Signature::new([Type::String, Type::String], Type::String).fallible();
    // A variable that is set but empty counts.
    let env_or_default =
        move |arguments: &[Value]| Ok(variable(&ours, &text(&arguments[0])).unwrap_or_else(|| arguments[1].clone()));
    functions.insert("envOrDefault", Function::new(two, env_or_default));
}

fn variable(environment: &BTreeMap<String, String>, name: &str) -> Option<Value> {
    if let Some(value) = environment.get(name) {
        return Some(Value::from(value.as_str()));
    }
    // A name that cannot be one is not set; the standard library panics on it only when setting.
    std::env::var_os(name).map(|value| Value::from(value.into_vec()))
}

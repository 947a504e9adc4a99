//! `key`, `keyExists` and `keyOrDefault`.

use std::sync::Arc;

use muster_gotemplate::{Function, FunctionError, Functions, Signature, Type, Value};
use muster_model::KvEntry;

use super::{failed, text};
use crate::answer::Answer;
use crate::pass::Pass;
use crate::query;

/// Whether a key that is not there is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Absence {
    IsAnswer,
    /// The template waits until somebody puts the key.
    IsMissing,
}

pub(super) fn add(functions: &mut Functions, pass: &Pass) {
    let ours = pass.clone();
    let signature = Signature::new([Type::String], Type::String).fallible();
    let key = Function::new(signature, move |arguments| {
        let entry = entry(&ours, &text(&arguments[0]), Absence::IsMissing)?;
        Ok(entry.as_deref().map_or_else(|| Value::from(""), value))
    });
    functions.insert("key", key);

    let ours = pass.clone();
    let signature = Signature::new([Type::String], Type::Bool).fallible();
    let key_exists = Function::new(signature, move |arguments| {
        Ok(Value::Bool(entry(&ours, &text(&arguments[0]), Absence::IsAnswer)?.is_some()))
    });
    functions.insert("keyExists", key_exists);

    let ours = pass.clone();
    let signature = Signature::new([Type::String, Type::String], Type::String).fallible();
    let key_or_default = Function::new(signature, move |arguments| {
        let entry = entry(&ours, &text(&arguments[0]), Absence::IsAnswer)?;
        Ok(match entry.as_deref().filter(|entry| !entry.value.is_empty()) {
            Some(entry) => value(entry),
            None => arguments[1].clone(),
        })
    });
    functions.insert("keyOrDefault", key_or_default);
}

fn value(entry: &KvEntry) -> Value {
    Value::String(Arc::clone(&entry.value))
}

/// What is known of a key; nothing of an empty one, which the registry is not asked about.
fn entry(pass: &Pass, text: &str, absence: Absence) -> Result<Option<Arc<KvEntry>>, FunctionError> {
    if text.is_empty() {
        return Ok(None);
    }
    let query = query::key(text).map_err(failed)?;
    let satisfies = |answer: &Answer| match (answer, absence) {
        (Answer::Key(None), Absence::IsMissing) => false,
        (Answer::Key(_), _) => true,
        _ => false,
    };
    Ok(match pass.ask(query, satisfies) {
        Some(Answer::Key(entry)) => entry,
        _ => None,
    })
}

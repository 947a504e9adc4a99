//! `service` and `services`.

use std::sync::Arc;

use muster_gotemplate::{Function, Functions, Signature, Type, Value};

use super::{failed, text};
use crate::answer::Answer;
use crate::object::{CATALOG_SNIPPET, HEALTH_SERVICE};
use crate::pass::Pass;
use crate::query;

pub(super) fn add(functions: &mut Functions, pass: &Pass) {
    let (ours, pass) = (pass.clone(), pass.clone());
    let instance = Type::Pointer(Arc::clone(&HEALTH_SERVICE));
    let signature = Signature::new([Type::String], Type::slice(instance.clone())).variadic().fallible();
    let none = Value::slice(instance, Vec::new());
    let service = Function::new(signature, move |arguments| {
        let words: Vec<String> = arguments.iter().map(text).collect();
        if words.first().is_none_or(String::is_empty) {
            return Ok(none.clone());
        }
        let asked = query::service(&words.join("|")).map_err(failed)?;
        let answer = ours.ask(asked.query, |_| true);
        Ok(answer.and_then(|answer| answer.instances(&asked.filter)).unwrap_or_else(|| none.clone()))
    });
    functions.insert("service", service);

    let snippet = Type::Pointer(Arc::clone(&CATALOG_SNIPPET));
    let signature = Signature::new([Type::String], Type::slice(snippet.clone())).variadic().fallible();
    let none = Value::slice(snippet, Vec::new());
    let services = Function::new(signature, move |arguments| {
        let words: Vec<String> = arguments.iter().map(text).collect();
        let asked = query::services(&words.concat()).map_err(failed)?;
        Ok(match pass.ask(asked, |_| true) {
            Some(Answer::Services(services)) => services,
            _ => none.clone(),
        })
    });
    functions.insert("services", services);
}

//! Calls of functions and methods.

use super::argument::Wanted;
use super::{Executed, Slot, State};
use crate::builtin::{Builtin, Parameter};
use crate::node::{At, Callee, Operand};
use crate::{Function, Method, Signature, Type, Value};

impl<'t> State<'t, '_> {
    /// Calls a function. `words`, if not empty, start with the function itself; `last` is the value of
    /// the pipeline before it.
    pub(super) fn call(
        &mut self,
        dot: &Slot,
        callee: &'t Callee,
        at: At<'t>,
        name: &str,
        words: &'t [Operand],
        last: Option<Slot>,
    ) -> Executed<Slot> {
        match callee {
            Callee::Builtin(builtin) => self.call_builtin(dot, *builtin, at, name, words, last),
            Callee::Given(Function { signature, body }) => {
                let arguments = self.arguments(dot, signature, name, words, last)?;
                match body(&arguments) {
                    Ok(value) => Ok(Slot::of(&signature.result, value)),
                    Err(error) => {
                        self.at = at;
                        Err(self.call_error(name, error))
                    }
                }
            }
        }
    }

    pub(super) fn call_method(
        &mut self,
        dot: &Slot,
        method: &Method,
        receiver: &Value,
        at: At<'t>,
        words: &'t [Operand],
        last: Option<Slot>,
    ) -> Executed<Slot> {
        let mut arguments = vec![receiver.clone()];
        arguments.extend(self.arguments(dot, &method.signature, &method.name, words, last)?);
        match (method.body)(&arguments) {
            Ok(value) => Ok(Slot::of(&method.signature.result, value)),
            Err(error) => {
                self.at = at;
                Err(self.call_error(&method.name, error))
            }
        }
    }

    fn arguments(
        &mut self,
        dot: &Slot,
        signature: &Signature,
        name: &str,
        words: &'t [Operand],
        last: Option<Slot>,
    ) -> Executed<Vec<Value>> {
        let words = words.get(1..).unwrap_or_default();
        self.check_count(name, signature.fixed(), signature.variadic, words.len(), last.is_some())?;
        let mut arguments = Vec::with_capacity(words.len() + 1);
        for (index, word) in words.iter().enumerate() {
            arguments.push(self.argument(dot, Wanted::Of(signature.parameter(index)), word)?.value);
        }
        if let Some(last) = last {
            let of: &Type = signature.parameter(words.len());
            arguments.push(self.checked(last, Wanted::Of(of))?.value);
        }
        Ok(arguments)
    }

    fn check_count(&self, name: &str, fixed: usize, variadic: bool, words: usize, last: bool) -> Executed<()> {
        let given = words + usize::from(last);
        if variadic && given < fixed {
            return Err(self.error(format!("wrong number of args for {name}: want at least {fixed} got {words}")));
        }
        if !variadic && given != fixed {
            return Err(self.error(format!("wrong number of args for {name}: want {fixed} got {given}")));
        }
        Ok(())
    }

    fn call_builtin(
        &mut self,
        dot: &Slot,
        builtin: Builtin,
        at: At<'t>,
        name: &str,
        words: &'t [Operand],
        last: Option<Slot>,
    ) -> Executed<Slot> {
        let callee_text = words.get(1).map(ToString::to_string);
        let words = words.get(1..).unwrap_or_default();
        let (fixed, variadic) = builtin.arity();
        self.check_count(name, fixed, variadic, words.len(), last.is_some())?;
        if matches!(builtin, Builtin::And | Builtin::Or) {
            return self.short_circuit(dot, builtin == Builtin::Or, words, last);
        }
        let mut arguments = Vec::with_capacity(words.len() + 1);
        for (index, word) in words.iter().enumerate() {
            let slot = match builtin.parameter(index) {
                Parameter::Slot => self.argument(dot, Wanted::Slot, word)?,
                Parameter::Any => self.argument(dot, Wanted::Of(&Type::Interface), word)?,
                Parameter::Text => self.argument(dot, Wanted::Of(&Type::String), word)?,
            };
            arguments.push(slot);
        }
        if let Some(last) = last {
            let slot = match builtin.parameter(words.len()) {
                Parameter::Slot => last,
                Parameter::Any => self.checked(last, Wanted::Of(&Type::Interface))?,
                Parameter::Text => self.checked(last, Wanted::Of(&Type::String))?,
            };
            arguments.push(slot);
        }
        let callee = callee_text.unwrap_or_else(|| arguments.first().map(piped_callee).unwrap_or_default());
        builtin.call(&callee, &arguments).map_err(|error| {
            self.at = at;
            self.call_error(name, error)
        })
    }

    /// `and` and `or` evaluate no more than they need.
    fn short_circuit(&mut self, dot: &Slot, stop_at: bool, words: &'t [Operand], last: Option<Slot>) -> Executed<Slot> {
        let mut slot = Slot::default();
        for word in words {
            slot = self.argument(dot, Wanted::Slot, word)?;
            if slot.value.is_true() == stop_at {
                return Ok(slot);
            }
        }
        Ok(last.unwrap_or(slot))
    }
}

/// What Go calls a function that came through a pipeline.
fn piped_callee(slot: &Slot) -> String {
    match slot.value.type_of() {
        Some(Type::String) => slot.value.to_string(),
        Some(of) => format!("<{of} Value>"),
        None => "<invalid Value>".to_owned(),
    }
}

//! Fields, map elements, methods, variables.

use std::sync::Arc;

use super::{Executed, Slot, State};
use crate::node::{At, Operand};
use crate::{MissingKey, Type, Value};

impl<'t> State<'t, '_> {
    /// `(pipeline).A.B` or `function.A.B`.
    pub(super) fn chain(
        &mut self,
        dot: &Slot,
        whole: &'t Operand,
        base: &'t Operand,
        names: &'t [Arc<str>],
        words: &'t [Operand],
        last: Option<Slot>,
    ) -> Executed<Slot> {
        self.at = At::Operand(whole);
        let receiver = self.chain_base(dot, base)?;
        self.field_chain(dot, receiver, whole, names, words, last)
    }

    /// `$x` or `$x.A.B`.
    pub(super) fn variable(
        &mut self,
        dot: &Slot,
        whole: &'t Operand,
        names: &'t [Arc<str>],
        words: &'t [Operand],
        last: Option<Slot>,
    ) -> Executed<Slot> {
        self.at = At::Operand(whole);
        let name = &*names[0];
        let Some((_, slot)) = self.variables.iter().rev().find(|(known, _)| *known == name) else {
            return Err(self.error(format!("undefined variable: {name}")));
        };
        let slot = slot.clone();
        if names.len() == 1 {
            self.not_a_function(words, &last)?;
            return Ok(slot);
        }
        self.field_chain(dot, slot, whole, &names[1..], words, last)
    }

    /// `.A.B`, the last of which gets the arguments.
    pub(super) fn field_chain(
        &mut self,
        dot: &Slot,
        receiver: Slot,
        whole: &'t Operand,
        names: &'t [Arc<str>],
        words: &'t [Operand],
        last: Option<Slot>,
    ) -> Executed<Slot> {
        let Some((final_name, before)) = names.split_last() else {
            return Ok(receiver);
        };
        let mut receiver = receiver;
        for name in before {
            receiver = self.field(dot, name, whole, &[], None, receiver)?;
        }
        self.field(dot, final_name, whole, words, last, receiver)
    }

    fn field(
        &mut self,
        dot: &Slot,
        name: &'t str,
        whole: &'t Operand,
        words: &'t [Operand],
        last: Option<Slot>,
        receiver: Slot,
    ) -> Executed<Slot> {
        let Some(of) = receiver.static_type() else {
            if self.missing_key == MissingKey::Error {
                let name = crate::quote(name.as_bytes());
                return Err(self.error(format!("nil data; no entry for key {name}")));
            }
            return Ok(Slot::default());
        };
        let Some(concrete) = receiver.value.type_of() else {
            return Err(self.error(format!("nil pointer evaluating {of}.{name}")));
        };
        if let Some(method) = concrete.methods().iter().find(|method| *method.name == *name) {
            let method = method.clone();
            return self.call_method(dot, &method, &receiver.value, At::Operand(whole), words, last);
        }
        let has_arguments = words.len() > 1 || last.is_some();
        match receiver.value.underlying() {
            Value::Struct(record) | Value::Pointer(record) => {
                if let Some(index) = record.struct_type().field(name) {
                    if has_arguments {
                        return Err(self.error(format!("{name} has arguments but cannot be invoked as function")));
                    }
                    return Ok(Slot::of(&record.struct_type().fields[index].of, record.field(index)));
                }
            }
            Value::Map(map) if matches!(**map.key(), Type::String | Type::Interface) => {
                let found = map.get_text(name.as_bytes()).cloned();
                return self.element(name, has_arguments, map.element(), found);
            }
            Value::NilOf(nil) => match nil.underlying() {
                Type::Map(key, element) if matches!(**key, Type::String | Type::Interface) => {
                    return self.element(name, has_arguments, element, None);
                }
                Type::Pointer(target) if target.field(name).is_some() => {
                    return Err(self.error(format!("nil pointer evaluating {of}.{name}")));
                }
                _ => {}
            },
            _ => {}
        }
        Err(self.error(format!("can't evaluate field {name} in type {of}")))
    }

    /// What a map has, or what it has not.
    fn element(&self, name: &str, has_arguments: bool, of: &Type, found: Option<Value>) -> Executed<Slot> {
        if has_arguments {
            return Err(self.error(format!("{name} is not a method but has arguments")));
        }
        match (found, self.missing_key) {
            (Some(value), _) => Ok(Slot::of(of, value)),
            (None, MissingKey::Default) => Ok(Slot::default()),
            (None, MissingKey::Zero) => Ok(Slot::of(of, of.zero())),
            (None, MissingKey::Error) => {
                let name = crate::quote(name.as_bytes());
                Err(self.error(format!("map has no entry for key {name}")))
            }
        }
    }
}

//! Arguments, checked against what a function takes.

use std::sync::Arc;

use super::{Executed, Slot, State};
use crate::node::{At, Operand, OperandKind};
use crate::{Type, Value};

/// What is wanted of an argument.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'w> {
    /// A value as Go's own functions take it: with what reflection knows, and nothing at all, too.
    Slot,
    /// A value of a type.
    Of(&'w Type),
}

impl<'t> State<'t, '_> {
    /// What stands before the first point of a chain.
    pub(super) fn chain_base(&mut self, dot: &Slot, base: &'t Operand) -> Executed<Slot> {
        self.argument(dot, Wanted::Slot, base)
    }

    pub(super) fn argument(&mut self, dot: &Slot, wanted: Wanted<'_>, operand: &'t Operand) -> Executed<Slot> {
        self.at = At::Operand(operand);
        let slot = match &operand.kind {
            OperandKind::Dot => dot.clone(),
            OperandKind::Nil => return self.nil(wanted),
            OperandKind::Field(names) => {
                self.field_chain(dot, dot.clone(), operand, names, std::slice::from_ref(operand), None)?
            }
            OperandKind::Variable(names) => self.variable(dot, operand, names, &[], None)?,
            OperandKind::Pipe(pipe) => self.pipeline(dot, pipe)?,
            OperandKind::Function(name, callee) => self.call(dot, callee, At::Operand(operand), name, &[], None)?,
            OperandKind::Chain(base, names) => self.chain(dot, operand, base, names, &[], None)?,
            OperandKind::Bool(_) | OperandKind::Number(..) | OperandKind::String(..) => {
                return self.constant(dot, wanted, operand);
            }
        };
        self.checked(slot, wanted)
    }

    fn nil(&self, wanted: Wanted<'_>) -> Executed<Slot> {
        match wanted {
            Wanted::Slot => Ok(Slot::default()),
            Wanted::Of(of) if of.has_nil() => Ok(Slot::of(of, of.zero())),
            Wanted::Of(of) => Err(self.error(format!("cannot assign nil to {of}"))),
        }
    }

    fn constant(&mut self, dot: &Slot, wanted: Wanted<'_>, operand: &'t Operand) -> Executed<Slot> {
        let of = match wanted {
            Wanted::Slot | Wanted::Of(Type::Interface) => return self.literal(dot, operand),
            Wanted::Of(of) => of,
        };
        let value = match (of.underlying(), &operand.kind) {
            (Type::Bool, OperandKind::Bool(value)) => Ok(Value::Bool(*value)),
            (Type::Bool, _) => Err("bool"),
            (Type::String, OperandKind::String(text, _)) => Ok(Value::String(Arc::clone(text))),
            (Type::String, _) => Err("string"),
            (Type::Int(kind), OperandKind::Number(number, _)) => {
                number.int.map(|value| Value::Int(*kind, value)).ok_or("integer")
            }
            (Type::Int(_), _) => Err("integer"),
            (Type::Uint(kind), OperandKind::Number(number, _)) => {
                number.uint.map(|value| Value::Uint(*kind, value)).ok_or("unsigned integer")
            }
            (Type::Uint(_), _) => Err("unsigned integer"),
            (Type::Float64, OperandKind::Number(number, _)) => number.float.map(Value::Float).ok_or("float"),
            (Type::Float64, _) => Err("float"),
            (Type::Complex128, OperandKind::Number(number, _)) => {
                number.complex.map(|parts| Value::Complex(Arc::new(parts))).ok_or("complex")
            }
            (Type::Complex128, _) => Err("complex"),
            _ => return Err(self.error(format!("can't handle {operand} for arg of type {of}"))),
        };
        match (value, of) {
            (Ok(value), Type::Named(named)) => Ok(Slot::plain(Value::named(Arc::clone(named), value))),
            (Ok(value), _) => Ok(Slot::plain(value)),
            (Err(expected), _) => Err(self.error(format!("expected {expected}; found {operand}"))),
        }
    }

    /// The value, if it may be given where `wanted` is wanted.
    pub(super) fn checked(&self, slot: Slot, wanted: Wanted<'_>) -> Executed<Slot> {
        let Wanted::Of(of) = wanted else {
            return Ok(slot);
        };
        if slot.is_nothing() {
            if of.has_nil() {
                return Ok(Slot::of(of, of.zero()));
            }
            return Err(self.error(format!("invalid value; expected {of}")));
        }
        if *of == Type::Interface {
            return Ok(Slot { boxed: true, ..slot });
        }
        let Some(actual) = slot.value.type_of() else {
            return Err(self.error(format!("wrong type for value; expected {of}; got interface {{}}")));
        };
        if actual.is_assignable_to(of) {
            return Ok(converted(slot.value, of));
        }
        match (&slot.value, of) {
            (Value::Pointer(record), Type::Struct(target)) if record.struct_type() == target => {
                Ok(Slot::plain(Value::Struct(Arc::clone(record))))
            }
            (Value::NilOf(_), Type::Struct(target)) if actual == Type::Pointer(Arc::clone(target)) => {
                Err(self.error(format!("dereference of nil pointer of type {of}")))
            }
            _ => Err(self.error(format!("wrong type for value; expected {of}; got {actual}"))),
        }
    }
}

/// A value of a named type given for an unnamed one loses the name, and the other way round.
fn converted(value: Value, of: &Type) -> Slot {
    let bare = match value {
        Value::Named(named) if !matches!(of, Type::Named(_)) => named.1.clone(),
        other => other,
    };
    match (of, &bare) {
        (Type::Named(named), Value::Slice(_) | Value::Map(_) | Value::Func(_)) => {
            Slot::plain(Value::named(Arc::clone(named), bare))
        }
        (_, Value::NilOf(_)) => Slot::plain(Value::NilOf(Arc::new(of.clone()))),
        _ => Slot::plain(bare),
    }
}

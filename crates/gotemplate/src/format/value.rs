//! One value, by its type.

use std::sync::Arc;

use crate::value::Record;
use crate::{Map, Slice, Type, UintKind, Value, rune};

/// What stands between `%` and the verb.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%+v`.
    pub(super) field_names: bool,
    /// `%#v`.
    pub(super) go_syntax: bool,
}

/// Where values are printed to, and how.
pub(super) struct Printer<'a> {
    pub(super) out: &'a mut Vec<u8>,
    pub(super) flags: Flags,
    /// What a bad verb is told of: the value, and whether it is known as an operand or only as a part.
    current: Value,
    /// Inside a bad verb's text, methods are not asked.
    in_error: bool,
}

impl<'a> Printer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, flags: Flags::default(), current: Value::Nil, in_error: false }
    }

    /// An operand.
    pub(super) fn argument(&mut self, value: &Value, verb: char) {
        self.current = value.clone();
        let Some(of) = value.type_of() else {
            return match verb {
                'T' | 'v' => self.padded(b"<nil>"),
                _ => self.bad_verb(verb),
            };
        };
        match verb {
            'T' => self.string(of.to_string().as_bytes(), 's'),
            'p' => self.pointer(value, &of, 'p'),
            _ => self.value(value, verb, 0),
        }
    }

    pub(super) fn bad_verb(&mut self, verb: char) {
        self.in_error = true;
        self.out.extend_from_slice(b"%!");
        rune::push(self.out, verb);
        self.out.push(b'(');
        let current = self.current.clone();
        match current.type_of() {
            None => self.out.extend_from_slice(b"<nil>"),
            Some(of) => {
                self.out.extend_from_slice(format!("{of}=").as_bytes());
                self.value(&current, 'v', 0);
            }
        }
        self.out.push(b')');
        self.in_error = false;
    }

    /// An operand or, deeper down, a part of one.
    fn value(&mut self, value: &Value, verb: char, depth: usize) {
        self.current = value.clone();
        if !self.in_error && self.method(value, verb) {
            return;
        }
        match value.underlying() {
            Value::Nil => match verb {
                'v' => self.out.extend_from_slice(b"<nil>"),
                _ => self.bad_verb(verb),
            },
            Value::NilOf(of) => self.typed_nil(value, of, verb),
            Value::Bool(truth) if matches!(verb, 't' | 'v') => {
                self.padded(if *truth { b"true" } else { b"false" });
            }
            Value::Bool(_) => self.bad_verb(verb),
            Value::Int(_, number) => self.integer(i128::from(*number), true, verb),
            Value::Uint(_, number) => self.integer(i128::from(*number), false, verb),
            Value::Float(number) => self.float(*number, verb),
            Value::Complex(parts) => self.complex(parts.0, parts.1, verb),
            Value::String(text) => self.string(text, verb),
            Value::Slice(slice) => self.slice(value, slice, verb, depth),
            Value::Map(map) => self.map(value, map, verb, depth),
            Value::Struct(record) => self.record(&**record, verb, depth),
            Value::Pointer(record) if depth == 0 => {
                self.out.push(b'&');
                self.value(&Value::Struct(Arc::clone(record)), verb, depth + 1);
            }
            Value::Pointer(_) | Value::Func(_) => {
                if let Some(of) = value.type_of() {
                    self.pointer(value, &of, verb);
                }
            }
            // A named type's underlying type is never named.
            Value::Named(_) => {}
        }
    }

    /// Lets the value's own `Error` or `String` speak, if the verb takes text.
    fn method(&mut self, value: &Value, verb: char) -> bool {
        if self.flags.go_syntax || !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
            return false;
        }
        let Some(of) = value.type_of() else {
            return false;
        };
        let speaks = |name: &str| {
            of.methods().iter().find(|method| {
                &*method.name == name
                    && method.signature.parameters.is_empty()
                    && method.signature.result == Type::String
            })
        };
        let Some(method) = speaks("Error").or_else(|| speaks("String")) else {
            return false;
        };
        match (method.body)(std::slice::from_ref(value)) {
            Ok(text) => self.string(text.as_bytes().unwrap_or_default(), verb),
            Err(error) => {
                let text = format!("%!{verb}(PANIC={} method: {error})", method.name);
                self.out.extend_from_slice(text.as_bytes());
            }
        }
        true
    }

    fn typed_nil(&mut self, value: &Value, of: &Type, verb: char) {
        if self.flags.go_syntax && matches!(of.underlying(), Type::Slice(_) | Type::Map(..)) {
            return self.out.extend_from_slice(format!("{of}(nil)").as_bytes());
        }
        match of.empty() {
            Some(empty) => self.value(&empty, verb, 1),
            None => self.pointer(value, of, verb),
        }
    }

    fn type_text(&mut self, value: &Value) {
        if let Some(of) = value.type_of() {
            self.out.extend_from_slice(of.to_string().as_bytes());
        }
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.out.extend_from_slice(if self.flags.go_syntax { b", " } else { b" " });
        }
    }

    /// A part of a value that lies in a place of type `of`.
    fn part(&mut self, value: &Value, of: &Type, verb: char, depth: usize) {
        if *of == Type::Interface && matches!(value, Value::Nil) {
            // A nil interface prints the same under every verb.
            let text: &[u8] = if self.flags.go_syntax { b"interface {}(nil)" } else { b"<nil>" };
            return self.out.extend_from_slice(text);
        }
        self.value(value, verb, depth + 1);
    }

    fn slice(&mut self, value: &Value, slice: &Slice, verb: char, depth: usize) {
        if **slice.element() == Type::Uint(UintKind::Uint8) && self.bytes(value, slice, verb, depth) {
            return;
        }
        if self.flags.go_syntax {
            self.type_text(value);
        }
        let (open, close) = if self.flags.go_syntax { (b'{', b'}') } else { (b'[', b']') };
        self.out.push(open);
        for (index, item) in slice.items().iter().enumerate() {
            self.separate(index);
            self.part(item, slice.element(), verb, depth);
        }
        self.out.push(close);
    }

    /// Bytes may be text; false if they are to be printed as any slice.
    fn bytes(&mut self, value: &Value, slice: &Slice, verb: char, depth: usize) -> bool {
        let bytes: Vec<u8> = slice
            .items()
            .iter()
            .map(|item| match item.underlying() {
                Value::Uint(_, byte) => *byte as u8,
                _ => 0,
            })
            .collect();
        match verb {
            's' | 'q' | 'x' | 'X' => self.string(&bytes, verb),
            // An operand of just this type has a shorter name.
            'v' | 'd' if self.flags.go_syntax && depth == 0 && matches!(value, Value::Slice(_)) => {
                self.out.extend_from_slice(b"[]byte{");
                for (index, &byte) in bytes.iter().enumerate() {
                    self.separate(index);
                    self.hex_with_prefix(i128::from(byte), true);
                }
                self.out.push(b'}');
            }
            _ => return false,
        }
        true
    }

    fn map(&mut self, value: &Value, map: &Map, verb: char, depth: usize) {
        if self.flags.go_syntax {
            self.type_text(value);
            self.out.push(b'{');
        } else {
            self.out.extend_from_slice(b"map[");
        }
        for (index, (key, element)) in map.pairs().iter().enumerate() {
            self.separate(index);
            self.part(key, map.key(), verb, depth);
            self.out.push(b':');
            self.part(element, map.element(), verb, depth);
        }
        self.out.push(if self.flags.go_syntax { b'}' } else { b']' });
    }

    fn record(&mut self, record: &dyn Record, verb: char, depth: usize) {
        let of = Arc::clone(record.struct_type());
        if self.flags.go_syntax {
            self.out.extend_from_slice(of.name.as_bytes());
        }
        self.out.push(b'{');
        for (index, field) in of.fields.iter().enumerate() {
            self.separate(index);
            if self.flags.field_names || self.flags.go_syntax {
                self.out.extend_from_slice(field.name.as_bytes());
                self.out.push(b':');
            }
            self.part(&record.field(index), &field.of, verb, depth);
        }
        self.out.push(b'}');
    }

    fn pointer(&mut self, value: &Value, of: &Type, verb: char) {
        let Some(address) = value.address() else {
            return self.bad_verb(verb);
        };
        let number = i128::from(address);
        match verb {
            'v' if self.flags.go_syntax => {
                self.out.extend_from_slice(format!("({of})(").as_bytes());
                match address {
                    0 => self.out.extend_from_slice(b"nil"),
                    _ => self.hex_with_prefix(number, true),
                }
                self.out.push(b')');
            }
            'v' if address == 0 => self.padded(b"<nil>"),
            'v' | 'p' => self.hex_with_prefix(number, !self.flags.sharp),
            'b' | 'o' | 'd' | 'x' | 'X' => self.integer(number, false, verb),
            _ => self.bad_verb(verb),
        }
    }
}

//! Values, typed as Go types them.

mod map;
mod order;
mod record;

use std::fmt;
use std::sync::Arc;

use crate::{Function, IntKind, NamedType, Type, UintKind};

pub use map::Map;
pub(crate) use order::{compare, equal};
pub use record::{Fields, Record};

/// A Go value. Cheap to clone.
#[derive(Clone, Default)]
pub enum Value {
    /// Untyped nil, or nothing at all.
    #[default]
    Nil,
    /// The nil of a slice, map, pointer or function type.
    NilOf(Arc<Type>),
    /// `bool`.
    Bool(bool),
    /// A signed integer.
    Int(IntKind, i64),
    /// An unsigned integer.
    Uint(UintKind, u64),
    /// `float64`.
    Float(f64),
    /// `complex128`: real and imaginary part.
    Complex(Arc<(f64, f64)>),
    /// `string`: any bytes.
    String(Arc<[u8]>),
    /// A slice that is not nil.
    Slice(Arc<Slice>),
    /// A map that is not nil.
    Map(Arc<Map>),
    /// A struct.
    Struct(Arc<dyn Record>),
    /// A pointer to a struct.
    Pointer(Arc<dyn Record>),
    /// A function.
    Func(Arc<Function>),
    /// A value of a named type; see [`Value::named`].
    Named(Arc<(Arc<NamedType>, Value)>),
}

/// A slice's elements with their type.
#[derive(Debug, Clone)]
pub struct Slice {
    element: Arc<Type>,
    items: Vec<Value>,
}

impl Slice {
    /// A slice of `items`, which are all of type `element`.
    pub fn new(element: Type, items: Vec<Value>) -> Self {
        Self { element: Arc::new(element), items }
    }

    /// The elements' type.
    pub fn element(&self) -> &Arc<Type> {
        &self.element
    }

    /// The elements.
    pub fn items(&self) -> &[Value] {
        &self.items
    }
}

impl Value {
    /// An `int`.
    pub fn int(value: i64) -> Self {
        Self::Int(IntKind::Int, value)
    }

    /// `value`, which is of `named`'s underlying type, as a value of the type `named`.
    pub fn named(named: Arc<NamedType>, value: Self) -> Self {
        Self::Named(Arc::new((named, value)))
    }

    /// A slice of `items`, which are all of type `element`.
    pub fn slice(element: Type, items: Vec<Self>) -> Self {
        Self::Slice(Arc::new(Slice::new(element, items)))
    }

    /// A `[]string`.
    pub fn strings<T: AsRef<[u8]>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::slice(Type::String, items.into_iter().map(|item| Self::String(Arc::from(item.as_ref()))).collect())
    }

    /// The value's type; none for nil.
    pub fn type_of(&self) -> Option<Type> {
        Some(match self {
            Self::Nil => return None,
            Self::NilOf(of) => (**of).clone(),
            Self::Bool(_) => Type::Bool,
            Self::Int(kind, _) => Type::Int(*kind),
            Self::Uint(kind, _) => Type::Uint(*kind),
            Self::Float(_) => Type::Float64,
            Self::Complex(_) => Type::Complex128,
            Self::String(_) => Type::String,
            Self::Slice(slice) => Type::Slice(Arc::clone(&slice.element)),
            Self::Map(map) => Type::Map(Arc::clone(map.key()), Arc::clone(map.element())),
            Self::Struct(record) => Type::Struct(Arc::clone(record.struct_type())),
            Self::Pointer(record) => Type::Pointer(Arc::clone(record.struct_type())),
            Self::Func(function) => Type::Func(Arc::clone(&function.signature)),
            Self::Named(named) => Type::Named(Arc::clone(&named.0)),
        })
    }

    /// What a value of a named type is made of; every other value itself.
    pub fn underlying(&self) -> &Self {
        match self {
            Self::Named(named) => &named.1,
            other => other,
        }
    }

    /// The text of a string, named or not.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self.underlying() {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is nil, typed or not.
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil | Self::NilOf(_))
    }

    /// Go's truth: false are `false`, 0, nil, and what is empty.
    pub fn is_true(&self) -> bool {
        match self.underlying() {
            Self::Nil | Self::NilOf(_) => false,
            Self::Bool(value) => *value,
            Self::Int(_, value) => *value != 0,
            Self::Uint(_, value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Complex(parts) => **parts != (0.0, 0.0),
            Self::String(text) => !text.is_empty(),
            Self::Slice(slice) => !slice.items.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Struct(_) | Self::Pointer(_) | Self::Func(_) => true,
            Self::Named(_) => true,
        }
    }

    /// How many elements, pairs or bytes there are, for what has a length.
    pub(crate) fn length(&self) -> Option<usize> {
        match self.underlying() {
            Self::String(text) => Some(text.len()),
            Self::Slice(slice) => Some(slice.items.len()),
            Self::Map(map) => Some(map.len()),
            Self::NilOf(of) => of.empty().map(|_| 0),
            _ => None,
        }
    }

    /// Where the value lies in memory, for what Go prints as an address.
    pub(crate) fn address(&self) -> Option<u64> {
        let address = match self.underlying() {
            Self::NilOf(_) => 0,
            Self::Pointer(record) => Arc::as_ptr(record).cast::<()>() as usize,
            Self::Slice(slice) => Arc::as_ptr(slice) as usize,
            Self::Map(map) => Arc::as_ptr(map) as usize,
            Self::Func(function) => Arc::as_ptr(function) as usize,
            _ => return None,
        };
        Some(address as u64)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(Arc::from(text.as_bytes()))
    }
}

impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Self {
        Self::String(Arc::from(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(Arc::from(text.into_bytes()))
    }
}

impl From<Vec<u8>> for Value {
    fn from(text: Vec<u8>) -> Self {
        Self::String(Arc::from(text))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

/// As Go's `%v` prints it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&crate::print(std::slice::from_ref(self))))
    }
}

/// As Go's `%#v` prints it.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&crate::sprintf(b"%#v", std::slice::from_ref(self))))
    }
}

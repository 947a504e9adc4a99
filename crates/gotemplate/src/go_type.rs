//! Types, as far as Go shows them: in what is printed, in what fails, and in zero values.

use std::fmt;
use std::sync::Arc;

use crate::function::{Body, Signature};
use crate::value::{Fields, Map, Slice, Value};

/// A Go type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// `interface {}`.
    Interface,
    /// `bool`.
    Bool,
    /// A signed integer.
    Int(IntKind),
    /// An unsigned integer.
    Uint(UintKind),
    /// `float64`.
    Float64,
    /// `complex128`.
    Complex128,
    /// `string`.
    String,
    /// A slice of a type.
    Slice(Arc<Type>),
    /// A map from a type to a type.
    Map(Arc<Type>, Arc<Type>),
    /// A struct with a name.
    Struct(Arc<StructType>),
    /// A pointer to a struct.
    Pointer(Arc<StructType>),
    /// A function.
    Func(Arc<Signature>),
    /// A type with a name of its own that is no struct.
    Named(Arc<NamedType>),
}

/// Go's signed integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntKind {
    /// `int`, of 64 bits.
    Int,
    /// `int8`.
    Int8,
    /// `int16`.
    Int16,
    /// `int32`.
    Int32,
    /// `int64`.
    Int64,
}

/// Go's unsigned integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UintKind {
    /// `uint`, of 64 bits.
    Uint,
    /// `uint8`.
    Uint8,
    /// `uint16`.
    Uint16,
    /// `uint32`.
    Uint32,
    /// `uint64`.
    Uint64,
}

/// A struct's name, fields and methods.
#[derive(Debug)]
pub struct StructType {
    /// With its package: `dependency.HealthService`.
    pub name: Arc<str>,
    /// In order.
    pub fields: Vec<FieldType>,
    /// Found on the struct and on pointers to it.
    pub methods: Vec<Method>,
}

/// One field of a struct.
#[derive(Debug, Clone)]
pub struct FieldType {
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub of: Type,
}

/// A type with a name, such as `time.Duration`.
#[derive(Debug)]
pub struct NamedType {
    /// With its package.
    pub name: Arc<str>,
    /// What it is made of; not itself named.
    pub underlying: Type,
    /// Its methods. One called `String` or `Error` with no parameters says how values print.
    pub methods: Vec<Method>,
}

/// A method: a function that gets the receiver as its first value.
#[derive(Clone)]
pub struct Method {
    /// Its name.
    pub name: Arc<str>,
    /// Without the receiver.
    pub signature: Arc<Signature>,
    /// Called with the receiver, then the arguments.
    pub body: Body,
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.signature)
    }
}

impl StructType {
    /// Where the field `name` stands.
    pub fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| &*field.name == name)
    }
}

// Go has one type per name, so that equal names are equal types; comparing fields would not end for
// types that hold themselves.
impl PartialEq for StructType {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for StructType {}

impl PartialEq for NamedType {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for NamedType {}

impl Type {
    /// `int`.
    pub const INT: Self = Self::Int(IntKind::Int);

    /// A slice of `element`.
    pub fn slice(element: Self) -> Self {
        Self::Slice(Arc::new(element))
    }

    /// A map from `key` to `element`.
    pub fn map(key: Self, element: Self) -> Self {
        Self::Map(Arc::new(key), Arc::new(element))
    }

    /// What a named type is made of; every other type itself.
    pub fn underlying(&self) -> &Self {
        match self {
            Self::Named(named) => &named.underlying,
            other => other,
        }
    }

    /// Whether nil is a value of this type.
    pub(crate) fn has_nil(&self) -> bool {
        matches!(self.underlying(), Self::Interface | Self::Slice(_) | Self::Map(..) | Self::Pointer(_) | Self::Func(_))
    }

    /// Whether values of this type may be compared with `==`.
    pub(crate) fn is_comparable(&self) -> bool {
        match self.underlying() {
            Self::Slice(_) | Self::Map(..) | Self::Func(_) => false,
            Self::Struct(structure) => structure.fields.iter().all(|field| field.of.is_comparable()),
            _ => true,
        }
    }

    /// Whether a value of this type may be given where a `target` is wanted.
    pub(crate) fn is_assignable_to(&self, target: &Self) -> bool {
        if *target == Self::Interface || self == target {
            return true;
        }
        // One of the two must be no named type; Go's basic types are all named.
        let one_unnamed = [self, target]
            .iter()
            .any(|side| matches!(side, Self::Slice(_) | Self::Map(..) | Self::Pointer(_) | Self::Func(_)));
        one_unnamed && self.underlying() == target.underlying()
    }

    /// The type's zero value; a nil interface is [`Value::Nil`].
    pub fn zero(&self) -> Value {
        match self {
            Self::Interface => Value::Nil,
            Self::Bool => Value::Bool(false),
            Self::Int(kind) => Value::Int(*kind, 0),
            Self::Uint(kind) => Value::Uint(*kind, 0),
            Self::Float64 => Value::Float(0.0),
            Self::Complex128 => Value::Complex(Arc::new((0.0, 0.0))),
            Self::String => Value::from(""),
            Self::Slice(_) | Self::Map(..) | Self::Pointer(_) | Self::Func(_) => Value::NilOf(Arc::new(self.clone())),
            Self::Struct(structure) => {
                let values = structure.fields.iter().map(|field| field.of.zero()).collect();
                Value::Struct(Arc::new(Fields::new(Arc::clone(structure), values)))
            }
            Self::Named(named) if named.underlying.has_nil() => Value::NilOf(Arc::new(self.clone())),
            Self::Named(named) => Value::named(Arc::clone(named), named.underlying.zero()),
        }
    }

    /// The empty value that a nil slice or map stands for.
    pub(crate) fn empty(&self) -> Option<Value> {
        match self.underlying() {
            Self::Slice(element) => Some(Value::Slice(Arc::new(Slice::new((**element).clone(), Vec::new())))),
            Self::Map(key, element) => {
                Some(Value::Map(Arc::new(Map::new((**key).clone(), (**element).clone(), Vec::new()))))
            }
            _ => None,
        }
    }

    /// The methods of the type.
    pub(crate) fn methods(&self) -> &[Method] {
        match self {
            Self::Struct(structure) | Self::Pointer(structure) => &structure.methods,
            Self::Named(named) => &named.methods,
            _ => &[],
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interface => f.write_str("interface {}"),
            Self::Bool => f.write_str("bool"),
            Self::Int(kind) => f.write_str(kind.name()),
            Self::Uint(kind) => f.write_str(kind.name()),
            Self::Float64 => f.write_str("float64"),
            Self::Complex128 => f.write_str("complex128"),
            Self::String => f.write_str("string"),
            Self::Slice(element) => write!(f, "[]{element}"),
            Self::Map(key, element) => write!(f, "map[{key}]{element}"),
            Self::Struct(structure) => f.write_str(&structure.name),
            Self::Pointer(structure) => write!(f, "*{}", structure.name),
            Self::Func(signature) => signature.fmt(f),
            Self::Named(named) => f.write_str(&named.name),
        }
    }
}

impl IntKind {
    fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
        }
    }
}

impl UintKind {
    fn name(self) -> &'static str {
        match self {
            Self::Uint => "uint",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
        }
    }
}

//! Functions that templates call.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::{FunctionError, Type, Value};

/// What runs when a function is called; it may capture state.
pub(crate) type Body = Arc<dyn Fn(&[Value]) -> Result<Value, FunctionError> + Send + Sync>;

/// What a function takes and gives. The engine checks arguments before the call, as Go does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The parameters' types; of a variadic last one, the element's.
    pub parameters: Vec<Type>,
    /// Whether the last parameter may be given any number of times.
    pub variadic: bool,
    /// The result's type.
    pub result: Type,
    /// Whether Go's function has an error as its second result; only for its text.
    pub fallible: bool,
}

impl Signature {
    /// A function that cannot fail.
    pub fn new(parameters: impl Into<Vec<Type>>, result: Type) -> Self {
        Self { parameters: parameters.into(), variadic: false, result, fallible: false }
    }

    /// The last parameter may be given any number of times.
    #[must_use]
    pub fn variadic(mut self) -> Self {
        self.variadic = true;
        self
    }

    /// The function may fail.
    #[must_use]
    pub fn fallible(mut self) -> Self {
        self.fallible = true;
        self
    }

    /// How many arguments must be there.
    pub(crate) fn fixed(&self) -> usize {
        self.parameters.len() - usize::from(self.variadic)
    }

    /// The type of the argument at `index`.
    pub(crate) fn parameter(&self, index: usize) -> &Type {
        self.parameters.get(index).or(self.parameters.last()).unwrap_or(&Type::Interface)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("func(")?;
        for (index, parameter) in self.parameters.iter().enumerate() {
            let separator = if index > 0 { ", " } else { "" };
            let dots = if self.variadic && index + 1 == self.parameters.len() { "..." } else { "" };
            write!(f, "{separator}{dots}{parameter}")?;
        }
        if self.fallible { write!(f, ") ({}, error)", self.result) } else { write!(f, ") {}", self.result) }
    }
}

/// A function with its signature. Cheap to clone.
#[derive(Clone)]
pub struct Function {
    pub(crate) signature: Arc<Signature>,
    pub(crate) body: Body,
}

impl Function {
    /// A function that gets as many values as `signature` says, of the types that it says. A nil that
    /// Go would pass as a nil interface arrives as [`Value::Nil`].
    pub fn new(
        signature: Signature,
        body: impl Fn(&[Value]) -> Result<Value, FunctionError> + Send + Sync + 'static,
    ) -> Self {
        Self { signature: Arc::new(signature), body: Arc::new(body) }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.signature.fmt(f)
    }
}

/// The functions that a template may call besides Go's own. One of the same name as one of Go's
/// takes its place.
#[derive(Debug, Clone, Default)]
pub struct Functions(HashMap<Arc<str>, Function>);

impl Functions {
    /// None at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a function, or replaces the one of this name.
    pub fn insert(&mut self, name: &str, function: Function) {
        self.0.insert(Arc::from(name), function);
    }

    /// The function of this name.
    pub fn get(&self, name: &str) -> Option<&Function> {
        self.0.get(name)
    }
}

//! Structs.

use std::sync::Arc;

use super::Value;
use crate::StructType;

/// A struct's value: its type, and its fields on request, so that the caller's own data can be shown
/// to a template without being converted first.
pub trait Record: Send + Sync {
    /// The type, with the fields' names and types.
    fn struct_type(&self) -> &Arc<StructType>;

    /// The value of the field at `index` of the type's fields.
    fn field(&self, index: usize) -> Value;
}

/// A struct whose fields are there already.
#[derive(Debug, Clone)]
pub struct Fields {
    of: Arc<StructType>,
    values: Vec<Value>,
}

impl Fields {
    /// A struct of type `of`, with a value for each of its fields in order.
    pub fn new(of: Arc<StructType>, values: Vec<Value>) -> Self {
        Self { of, values }
    }
}

impl Record for Fields {
    fn struct_type(&self) -> &Arc<StructType> {
        &self.of
    }

    fn field(&self, index: usize) -> Value {
        self.values.get(index).cloned().unwrap_or_default()
    }
}

//! A parsed template and how it is executed.

use std::sync::Arc;

use crate::node::Trees;
use crate::{ExecError, Functions, ParseError, Value, exec, parser};

/// A parsed template with all templates that its text defines. Cheap to clone.
///
/// Differences to Go: actions, parentheses and `else if` chains may be nested 200 deep, and all that is
/// nested while templates invoke templates 1,000 deep (Go: 10,000 and 100,000, on a stack that grows);
/// pointers point to structs only; the pairs of a map whose keys are of several types come in a fixed
/// order.
#[derive(Debug, Clone)]
pub struct Template {
    name: Arc<str>,
    trees: Arc<Trees>,
    missing_key: MissingKey,
}

/// What a map gives for a key that it does not have, in `.Field` syntax (Go's option `missingkey`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingKey {
    /// Nothing, which prints as `<no value>`.
    #[default]
    Default,
    /// The zero value of the map's element type.
    Zero,
    /// Execution fails.
    Error,
}

/// What stands around actions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delimiters {
    left: String,
    right: String,
}

impl Delimiters {
    /// Other delimiters than `{{` and `}}`, which an empty text stands for.
    pub fn new(left: &str, right: &str) -> Self {
        Self { left: left.to_owned(), right: right.to_owned() }
    }

    pub(crate) fn left(&self) -> &str {
        if self.left.is_empty() { "{{" } else { &self.left }
    }

    pub(crate) fn right(&self) -> &str {
        if self.right.is_empty() { "}}" } else { &self.right }
    }
}

impl Template {
    /// Parses `text` under the name `name`, which error texts carry and which may be empty. The template
    /// may call `functions` and Go's own.
    pub fn parse(name: &str, text: &[u8], delimiters: &Delimiters, functions: &Functions) -> Result<Self, ParseError> {
        let trees = Arc::new(parser::parse(name, text, delimiters, functions)?);
        Ok(Self { name: Arc::from(name), trees, missing_key: MissingKey::default() })
    }

    /// The same template with another answer to missing keys.
    #[must_use]
    pub fn missing_key(mut self, missing_key: MissingKey) -> Self {
        self.missing_key = missing_key;
        self
    }

    /// The template of the name `name` that the text defines.
    pub fn lookup(&self, name: &str) -> Option<Self> {
        let tree = self.trees.by_name.get(name)?;
        Some(Self { name: Arc::clone(&tree.name), ..self.clone() })
    }

    /// Appends what the template makes of `dot` to `out`. After an error, `out` holds what had been
    /// written until then.
    pub fn execute(&self, out: &mut Vec<u8>, dot: &Value) -> Result<(), ExecError> {
        exec::execute(&self.trees, &self.name, self.missing_key, out, dot)
    }
}

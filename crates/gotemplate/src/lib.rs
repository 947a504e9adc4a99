//! Go's text/template language and fmt verbs; no I/O.
//!
//! A [`Template`] is parsed once against a table of [`Functions`] and executed many times. Values are
//! typed as Go types them ([`Value`], [`Type`]), for what a template prints and how it fails depends on
//! it. Output, error texts and positions are those of Go 1.26; the differences are listed at [`Template`].

mod builtin;
mod error;
mod exec;
mod format;
mod function;
mod go_type;
mod lexer;
mod node;
mod number;
mod parser;
mod quote;
mod rune;
mod template;
mod value;

pub use error::{ExecError, FunctionError, ParseError};
pub use format::{print, println, sprintf};
pub use function::{Function, Functions, Signature};
pub use go_type::{FieldType, IntKind, Method, NamedType, StructType, Type, UintKind};
pub use quote::quote;
pub use template::{Delimiters, MissingKey, Template};
pub use value::{Fields, Map, Record, Slice, Value};

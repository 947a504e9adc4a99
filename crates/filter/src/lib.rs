//! Consul's filter language: parse, evaluate over a field lookup.
//!
//! The language is that of go-bexpr v0.1.2, which Consul 1.21 is built with: the same expressions are
//! accepted, an error displays as the text that Consul puts behind `Failed to create boolean expression
//! evaluator: `. A text is read ([`Expression::parse`]), then bound to what a kind of row has
//! ([`Expression::bind`] with a table of [`Field`]s) and then asked about rows ([`Filter::matches`]), which
//! answer for themselves ([`Lookup`]). Knows no service, no JSON and does no I/O.

mod coerce;
mod error;
mod evaluate;
mod expression;
mod field;
mod filter;
mod grammar;
mod lookup;
mod pattern;
mod quote;

pub use coerce::{BadBool, BadInt};
pub use error::{BadValue, FilterError, SyntaxProblem};
pub use expression::{Expression, Operator};
pub use field::{Field, Fields};
pub use filter::Filter;
pub use lookup::{Lookup, Path, Value};
pub use pattern::{BadPattern, Pattern, PatternProblem};

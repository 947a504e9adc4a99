//! Why a body cannot be decoded, in Go's words.

use muster_model::quoted;

use crate::duration_text::InvalidDuration;
use crate::json::SyntaxError;

/// Why a body cannot be decoded. Displays as Go's error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// A field of another type.
    #[error("json: cannot unmarshal {value} into Go struct field {structure}.{field} of type {expected}")]
    Type {
        /// What stands there.
        value: String,
        /// Go's name of the structure; often empty.
        structure: &'static str,
        /// The field with the path to it.
        field: String,
        /// Go's name of the type.
        expected: &'static str,
    },
    /// The whole body is of another type.
    #[error("json: cannot unmarshal {value} into Go value of type {expected}")]
    Body {
        /// What stands there.
        value: &'static str,
        /// Go's name of the type.
        expected: &'static str,
    },
    /// A field that Consul does not know.
    #[error("json: unknown field {}", quoted(.0))]
    UnknownField(String),
    /// The same in the catalog, which says why it is unknown.
    #[error("json: unknown field \"Namespace\" - Namespaces are a Consul Enterprise feature")]
    Namespace,
    /// A duration's text.
    #[error(transparent)]
    Duration(#[from] InvalidDuration),
    /// A duration that is neither a text nor a number.
    #[error("strconv.ParseFloat: parsing {}: invalid syntax", quoted(.0))]
    NoNumber(String),
    /// Bytes that are not in base64.
    #[error("illegal base64 data at input byte {0}")]
    Base64(usize),
}

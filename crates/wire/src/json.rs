//! JSON as Go's encoding/json reads and writes it: its errors, its string escapes, its nesting limit.

mod number;
mod pretty;
mod scan;
mod value;
mod write;

pub use number::{InvalidNumber, parse_bool, parse_uint};
pub use pretty::pretty;
pub use scan::{SyntaxError, parse, parse_whole};
pub use value::{Object, Value};
pub use write::{ArrayWriter, ObjectWriter, push_base64, push_string, push_uint};

//! HCL 1 reading.
//!
//! Text becomes a tree whose every node knows where it was written. The tree is what Go's `hcl.Decode` into a
//! map gives: a block is a list of one object, blocks of one name append to the same list, and each label is
//! one more such level. JSON becomes the same kind of tree with objects as they are. What a key means, and
//! which type its value should have, is for others to say.

mod block;
mod error;
mod json;
mod parse;
mod position;
mod scan;
mod tree;

pub use error::{Problem, SyntaxError};
pub use json::parse_json;
pub use parse::parse_hcl;
pub use position::Position;
pub use tree::{Base, Member, Node, Number, Object, Value};

/// How deep objects and lists may stand in each other. Reading and everything that walks the tree recurses.
pub const MAX_DEPTH: usize = 64;

/// Reads JSON if the first character that is not white space is a `{`, else HCL.
pub fn parse(text: &[u8]) -> Result<Node, SyntaxError> {
    match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => parse_json(text),
        _ => parse_hcl(text),
    }
}

//! What is wrong with a text.

use crate::{MAX_DEPTH, Position};

/// A text that is neither HCL 1 nor JSON, with the place where that shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {problem}")]
pub struct SyntaxError {
    /// Where.
    pub position: Position,
    /// What.
    pub problem: Problem,
}

/// What is wrong. Displays say what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// A character that begins nothing.
    #[error("illegal character {0:?}")]
    Character(char),
    /// A string without its second quote on the same line.
    #[error("a string does not end: a \" is missing")]
    UnendedString,
    /// A backslash with something that it does not go with.
    #[error("illegal escape in a string")]
    Escape,
    /// A control character inside a JSON string.
    #[error("a control character in a string: write it as \\u00XX")]
    Control,
    /// A comment without its end.
    #[error("a comment does not end: a */ is missing")]
    UnendedComment,
    /// `/` alone.
    #[error("a comment begins with #, // or /*")]
    Comment,
    /// `<` that begins no heredoc.
    #[error("a heredoc begins with << or <<- and a word at the end of its line")]
    HeredocStart,
    /// A heredoc without its last line.
    #[error("a heredoc does not end: a line with nothing but {0} is missing")]
    UnendedHeredoc(String),
    /// A number that is none, or one that does not fit.
    #[error("{0} is not a number that can be read")]
    Number(String),
    /// A key without value or block.
    #[error("key {0:?} needs a = with a value, or a block in braces")]
    NoValue(String),
    /// Labels and then `=`.
    #[error("key {0:?} has labels, so a block in braces must follow")]
    LabelsWithValue(String),
    /// The same key with labels and without.
    #[error("key {0:?} stands with labels and without")]
    Labels(String),
    /// The same key for a list or block and for another value.
    #[error("key {key:?} is a {kind} here and was something else before")]
    Mixed {
        /// The key.
        key: String,
        /// What it is the second time.
        kind: &'static str,
    },
    /// Something else where a key should be.
    #[error("{0} where a key should be")]
    NoKey(String),
    /// Something else where a value should be.
    #[error("{0} where a value should be: a string needs quotes")]
    NotAValue(String),
    /// Something else between the values of a list.
    #[error("{0} in a list where a comma or ] should be")]
    InList(String),
    /// Objects in objects, too many.
    #[error("more than {MAX_DEPTH} objects or lists in each other")]
    TooDeep,
    /// Another token than the grammar's.
    #[error("{found} where {wanted} should be")]
    Unexpected {
        /// What is there.
        found: String,
        /// What should be.
        wanted: &'static str,
    },
    /// The text goes on after its end.
    #[error("the object has ended, and more follows")]
    Trailing,
}

impl Problem {
    pub(crate) fn at(self, position: Position) -> SyntaxError {
        SyntaxError { position, problem: self }
    }
}

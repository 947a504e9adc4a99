//! A place in a text.

use std::fmt;

/// Line and column, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The character in it.
    pub column: u32,
}

impl Position {
    /// The first character.
    pub const START: Self = Self { line: 1, column: 1 };

    /// Where one is after `character`.
    pub(crate) fn after(self, character: char) -> Self {
        match character {
            '\n' => Self { line: self.line.saturating_add(1), column: 1 },
            _ => Self { line: self.line, column: self.column.saturating_add(1) },
        }
    }

    /// Where one is after `text`.
    pub(crate) fn after_all(self, text: &str) -> Self {
        text.chars().fold(self, Self::after)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

//! The index that clients see and block on.

use std::fmt;

/// A point in the registry's history: advances by one per effective command and never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Index(pub u64);

impl Index {
    /// The one after this.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A stored value with the indexes at which it was made and last changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed<T> {
    /// The value itself.
    pub value: T,
    /// When it was first stored (Consul's CreateIndex).
    pub created: Index,
    /// When it last changed (Consul's ModifyIndex).
    pub modified: Index,
}

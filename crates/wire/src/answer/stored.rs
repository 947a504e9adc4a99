//! A borrowed value with its indexes.

use std::sync::Arc;

use muster_model::{Index, Indexed};

/// A borrowed value with the indexes that its JSON carries, however the caller keeps it.
#[derive(Debug, PartialEq, Eq)]
pub struct Stored<'a, T> {
    /// The value.
    pub value: &'a T,
    /// CreateIndex.
    pub created: Index,
    /// ModifyIndex.
    pub modified: Index,
}

impl<'a, T> Stored<'a, T> {
    /// A value that was not stored: both indexes 0, as in an agent's own answers.
    pub fn unindexed(value: &'a T) -> Self {
        Self { value, created: Index(0), modified: Index(0) }
    }
}

impl<T> Clone for Stored<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Stored<'_, T> {}

impl<'a, T> From<&'a Indexed<Arc<T>>> for Stored<'a, T> {
    fn from(indexed: &'a Indexed<Arc<T>>) -> Self {
        Self { value: &indexed.value, created: indexed.created, modified: indexed.modified }
    }
}

impl<'a, T> From<&'a Indexed<T>> for Stored<'a, T> {
    fn from(indexed: &'a Indexed<T>) -> Self {
        Self { value: &indexed.value, created: indexed.created, modified: indexed.modified }
    }
}

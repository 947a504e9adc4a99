//! What rows have: the tables that selectors are checked against.

use crate::expression::Operator;

/// A kind of row or record: its fields by name.
pub type Fields = [(&'static str, Field)];

/// A field's kind, which says what it can be asked and what lies beyond it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `==`, `in` (a part of the text), `matches`.
    Text,
    /// `==`.
    Int,
    /// `==`.
    Bool,
    /// `in` (one of them), `is empty`.
    Texts,
    /// `in` (a key), `is empty`; what lies beyond a key is a [`Field::Text`].
    TextMap,
    /// Nothing by itself; has fields.
    Record(&'static Fields),
    /// `is empty`; what lies beyond is asked of each until one says yes.
    Records(&'static Fields),
    /// `in` (a key), `is empty`; what lies beyond a key is a [`Field::Record`].
    RecordMap(&'static Fields),
}

impl Field {
    /// The field beyond this one.
    pub(crate) fn within(self, name: &str) -> Option<Self> {
        match self {
            Self::Text | Self::Int | Self::Bool | Self::Texts => None,
            Self::TextMap => Some(Self::Text),
            Self::Record(fields) | Self::Records(fields) => find(fields, name),
            Self::RecordMap(fields) => Some(Self::Record(fields)),
        }
    }

    pub(crate) fn takes(self, operator: Operator) -> bool {
        use Operator::{Equal, In, IsEmpty, IsNotEmpty, Matches, NotEqual, NotIn, NotMatches};
        match self {
            Self::Text => matches!(operator, Equal | NotEqual | In | NotIn | Matches | NotMatches),
            Self::Int | Self::Bool => matches!(operator, Equal | NotEqual),
            Self::Texts | Self::TextMap | Self::RecordMap(_) => matches!(operator, In | NotIn | IsEmpty | IsNotEmpty),
            Self::Records(_) => matches!(operator, IsEmpty | IsNotEmpty),
            Self::Record(_) => false,
        }
    }
}

pub(crate) fn find(fields: &Fields, name: &str) -> Option<Field> {
    fields.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
}

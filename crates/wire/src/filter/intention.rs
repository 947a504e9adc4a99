//! Intentions, as filters see them. There are none: a filter over them is read, so that a wrong one is told.

use muster_filter::{Field, Fields};

pub(super) const FIELDS: &Fields = &[
    ("ID", Field::Text),
    ("Description", Field::Text),
    ("SourcePeer", Field::Text),
    ("SourceSamenessGroup", Field::Text),
    ("SourcePartition", Field::Text),
    ("SourceNS", Field::Text),
    ("SourceName", Field::Text),
    ("DestinationPartition", Field::Text),
    ("DestinationNS", Field::Text),
    ("DestinationName", Field::Text),
    ("SourceType", Field::Text),
    ("Action", Field::Text),
    ("Meta", Field::TextMap),
    ("Precedence", Field::Int),
];

//! Health checks and their results.

use std::fmt;
use std::sync::Arc;

use crate::{CheckDefinition, CheckId, ServiceId};

/// A check on a node or on one of its services, with its latest result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Unique on its node.
    pub id: CheckId,
    /// What people call it.
    pub name: Arc<str>,
    /// The latest result.
    pub status: CheckStatus,
    /// The user's remark.
    pub notes: Arc<str>,
    /// What the last run said.
    pub output: Arc<str>,
    /// The instance that it is about; none: the node.
    pub service_id: Option<ServiceId>,
    /// Consul's `Type`, such as `ttl`; empty for checks that nobody here runs.
    pub kind: Arc<str>,
    /// How the agent runs it; none for results that are reported from outside.
    pub definition: Option<Arc<CheckDefinition>>,
}

/// A check's result.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CheckStatus {
    /// All is well.
    Passing,
    /// Still served, but look at it.
    Warning,
    /// Not served.
    Critical,
    /// What a catalog registration said that is none of the three: Consul keeps it, and so do we.
    Other(Arc<str>),
}

impl CheckStatus {
    /// Reads any status, as the catalog does; nothing at all means critical.
    pub fn lenient(text: &str) -> Self {
        Self::strict(text)
            .unwrap_or_else(|| if text.is_empty() { Self::Critical } else { Self::Other(Arc::from(text)) })
    }

    /// Reads one of the three statuses, as the agent does.
    pub fn strict(text: &str) -> Option<Self> {
        match text {
            "passing" => Some(Self::Passing),
            "warning" => Some(Self::Warning),
            "critical" => Some(Self::Critical),
            _ => None,
        }
    }

    /// Consul's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Passing => "passing",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Other(text) => text,
        }
    }
}

impl fmt::Display for CheckStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

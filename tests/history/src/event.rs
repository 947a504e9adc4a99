//! One request of one client, with what came back and when.

use std::time::Duration;

/// A request with its reply. Times count from the beginning of the history.
#[derive(Debug, Clone)]
pub struct Event {
    /// Whose.
    pub client: usize,
    /// When it was sent.
    pub start: Duration,
    /// When its reply was there, or when it was clear that none comes.
    pub end: Duration,
    /// Asked after all writing had ended.
    pub last: bool,
    /// What was asked.
    pub request: Request,
    /// What came back.
    pub reply: Reply,
}

/// What clients ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// A transaction; its first step sets a marker key of its own, so that its index can be found later.
    Transaction {
        /// The marker.
        marker: String,
        /// The steps after it.
        steps: Vec<Step>,
    },
    /// PUT of a key.
    Put {
        /// The key.
        key: String,
        /// No two writes have the same, but for a repetition on purpose.
        value: String,
        /// `?cas=`
        cas: Option<u64>,
    },
    /// DELETE of a key with `?cas=`.
    Delete {
        /// The key.
        key: String,
        /// The index.
        cas: u64,
    },
    /// PUT of a key with `?acquire=`.
    Acquire {
        /// The key.
        key: String,
        /// The session.
        session: String,
    },
    /// PUT of a key with `?release=`.
    Release {
        /// The key.
        key: String,
        /// The session.
        session: String,
    },
    /// GET of a key.
    Get {
        /// The key.
        key: String,
    },
    /// GET of a key that blocks.
    Watch {
        /// The key.
        key: String,
        /// `?index=`
        after: u64,
        /// `?wait=`
        wait: Duration,
    },
    /// GET of all keys under a prefix.
    Tree {
        /// The prefix.
        prefix: String,
    },
    /// A new session.
    CreateSession {
        /// Its lock-delay.
        lock_delay: Duration,
        /// Whether its keys are deleted with it.
        deletes: bool,
        /// The node whose check it is tied to.
        node: String,
    },
    /// The end of a session.
    DestroySession {
        /// The session.
        session: String,
    },
    /// Whether a session is there.
    Session {
        /// The session.
        session: String,
    },
    /// The result of a node's check.
    SetCheck {
        /// The node.
        node: String,
        /// Whether it is critical, or passing.
        critical: bool,
    },
    /// The registration of the one instance of a service.
    Register {
        /// The service.
        service: String,
        /// Its version: 1 and up; an odd one registers it, an even one takes it out.
        version: u64,
    },
    /// The instances of a service.
    Instances {
        /// The service.
        service: String,
    },
}

/// A step of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `set`
    Set(String, String),
    /// `cas`
    Cas(String, String, u64),
    /// `delete`
    Delete(String),
    /// `delete-cas`
    DeleteCas(String, u64),
    /// `check-index`
    CheckIndex(String, u64),
    /// `get`
    Get(String),
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Nothing, or an error: it may have been done or not.
    Unknown(String),
    /// It was refused.
    Refused(String),
    /// It is done.
    Done,
    /// Yes or no, to what has a condition.
    Held(bool),
    /// Keys.
    Entries(Answer<Entry>),
    /// A transaction's results.
    Committed(Vec<Entry>),
    /// The steps of a transaction that failed; the marker's is 0.
    RolledBack(Vec<usize>),
    /// A new session's ID.
    Session(String),
    /// Whether a session is there.
    Found(Answer<String>),
    /// Instances.
    Instances(Answer<Instance>),
}

/// A list with its X-Consul-Index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// The index.
    pub index: u64,
    /// The list.
    pub list: Vec<T>,
}

/// A key with all that is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Its value; transactions do not always tell it.
    pub value: Option<String>,
    /// CreateIndex.
    pub created: u64,
    /// ModifyIndex.
    pub modified: u64,
    /// LockIndex.
    pub lock: u64,
    /// Who holds it.
    pub session: Option<String>,
}

/// An instance of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The version that it was registered as.
    pub version: u64,
    /// ModifyIndex.
    pub modified: u64,
}

impl Reply {
    /// The highest index that the reply shows as written.
    pub fn highest_written(&self) -> u64 {
        match self {
            Self::Entries(answer) => answer.list.iter().map(|entry| entry.modified).max().unwrap_or(0),
            Self::Committed(entries) => entries.iter().map(|entry| entry.modified).max().unwrap_or(0),
            Self::Instances(answer) => answer.list.iter().map(|instance| instance.modified).max().unwrap_or(0),
            _ => 0,
        }
    }

    /// The X-Consul-Index.
    pub fn index(&self) -> Option<u64> {
        match self {
            Self::Entries(answer) => Some(answer.index),
            Self::Found(answer) => Some(answer.index),
            Self::Instances(answer) => Some(answer.index),
            _ => None,
        }
    }
}

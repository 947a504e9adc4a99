//! Errors as answers: the one place where the core's errors become a status and Consul's text.

use muster_catalog::CatalogError;
use muster_registry::{ReadRefused, SubmitError};
use muster_wire::filter::BadFilter;
use muster_wire::query::{BadOption, BadQueryString};
use muster_wire::request::BadKvRequest;

use crate::reply::Reply;

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) text: String,
    /// The answer carries the headers of a query all the same, with no leader known: what Consul does
    /// when a query fails after it began.
    pub(crate) as_query: bool,
}

impl ApiError {
    pub(crate) fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), as_query: false }
    }

    pub(crate) fn bad_request(text: impl Into<String>) -> Self {
        Self::new(400, text)
    }

    pub(crate) fn internal(text: impl Into<String>) -> Self {
        Self::new(500, text)
    }

    /// A parameter whose effect is not there yet: never ignored.
    pub(crate) fn not_there_yet(what: &str) -> Self {
        Self::new(501, format!("{what} is not supported by this version of muster"))
    }

    pub(crate) fn into_reply(self) -> Reply {
        Reply::error(self.status, self.text, self.as_query)
    }
}

impl From<BadOption> for ApiError {
    fn from(error: BadOption) -> Self {
        Self::new(error.status().code(), error.to_string())
    }
}

impl From<BadFilter> for ApiError {
    fn from(error: BadFilter) -> Self {
        Self::new(error.status().code(), error.to_string())
    }
}

impl From<BadKvRequest> for ApiError {
    fn from(error: BadKvRequest) -> Self {
        Self::new(error.status().code(), error.to_string())
    }
}

impl From<BadQueryString> for ApiError {
    fn from(_: BadQueryString) -> Self {
        Self::internal("")
    }
}

impl From<ReadRefused> for ApiError {
    fn from(error: ReadRefused) -> Self {
        Self::internal(error.to_string())
    }
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::TooLarge { .. } => Self::new(413, error.to_string()),
            _ => Self::internal(error.to_string()),
        }
    }
}

impl From<CatalogError> for ApiError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::NotFound { reason } => Self::new(404, reason),
            CatalogError::Refused { reason } | CatalogError::Unavailable { reason } => Self::internal(reason),
            CatalogError::Unreachable { .. } | CatalogError::BadAnswer { .. } => Self::internal(error.to_string()),
        }
    }
}

//! What a registry answers, and what it means when it is not what was hoped for.

use bytes::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, StatusCode};
use muster_catalog::CatalogError;
use muster_model::Index;
use muster_wire::header;

/// So much of an error's text is passed on.
const REASON_CHARS: usize = 300;

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The index to block on next. Consul's own client takes 0 for a fault of the server and goes on
    /// with 1, so that it never asks in a tight loop.
    pub(crate) fn index(&self) -> Result<Index, &'static str> {
        let value = self.number(header::INDEX).ok_or("it has no X-Consul-Index")?;
        Ok(Index(value.max(1)))
    }

    /// For how long, in milliseconds, the server has not heard from its leader.
    pub(crate) fn last_contact_ms(&self) -> Option<u64> {
        self.number(header::LAST_CONTACT)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.headers.get(name)?.to_str().ok()?.parse().ok()
    }

    /// What an answer other than 200 means.
    pub(crate) fn refusal(&self, address: &str) -> CatalogError {
        let text = self.text();
        let reason = if text.is_empty() { self.status.to_string() } else { text };
        if self.names_what_is_missing(&reason) {
            return CatalogError::NotFound { reason };
        }
        let refused_for_good = self.status.is_client_error() && self.status != StatusCode::TOO_MANY_REQUESTS
            || REFUSALS_WITH_500.iter().any(|text| reason.contains(text));
        if self.is_html() && self.status == StatusCode::NOT_FOUND {
            let reason = format!("{}, a web page: is this a registry?", self.status);
            return CatalogError::BadAnswer { address: address.to_owned(), reason };
        }
        if refused_for_good {
            return CatalogError::Refused { reason };
        }
        if self.status.is_server_error() || self.status == StatusCode::TOO_MANY_REQUESTS {
            return CatalogError::Unavailable { reason };
        }
        CatalogError::BadAnswer { address: address.to_owned(), reason: format!("status {}", self.status) }
    }

    fn names_what_is_missing(&self, reason: &str) -> bool {
        let missing = ["Unknown service ID", "Unknown check ID", "No path to datacenter"];
        let known = missing.iter().any(|text| reason.starts_with(text));
        known && (self.status == StatusCode::NOT_FOUND || self.status.is_server_error())
    }

    /// The body's beginning in one line; a web page's is nothing that one would like to read.
    fn text(&self) -> String {
        if self.is_html() {
            return String::new();
        }
        let text = String::from_utf8_lossy(&self.body);
        let line = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
        line.take(REASON_CHARS).collect()
    }

    fn is_html(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        kind.is_some_and(|kind| kind.starts_with("text/html"))
    }
}

/// Consul answers 500 to whatever has no status of its own; these it will answer again.
const REFUSALS_WITH_500: [&str; 3] =
    ["does not have associated TTL", "Scripts are disabled on this agent", "Permission denied"];

//! The client: its settings, and how a request is made.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use muster_catalog::CatalogError;
use muster_wire::header;

use crate::address::{Address, InvalidAddress};
use crate::answer::Answer;
use crate::transport::Pool;

const AGENT: HeaderValue = HeaderValue::from_static(concat!("muster/", env!("CARGO_PKG_VERSION")));

/// How to reach a registry.
#[derive(Clone)]
pub struct ClientConfig {
    /// `host:port`, `http://host:port` or `unix:///path`.
    pub address: String,
    /// The ACL token that every request carries.
    pub token: Option<String>,
    /// Reads may be answered by a server that has not heard from its leader for so long; a later answer
    /// is asked for again from the leader. None: the leader answers every read.
    pub max_stale: Option<Duration>,
    /// The longest time to wait for a connection.
    pub connect_timeout: Duration,
    /// The longest time to wait for a whole answer, beyond the time that a blocking query asks for.
    pub answer_timeout: Duration,
}

impl ClientConfig {
    /// The defaults for the registry at `address`.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            token: None,
            max_stale: None,
            connect_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(10),
        }
    }
}

impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientConfig")
            .field("address", &self.address)
            .field("token", &self.token.as_ref().map(|_| "(hidden)"))
            .field("max_stale", &self.max_stale)
            .field("connect_timeout", &self.connect_timeout)
            .field("answer_timeout", &self.answer_timeout)
            .finish()
    }
}

/// Why no client can be made of a [`ClientConfig`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConfig {
    /// The address.
    #[error(transparent)]
    Address(#[from] InvalidAddress),
    /// The token.
    #[error("ACL token holds a character that no header can carry")]
    Token,
}

/// A client of muster's or Consul's HTTP API.
#[derive(Debug)]
pub struct ConsulClient {
    address: Address,
    token: Option<HeaderValue>,
    pub(crate) max_stale: Option<Duration>,
    answer_timeout: Duration,
    /// For requests that are answered at once.
    prompt: Pool,
    /// For blocking queries, which occupy a connection each for minutes.
    blocking: Pool,
}

/// A request before it has an address.
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) body: Option<Vec<u8>>,
    /// For how long the registry may hold the answer back.
    pub(crate) held_for: Option<Duration>,
}

impl Call {
    pub(crate) fn get(target: String) -> Self {
        Self { method: Method::GET, target, body: None, held_for: None }
    }

    pub(crate) fn put(target: String, body: Option<Vec<u8>>) -> Self {
        Self { method: Method::PUT, target, body, held_for: None }
    }
}

impl ConsulClient {
    /// A client with these settings. Connects when it is first used.
    pub fn new(config: ClientConfig) -> Result<Self, InvalidConfig> {
        let address = Address::parse(&config.address)?;
        let token = config.token.filter(|token| !token.is_empty()).map(HeaderValue::try_from).transpose();
        let mut token = token.map_err(|_| InvalidConfig::Token)?;
        if let Some(token) = &mut token {
            token.set_sensitive(true);
        }
        let pool = || Pool::new(&address, config.connect_timeout);
        Ok(Self {
            prompt: pool(),
            blocking: pool(),
            token,
            max_stale: config.max_stale,
            answer_timeout: config.answer_timeout,
            address,
        })
    }

    /// Where the registry is, for messages.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Makes one request; every answer is an answer here, whatever its status.
    pub(crate) async fn send(&self, call: Call) -> Result<Answer, CatalogError> {
        let unusable = |reason: String| CatalogError::Refused { reason };
        let uri =
            self.address.uri(&call.target).map_err(|error| unusable(format!("request cannot be made: {error}")))?;
        let mut request = Request::builder().method(call.method).uri(uri).header(USER_AGENT, AGENT);
        if let Some(token) = &self.token {
            request = request.header(header::TOKEN, token);
        }
        if call.body.is_some() {
            request = request.header(CONTENT_TYPE, header::JSON);
        }
        let request = request.body(Full::new(Bytes::from(call.body.unwrap_or_default())));
        let request = request.map_err(|error| unusable(format!("request cannot be made: {error}")))?;
        let sent = match call.held_for {
            None => self.prompt.send(request, self.answer_timeout).await,
            Some(wait) => self.blocking.send(request, held_answer_timeout(wait, self.answer_timeout)).await,
        };
        sent.map_err(|error| CatalogError::Unreachable { address: self.address(), source: error.into() })
    }

    /// Makes one request and takes nothing but 200.
    pub(crate) async fn succeed(&self, call: Call) -> Result<Answer, CatalogError> {
        let answer = self.send(call).await?;
        if answer.status == StatusCode::OK { Ok(answer) } else { Err(answer.refusal(&self.address())) }
    }

    pub(crate) fn bad_answer(&self, reason: impl fmt::Display) -> CatalogError {
        CatalogError::BadAnswer { address: self.address(), reason: reason.to_string() }
    }
}

/// How long an answer may take that the registry may hold back for `wait`: it adds up to a sixteenth, so
/// that clients do not all come back at once. Whoever is silent for longer is dead.
fn held_answer_timeout(wait: Duration, answer_timeout: Duration) -> Duration {
    wait.saturating_add(wait / 16).saturating_add(answer_timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocking_query_may_take_its_wait_and_a_sixteenth() {
        let timeout = held_answer_timeout(Duration::from_secs(160), Duration::from_secs(10));
        assert_eq!(timeout, Duration::from_secs(180));
        assert_eq!(held_answer_timeout(Duration::MAX, Duration::from_secs(10)), Duration::MAX);
    }

    #[test]
    fn the_token_is_never_shown() {
        let config = ClientConfig { token: Some("secret".to_owned()), ..ClientConfig::new("consul:8500") };
        assert!(!format!("{config:?}").contains("secret"));
        assert!(!format!("{:?}", ConsulClient::new(config).unwrap()).contains("secret"));
    }

    #[test]
    fn a_token_that_no_header_can_carry_is_refused() {
        let config = ClientConfig { token: Some("sec\nret".to_owned()), ..ClientConfig::new("consul:8500") };
        assert_eq!(ConsulClient::new(config).unwrap_err(), InvalidConfig::Token);
    }
}

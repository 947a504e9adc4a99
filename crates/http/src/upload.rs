//! A request's body, read when its turn comes: a client that waits to be asked for it (`Expect: 100-continue`) is told
//! first what is wrong with the rest of its request.

use std::error::Error;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use muster_wire::request::{BadKvRequest, TransactionRequestError};

use crate::Settings;
use crate::api_error::ApiError;
use crate::router::Route;

/// The longest body but for KV values and transactions.
const MAX_BODY: usize = 8 << 20;
/// How much of a body that nobody wants is read, so that the connection can go on: less than 256 KiB, as in Go's server.
const MAX_UNWANTED: usize = (256 << 10) - 1;

/// A body that waits to be read. Clones are the same one.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    state: Arc<Mutex<State>>,
    limit: Limit,
}

/// How far a body is read.
#[derive(Debug)]
enum State {
    /// Not at all.
    Waiting(Incoming),
    /// Somebody reads it, or gave up before its end.
    Taken,
    /// To its end.
    Read,
}

impl Upload {
    pub(crate) fn new(incoming: Incoming) -> Self {
        Self { state: Arc::new(Mutex::new(State::Waiting(incoming))), limit: Limit::USUAL }
    }

    /// As long as a route allows at most.
    pub(crate) fn limited(mut self, route: &Route, settings: &Settings) -> Self {
        self.limit = Limit::of(route, settings);
        self
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The body as it comes, for whoever reads it piece by piece and says so at its end; none the second time.
    pub(crate) fn take(&self) -> Option<Incoming> {
        let mut state = self.state();
        match mem::replace(&mut *state, State::Taken) {
            State::Waiting(body) => Some(body),
            other => {
                *state = other;
                None
            }
        }
    }

    /// The body that was taken is read to its end: another request can follow it.
    pub(crate) fn has_ended(&self) {
        *self.state() = State::Read;
    }

    /// All of it; nothing the second time.
    pub(crate) async fn read(&self) -> Result<Bytes, ApiError> {
        let Some(body) = self.take() else { return Ok(Bytes::new()) };
        let limit = self.limit;
        let announced = body.size_hint().lower();
        if announced > limit.bytes as u64 {
            *self.state() = State::Waiting(body);
            return Err(limit.refuse(announced));
        }
        match Limited::new(body, limit.bytes).collect().await {
            Ok(collected) => {
                self.has_ended();
                Ok(collected.to_bytes())
            }
            Err(error) if error.is::<LengthLimitError>() => Err(limit.refuse(limit.bytes as u64 + 1)),
            Err(error) => Err((limit.unread)(reason(&*error))),
        }
    }

    /// Reads over what nobody wanted. False: not to its end, so that nothing more can follow on the connection.
    pub(crate) async fn skip(&self, is_held_back: bool) -> bool {
        match self.take() {
            None => matches!(*self.state(), State::Read),
            Some(body) if body.is_end_stream() => true,
            Some(body) if is_held_back || body.size_hint().lower() > MAX_UNWANTED as u64 => false,
            Some(body) => Limited::new(body, MAX_UNWANTED).collect().await.is_ok(),
        }
    }
}

/// Why a body could not be read, in Go's words where it has some.
fn reason(error: &(dyn Error + 'static)) -> String {
    let mut cause = Some(error);
    while let Some(inner) = cause {
        let text = inner.to_string();
        // As hyper says it: what follows a chunk is no end of line; its length is no number.
        if text.starts_with("Invalid chunk") {
            let is_body = text.starts_with("Invalid chunk body");
            return if is_body { "malformed chunked encoding" } else { "invalid byte in chunk length" }.to_owned();
        }
        cause = inner.source();
    }
    error.to_string()
}

/// How long a body may be, with the refusals of a longer one and of one that cannot be read.
#[derive(Debug, Clone, Copy)]
struct Limit {
    bytes: usize,
    refusal: fn(u64, u64) -> String,
    unread: fn(String) -> ApiError,
}

impl Limit {
    const USUAL: Self = Self {
        bytes: MAX_BODY,
        refusal: |bytes, limit| format!("Request body({bytes} bytes) too large, max size: {limit} bytes."),
        unread: |reason| ApiError::bad_request(format!("Request decode failed: {reason}")),
    };

    fn of(route: &Route, settings: &Settings) -> Self {
        let value: fn(u64, u64) -> String = |bytes, limit| BadKvRequest::TooLarge { bytes, limit }.to_string();
        match route.pattern {
            "/v1/kv/" => Self { bytes: settings.max_value_bytes, refusal: value, unread: ApiError::internal },
            "/v1/txn" => Self {
                bytes: settings.max_value_bytes.max(settings.max_transaction_bytes),
                refusal: |bytes, limit| TransactionRequestError::TooLarge { bytes, limit }.to_string(),
                unread: |reason| ApiError::bad_request(format!("Failed to parse body: {reason}")),
            },
            _ => Self::USUAL,
        }
    }

    fn refuse(&self, bytes: u64) -> ApiError {
        ApiError::new(413, (self.refusal)(bytes, self.bytes as u64))
    }
}

//! HTTP requests as a plain client makes them: each on a connection of its own, never tried again.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// An answer is read up to this size.
const LARGEST_BODY: usize = 16 << 20;

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Result<serde_json::Value, ProbeError> {
        serde_json::from_slice(&self.body).map_err(|source| ProbeError::NotJson { body: self.text(), source })
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Why there was no answer, or none that could be read.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// No connection.
    #[error("cannot connect to {address}")]
    Connect {
        /// Where to.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The connection ended, or what came was no HTTP.
    #[error("no whole answer from {address}")]
    Broken {
        /// Where from.
        address: SocketAddr,
        /// What was wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer took longer than the probe's patience.
    #[error("no answer from {address} within {patience:?}")]
    Slow {
        /// Where from.
        address: SocketAddr,
        /// How long it was waited for.
        patience: Duration,
    },
    /// The path cannot stand in a request.
    #[error("{path:?} is no path")]
    Path {
        /// The path.
        path: String,
        /// What is wrong with it.
        source: hyper::http::Error,
    },
    /// Not the JSON that was expected.
    #[error("no JSON: {body:?}")]
    NotJson {
        /// What came instead.
        body: String,
        /// Where it is wrong.
        source: serde_json::Error,
    },
}

/// One GET.
pub async fn get(address: SocketAddr, path: &str, patience: Duration) -> Result<Answer, ProbeError> {
    request(Method::GET, address, path, patience).await
}

/// One PUT.
pub async fn put(
    address: SocketAddr,
    path: &str,
    body: impl Into<Bytes>,
    patience: Duration,
) -> Result<Answer, ProbeError> {
    send(Method::PUT, address, path, body.into(), patience).await
}

/// One request without a body.
pub async fn request(
    method: Method,
    address: SocketAddr,
    path: &str,
    patience: Duration,
) -> Result<Answer, ProbeError> {
    send(method, address, path, Bytes::new(), patience).await
}

async fn send(
    method: Method,
    address: SocketAddr,
    path: &str,
    body: Bytes,
    patience: Duration,
) -> Result<Answer, ProbeError> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("Host", address.to_string())
        .header("Connection", "close")
        .body(Full::new(body))
        .map_err(|source| ProbeError::Path { path: path.to_owned(), source })?;
    match tokio::time::timeout(patience, exchange(address, request)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(ProbeError::Slow { address, patience }),
    }
}

async fn exchange(address: SocketAddr, request: Request<Full<Bytes>>) -> Result<Answer, ProbeError> {
    let broken = |source| ProbeError::Broken { address, source };
    let stream = TcpStream::connect(address).await.map_err(|source| ProbeError::Connect { address, source })?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(error.into()))?;
    let connection = tokio::spawn(connection);
    let outcome = async {
        let response = sender.send_request(request).await.map_err(|error| broken(error.into()))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, LARGEST_BODY).collect().await.map_err(broken)?;
        Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
    };
    let outcome = outcome.await;
    connection.abort();
    outcome
}

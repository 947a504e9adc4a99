//! Connections: from bytes to a [`Call`] and from a [`Reply`] to bytes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use muster_wire::query::unescape_path;
use muster_wire::request::{BadKvRequest, TransactionRequestError};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::Api;
use crate::api_error::ApiError;
use crate::call::Call;
use crate::reply::Reply;
use crate::router::{Route, cleaned, find};

/// A client that has not sent its headers by then is let go.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// The longest body but for KV values.
const MAX_BODY: usize = 8 << 20;
/// The longest KV value, and the longest transaction (Consul's `limits.kv_max_value_size`).
const MAX_VALUE: usize = 512 << 10;
/// How long answers that are under way may take once the server stops.
const LAST_ANSWERS: Duration = Duration::from_millis(300);

/// Serves `listener` until `shutdown`; then lets answers that are under way finish for a moment.
pub async fn serve(api: Arc<Api>, listener: TcpListener, shutdown: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(Arc::clone(&api), stream, shutdown.clone()));
                }
                Err(error) => {
                    // Out of descriptors, mostly: others may be closed meanwhile.
                    warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            () = shutdown.cancelled() => break,
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(LAST_ANSWERS, async { while connections.join_next().await.is_some() {} }).await;
    connections.shutdown().await;
}

async fn connection(api: Arc<Api>, stream: TcpStream, shutdown: CancellationToken) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let api = Arc::clone(&api);
        async move { Ok::<_, Infallible>(answer(api, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        result = &mut connection => {
            if let Err(error) = result {
                debug!(%error, "a connection ended early");
            }
            return;
        }
        () = shutdown.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn answer(api: Arc<Api>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let path = request.uri().path();
    if let Some(clean) = cleaned(path) {
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        return Reply::redirect(&format!("{clean}{query}")).into_response();
    }
    let Some((route, argument)) = find(path) else { return unknown_path(path).into_response() };
    let argument = argument.to_owned();
    let always_pretty = api.always_pretty;
    let pretty = request.uri().query().is_some_and(|query| query.split('&').any(is_pretty));
    let reply = handle(api, route, argument, request).await.unwrap_or_else(ApiError::into_reply).with_policy();
    let reply = if pretty || always_pretty { reply.pretty(pretty) } else { reply };
    reply.into_response()
}

fn is_pretty(pair: &str) -> bool {
    pair == "pretty" || pair.starts_with("pretty=")
}

fn unknown_path(path: &str) -> Reply {
    let text = match path {
        "/" => {
            let text = "Consul Agent: UI disabled. To enable, set ui_config.enabled=true in the agent \
                        configuration and restart.";
            return Reply::raw(text);
        }
        path if path.contains("/v1/") => "Invalid URL path: not a recognized HTTP API endpoint\n",
        _ => "Invalid URL path: if attempting to use the HTTP API, ensure the path starts with '/v1/'\n",
    };
    Reply::error(404, text.to_owned(), false)
}

async fn handle(
    api: Arc<Api>,
    route: &'static Route,
    argument: String,
    request: Request<Incoming>,
) -> Result<Reply, ApiError> {
    let method = request.method().clone();
    if method == hyper::Method::OPTIONS {
        return Ok(Reply::options(&route.allowed()));
    }
    if !route.methods.contains(&method.as_str()) {
        return Ok(Reply::method_not_allowed(method.as_str(), &route.allowed()));
    }
    let argument = unescape_path(&argument).map_err(|_| ApiError::bad_request("Path is not valid UTF-8"))?.into_owned();
    let (parts, body) = request.into_parts();
    let body = collect(body, Limit::of(route)).await?;
    let query = parts.uri.query().unwrap_or_default().to_owned();
    (route.handler)(api, Call { method, argument, query, headers: parts.headers, body }).await
}

/// How long a body may be, with the refusal of a longer one.
struct Limit {
    bytes: usize,
    refusal: fn(u64, u64) -> String,
}

impl Limit {
    fn of(route: &Route) -> Self {
        let value: fn(u64, u64) -> String = |bytes, limit| BadKvRequest::TooLarge { bytes, limit }.to_string();
        match route.pattern {
            "/v1/kv/" => Self { bytes: MAX_VALUE, refusal: value },
            "/v1/txn" => Self {
                bytes: MAX_VALUE,
                refusal: |bytes, limit| TransactionRequestError::TooLarge { bytes, limit }.to_string(),
            },
            _ => Self { bytes: MAX_BODY, refusal: value },
        }
    }

    fn refuse(&self, bytes: u64) -> ApiError {
        ApiError::new(413, (self.refusal)(bytes, self.bytes as u64))
    }
}

async fn collect(body: Incoming, limit: Limit) -> Result<Bytes, ApiError> {
    let announced = body.size_hint().lower();
    if announced > limit.bytes as u64 {
        return Err(limit.refuse(announced));
    }
    match Limited::new(body, limit.bytes).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(limit.refuse(limit.bytes as u64 + 1)),
        Err(error) => Err(ApiError::bad_request(format!("Request body could not be read: {error}"))),
    }
}

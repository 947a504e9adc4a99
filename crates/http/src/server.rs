//! Connections: from bytes to a [`Call`] and from a [`Reply`] to bytes.

use std::borrow::Cow;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::header::{EXPECT, HOST, TRANSFER_ENCODING};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use muster_wire::query::{Params, is_escaped_well, plain_path, unescape_path};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::api_error::ApiError;
use crate::call::Call;
use crate::compression;
use crate::listener::Listener;
use crate::reply::{Reply, ReplyBody};
use crate::request_line::{NextRequest, RequestLines};
use crate::router::{Route, cleaned, find};
use crate::upload::Upload;
use crate::{Api, prepared};

/// How long answers that are under way may take once the server stops.
const LAST_ANSWERS: Duration = Duration::from_millis(300);
/// hyper's buffers are never smaller.
const LEAST_BUFFER: usize = 8192;
/// What a client with too many connections is told, as Consul tells it, before it is let go.
const TOO_MANY: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\
Connection: close\r\n\r\n";

/// Serves `listener` until `shutdown`; then lets answers that are under way finish for a moment.
pub async fn serve<L: Listener>(api: Arc<Api>, listener: L, shutdown: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.next() => match accepted {
                Ok((stream, client)) => {
                    connections.spawn(connection(Arc::clone(&api), stream, client, shutdown.clone()));
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

async fn connection<S>(api: Arc<Api>, mut stream: S, client: Option<IpAddr>, shutdown: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let place = client.map(|client| api.connections.enter(client));
    if let Some(None) = place {
        // Who does not wait for it does not need to know.
        let _ = stream.write_all(TOO_MANY).await;
        return;
    }
    // Who may open the socket's file is on this host.
    let client = client.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let head_limit = api.settings.head_limit();
    let next = NextRequest::default();
    let lines = RequestLines::new(stream, next.clone());
    let service = service_fn(move |request| {
        let (api, next) = (Arc::clone(&api), next.clone());
        async move { Ok::<_, Infallible>(answer(api, client, next, request).await) }
    });
    let mut server = http1::Builder::new();
    let connection = server
        .max_header_size(head_limit)
        // Heads stand in the buffer until they are whole.
        .max_buf_size(head_limit.max(LEAST_BUFFER))
        .timer(TokioTimer::new())
        // hyper's would end connections that are silent between two requests: `RequestLines` looks after heads.
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(lines), service);
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

async fn answer(api: Arc<Api>, client: IpAddr, next: NextRequest, request: Request<Incoming>) -> Response<ReplyBody> {
    next.has_head();
    if let Some(refused) = unfit(&request) {
        return refused.into_response();
    }
    if request.body().is_end_stream() {
        next.is_next();
    }
    let target = prepared::target(&request);
    if let Some(target) = &target
        && !api.rates.counts_reads()
        && let Some(prepared) = api.prepared.find(prepared::text(target))
        && api.registry.is_at(prepared.at).await
    {
        return prepared.response(compression::is_accepted(request.headers()));
    }
    let kept = Arc::clone(&api);
    let (parts, body) = request.into_parts();
    let upload = Upload::new(body);
    let is_held_back = parts.headers.contains_key(EXPECT);
    let request = Request::from_parts(parts, ());
    let reply = match refused(&api, &request) {
        Some(reply) => reply,
        None => routed(api, client, request, upload.clone()).await,
    };
    // Whoever answered, and however early: what is left of the body is no request line.
    let is_read = upload.skip(is_held_back).await;
    next.is_next();
    let reply = if is_read { reply } else { reply.closing() };
    let reply = reply.with_headers(&kept.settings.response_headers);
    if let Some(target) = target
        && let Some(prepared) = reply.prepared()
    {
        kept.prepared.keep(prepared::text(&target), prepared);
    }
    reply.into_response()
}

/// What Go's server refuses by its headers, with its texts, and closes the connection then.
fn unfit(request: &Request<Incoming>) -> Option<Reply> {
    let headers = request.headers();
    let mut hosts = headers.get_all(HOST).iter();
    let problem = match (hosts.next(), hosts.next()) {
        (None, _) if request.version() >= Version::HTTP_11 => "missing required Host header",
        (Some(_), Some(_)) => "too many Host headers",
        (Some(host), None) if host.as_bytes().iter().any(|byte| byte.is_ascii_whitespace() || *byte >= 0x80) => {
            "malformed Host header"
        }
        _ => {
            // The body's bytes would be stored as they came, in an encoding that nobody remembers.
            let coded = |value: &hyper::header::HeaderValue| !value.as_bytes().eq_ignore_ascii_case(b"chunked");
            return headers
                .get_all(TRANSFER_ENCODING)
                .iter()
                .any(coded)
                .then(|| Reply::error(501, "Unsupported transfer encoding".to_owned(), false).closing());
        }
    };
    Some(Reply::error(400, format!("400 Bad Request: {problem}"), false).closing())
}

/// What Go's server refuses before anything of Consul's sees it.
fn refused(api: &Api, request: &Request<()>) -> Option<Reply> {
    let path = request.uri().path();
    if path == "*" {
        // The whole server is meant, of which nothing else can be asked.
        return Some(if *request.method() == Method::OPTIONS { Reply::bare(200) } else { Reply::bare(400).closing() });
    }
    if !is_escaped_well(path) {
        return Some(Reply::error(400, "400 Bad Request".to_owned(), false).closing());
    }
    if request.headers().get(EXPECT).is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        return Some(Reply::bare(417).closing());
    }
    (!api.settings.unprintable_paths && !is_printable(path)).then(|| Reply::bare(400))
}

async fn routed(api: Arc<Api>, client: IpAddr, request: Request<()>, upload: Upload) -> Reply {
    let path = plain_path(request.uri().path()).into_owned();
    let target = |path: &str| match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let with_page = *request.method() == Method::GET;
    if let Some(clean) = cleaned(&path) {
        return Reply::redirect(&target(&clean), with_page);
    }
    let Some((route, argument)) = find(&path) else {
        let folder = format!("{path}/");
        return match find(&folder) {
            Some((route, "")) if route.pattern == folder => Reply::redirect(&target(&folder), with_page),
            _ => unknown_path(&path),
        };
    };
    let compress = compression::is_accepted(request.headers());
    let argument = argument.to_owned();
    let always_pretty = api.always_pretty;
    let pretty = request.uri().query().is_some_and(|query| query.split('&').any(is_pretty));
    let reply = match shut(&api, &request) {
        Some(reply) => reply,
        None => handle(api, client, route, argument, request, upload).await,
    };
    let reply = reply.with_policy();
    let reply = if pretty || always_pretty { reply.pretty(pretty) } else { reply };
    reply.compressed(compress)
}

/// The answer to a request whose query string is none, or that the configuration shuts out.
fn shut(api: &Api, request: &Request<()>) -> Option<Reply> {
    // Only these can make a query string none.
    let query = request.uri().query().filter(|query| query.contains(['%', ';']));
    if let Some(Err(error)) = query.map(Params::parse) {
        return Some(ApiError::from(error).into_reply());
    }
    let path = request.uri().path();
    let is_blocked = api.settings.blocks(&unescape_path(path).unwrap_or(path.into()));
    is_blocked.then(|| Reply::error(403, "Endpoint is blocked by agent configuration".to_owned(), false))
}

fn is_write(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether all of a path, decoded, can be seen (Go's `unicode.IsPrint`).
fn is_printable(path: &str) -> bool {
    if path.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b'%') {
        return true;
    }
    // Bytes that are no UTF-8 are left to who reads the path.
    unescape_path(path).map_or(true, |path| path.chars().all(muster_model::is_printable))
}

fn is_pretty(pair: &str) -> bool {
    pair == "pretty" || pair.starts_with("pretty=")
}

fn unknown_path(path: &str) -> Reply {
    let text = match path {
        "/" => {
            let text = "Consul Agent: UI disabled. To enable, set ui_config.enabled=true in the agent \
                        configuration and restart.";
            return Reply::typed(muster_wire::header::ERROR_TEXT, text);
        }
        path if path.contains("/v1/") => "Invalid URL path: not a recognized HTTP API endpoint\n",
        _ => "Invalid URL path: if attempting to use the HTTP API, ensure the path starts with '/v1/'\n",
    };
    Reply::error(404, text.to_owned(), false)
}

async fn handle(
    api: Arc<Api>,
    client: IpAddr,
    route: &'static Route,
    argument: String,
    request: Request<()>,
    upload: Upload,
) -> Reply {
    let method = request.method().clone();
    if method == Method::OPTIONS {
        return Reply::options(&route.allowed());
    }
    if !route.methods.contains(&method.as_str()) {
        return Reply::method_not_allowed(method.as_str(), &route.allowed());
    }
    if is_write(&method) && !api.settings.may_write(client) {
        return Reply::error(403, "Access is restricted".to_owned(), false);
    }
    if let Err(error) = api.rates.admit(&method, route.pattern) {
        return error.into_reply();
    }
    let Ok(argument) = unescape_path(&argument).map(Cow::into_owned) else {
        return ApiError::bad_request("Path is not valid UTF-8").into_reply();
    };
    let parts = request.into_parts().0;
    let upload = upload.limited(route, &api.settings);
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let call = Call { method, argument, query, headers: parts.headers, upload };
    (route.handler)(api, call).await.unwrap_or_else(ApiError::into_reply)
}

//! One request over a connection of its own, as a health check's should be: a connection that is kept would hide
//! that nobody can open a new one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONNECTION, HOST, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use muster_model::Tls;
use url::Url;

use crate::dial::{Stream, connect};
use crate::tail::Tail;
use crate::tls::{self, Inside};

/// A request that can be sent again somewhere else.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Sends the request and returns the answer's head; `body` takes in what follows.
pub(crate) async fn exchange(asked: &Asked, settings: &Tls, body: &mut Tail) -> Result<Response<()>, String> {
    let url = &asked.url;
    let host = url.host_str().ok_or("http: no Host in request URL")?;
    let port = url.port_or_known_default().ok_or("http: no port in request URL")?;
    let stream = connect(&format!("{host}:{port}")).await.map_err(|error| error.to_string())?;
    let stream: Box<dyn Stream> = if url.scheme() == "https" {
        Box::new(tls::wrap(stream, host, settings, Inside::Anything).await.map_err(|error| error.to_string())?)
    } else {
        Box::new(stream)
    };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(told)?;
    let request = request(asked, host).map_err(|error| format!("net/http: {error}"))?;
    let answer = async {
        let answer = sender.send_request(request).await.map_err(told)?;
        let (parts, incoming) = answer.into_parts();
        read(incoming, body).await?;
        Ok(Response::from_parts(parts, ()))
    };
    tokio::pin!(answer, connection);
    // The connection has to be driven; it ends when the answer is complete, or before.
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        ended = &mut connection => match ended {
            Err(error) => Err(told(error)),
            Ok(()) => answer.await,
        },
    }
}

fn request(asked: &Asked, host: &str) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    let url = &asked.url;
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let mut request =
        Request::builder().method(asked.method.clone()).uri(target).body(Full::new(asked.body.clone()))?;
    let headers = request.headers_mut();
    *headers = asked.headers.clone();
    if !headers.contains_key(HOST) {
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        headers.insert(HOST, HeaderValue::from_str(&authority)?);
    }
    if !headers.contains_key(AUTHORIZATION) && (!url.username().is_empty() || url.password().is_some()) {
        let pair = STANDARD.encode(format!("{}:{}", url.username(), url.password().unwrap_or_default()));
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&format!("Basic {pair}"))?);
    }
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    Ok(request)
}

async fn read(mut incoming: Incoming, body: &mut Tail) -> Result<(), String> {
    while let Some(frame) = incoming.frame().await {
        if let Ok(data) = frame.map_err(told)?.into_data() {
            body.write(&data);
        }
    }
    Ok(())
}

/// An error with what caused it, on one line.
fn told(error: hyper::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

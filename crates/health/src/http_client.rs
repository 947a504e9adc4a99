//! One request over a connection of its own, as a health check's should be: a connection that is kept would hide
//! that nobody can open a new one.

use std::pin::{Pin, pin};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONNECTION, HOST, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use muster_model::Tls;
use percent_encoding::percent_decode_str;
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

/// An answer whose body is still to come.
pub(crate) struct Answering {
    /// Status and headers.
    pub head: Response<()>,
    incoming: Incoming,
    /// Has to be driven for the body to come; none: it has ended.
    connection: Option<Driven>,
}

type Driven = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// Sends the request and waits for the answer's head.
pub(crate) async fn exchange(asked: &Asked, settings: &Tls) -> Result<Answering, String> {
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
    let (mut connection, mut driven): (Driven, _) = (Box::pin(connection), true);
    let mut answer = pin!(sender.send_request(request));
    let answer = tokio::select! {
        biased;
        answer = &mut answer => answer,
        ended = &mut connection => {
            ended.map_err(told)?;
            driven = false;
            answer.await
        }
    };
    let (head, incoming) = answer.map_err(told)?.into_parts();
    Ok(Answering { head: Response::from_parts(head, ()), incoming, connection: driven.then_some(connection) })
}

impl Answering {
    /// Reads the body into `body`, as far as it comes.
    pub async fn read(&mut self, body: &mut Tail) {
        let Self { incoming, connection, .. } = self;
        let read = async {
            while let Some(Ok(frame)) = incoming.frame().await {
                if let Ok(data) = frame.into_data() {
                    body.write(&data);
                }
            }
        };
        let Some(connection) = connection else { return read.await };
        let mut read = pin!(read);
        tokio::select! {
            biased;
            () = &mut read => {}
            // What has come already is still there to be read.
            _ = connection => read.await,
        }
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
        // Each as it was meant, not as a URL spells it.
        let [name, password] =
            [url.username(), url.password().unwrap_or_default()].map(|text| percent_decode_str(text).collect());
        let pair: Vec<u8> = [name, vec![b':'], password].concat();
        let pair = STANDARD.encode(pair);
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&format!("Basic {pair}"))?);
    }
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    Ok(request)
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

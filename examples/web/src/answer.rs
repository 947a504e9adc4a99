//! What each request is answered.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use crate::counter::Counter;

/// The application behind one listener: its container's name and the counter it shares with its siblings.
pub(crate) struct Application {
    container: String,
    counter: Counter,
}

impl Application {
    pub(crate) fn new(container: &str, counter: Counter) -> Self {
        Self { container: container.to_owned(), counter }
    }

    /// Answers one request; everything that can go wrong is an answer too.
    pub(crate) async fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        if request.method() != Method::GET {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "only GET is answered here\n".to_owned());
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
            return response;
        }
        match request.uri().path() {
            "/" => self.count().await,
            "/health" => text(StatusCode::OK, "ok\n".to_owned()),
            _ => text(StatusCode::NOT_FOUND, "only / and /health are here\n".to_owned()),
        }
    }

    async fn count(&self) -> Response<Full<Bytes>> {
        match self.counter.increment().await {
            Ok(hits) => json(format!("{{\"container\":\"{}\",\"hits\":{hits}}}\n", self.container)),
            Err(error) => {
                let line = one_line(&error);
                eprintln!("{line}");
                text(StatusCode::SERVICE_UNAVAILABLE, format!("{line}\n"))
            }
        }
    }
}

fn one_line(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        line.push_str(": ");
        line.push_str(&error.to_string());
        source = error.source();
    }
    line.replace(['\n', '\r'], " ")
}

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    response(status, "text/plain; charset=utf-8", body)
}

fn json(body: String) -> Response<Full<Bytes>> {
    response(StatusCode::OK, "application/json", body)
}

fn response(status: StatusCode, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

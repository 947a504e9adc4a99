//! Answers, with the headers that Consul's clients read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{AGE, ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, VARY};
use hyper::{Response, StatusCode};
use muster_model::Index;
use muster_wire::header;
use muster_wire::query::Consistency;
use tokio::sync::mpsc;

use crate::bodies::{Encoded, Form, in_form};
use crate::header_name;
use crate::prepared::Prepared;

/// An answer before it is sent.
pub(crate) struct Reply {
    status: u16,
    content_type: Option<&'static str>,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Content,
    form: Form,
    /// The registry's index that it is good for, if it depends on nothing else.
    at: Option<Index>,
}

/// What is in it.
enum Content {
    Own(Bytes),
    /// A body that others are sent too.
    Shared(Arc<Encoded>),
    Stream(Chunks),
}

/// A body that is made while it is sent; an error cuts the connection.
pub(crate) type Chunks = mpsc::Receiver<io::Result<Bytes>>;

impl Reply {
    /// JSON.
    pub(crate) fn json(body: impl Into<Bytes>) -> Self {
        Self {
            status: 200,
            content_type: Some(header::JSON),
            headers: Vec::new(),
            body: Content::Own(body.into()),
            form: Form::default(),
            at: None,
        }
    }

    /// Text for people and load balancers.
    pub(crate) fn text(body: impl Into<Bytes>) -> Self {
        Self { content_type: Some(header::PLAIN_TEXT), ..Self::json(body) }
    }

    /// 200 with nothing in it, as most agent calls answer.
    pub(crate) fn empty() -> Self {
        Self::json(Bytes::new())
    }

    /// 404 with nothing in it, as a missing key answers.
    pub(crate) fn missing() -> Self {
        Self {
            status: 404,
            content_type: None,
            headers: Vec::new(),
            body: Content::Own(Bytes::new()),
            form: Form::default(),
            at: None,
        }
    }

    /// What is made while it is sent.
    pub(crate) fn stream(content_type: &'static str, chunks: Chunks) -> Self {
        let (headers, body) = (Vec::new(), Content::Stream(chunks));
        Self { status: 200, content_type: Some(content_type), headers, body, form: Form::default(), at: None }
    }

    /// The value itself.
    pub(crate) fn raw(body: impl Into<Bytes>) -> Self {
        let headers = vec![
            (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff")),
            (HeaderName::from_static("content-security-policy"), HeaderValue::from_static("sandbox")),
        ];
        Self {
            status: 200,
            content_type: Some(header::PLAIN_TEXT),
            headers,
            body: Content::Own(body.into()),
            form: Form::default(),
            at: None,
        }
    }

    /// A body of a type that only one endpoint has.
    pub(crate) fn typed(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            status: 200,
            content_type: Some(content_type),
            headers: Vec::new(),
            body: Content::Own(body.into()),
            form: Form::default(),
            at: None,
        }
    }

    /// A status with neither body nor type.
    pub(crate) fn bare(status: u16) -> Self {
        Self {
            status,
            content_type: None,
            headers: Vec::new(),
            body: Content::Own(Bytes::new()),
            form: Form::default(),
            at: None,
        }
    }

    pub(crate) fn error(status: u16, text: String, as_query: bool) -> Self {
        let reply = Self {
            status,
            content_type: Some(header::ERROR_TEXT),
            headers: Vec::new(),
            body: Content::Own(Bytes::from(text)),
            form: Form::default(),
            at: None,
        };
        if as_query { reply.with_query(Index(1), false) } else { reply }
    }

    /// The last answer on its connection.
    pub(crate) fn closing(mut self) -> Self {
        if !self.headers.iter().any(|(name, _)| name == CONNECTION) {
            self.headers.push((CONNECTION, HeaderValue::from_static("close")));
        }
        self
    }

    /// 405 with the methods that are there.
    pub(crate) fn method_not_allowed(method: &str, allowed: &str) -> Self {
        let mut reply = Self::error(405, format!("method {method} not allowed"), false);
        reply.allow(allowed);
        reply
    }

    /// What `OPTIONS` answers.
    pub(crate) fn options(allowed: &str) -> Self {
        let mut reply = Self::empty();
        reply.allow(allowed);
        reply
    }

    /// To the path as Go would clean it; with a page for people who follow it by hand.
    pub(crate) fn redirect(to: &str, with_page: bool) -> Self {
        let mut reply = Self { status: 307, content_type: None, ..Self::empty() };
        if with_page {
            let escaped = to.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&#34;");
            reply.content_type = Some("text/html; charset=utf-8");
            reply.body = Content::Own(Bytes::from(format!("<a href=\"{escaped}\">Temporary Redirect</a>.\n\n")));
        }
        if let Ok(value) = HeaderValue::from_str(to) {
            reply.headers.push((LOCATION, value));
        }
        reply
    }

    fn allow(&mut self, allowed: &str) {
        if let Ok(value) = HeaderValue::from_str(allowed) {
            self.headers.push((ALLOW, value));
        }
    }

    /// Adds the index alone.
    pub(crate) fn with_index(mut self, index: Index) -> Self {
        self.add(&header_name::INDEX, HeaderValue::from(index.0));
        self
    }

    /// Adds the headers of every query.
    pub(crate) fn with_query(mut self, index: Index, leader: bool) -> Self {
        self = self.with_index(index).with_leader(leader);
        self.add(&header_name::QUERY_BACKEND, HeaderValue::from_static("blocking-query"));
        self
    }

    /// Adds what a read says that has no index.
    pub(crate) fn with_leader(mut self, leader: bool) -> Self {
        self.add(&header_name::KNOWN_LEADER, HeaderValue::from_static(if leader { "true" } else { "false" }));
        self.add(&header_name::LAST_CONTACT, HeaderValue::from_static("0"));
        self
    }

    /// The same with another status.
    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Adds what catalog and health say besides.
    pub(crate) fn with_consistency(mut self, consistency: Consistency, cached: bool) -> Self {
        self.add(&header_name::EFFECTIVE_CONSISTENCY, HeaderValue::from_static(consistency.as_str()));
        self.with_cache(cached)
    }

    /// Adds that the answer is as new as it could be, if an old one would have done.
    pub(crate) fn with_cache(mut self, cached: bool) -> Self {
        if cached {
            self.add(&header_name::CACHE, HeaderValue::from_static("MISS"));
        }
        self
    }

    /// Adds that the answer is one that was there, and is as good as new.
    pub(crate) fn with_cache_hit(mut self) -> Self {
        self.add(&header_name::CACHE, HeaderValue::from_static("HIT"));
        self.add(&AGE, HeaderValue::from_static("0"));
        self
    }

    /// Adds what every endpoint of the API says.
    pub(crate) fn with_policy(mut self) -> Self {
        self.add(&header_name::DEFAULT_ACL_POLICY, HeaderValue::from_static("allow"));
        self
    }

    /// Adds a header whose value is ours.
    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            self.headers.push((name, value));
        }
        self
    }

    /// The same, so that clones share the body in all its forms.
    pub(crate) fn shared(mut self) -> Self {
        if let Content::Own(body) = self.body {
            self.body = Content::Shared(Encoded::new(body));
        }
        self
    }

    /// Good for whoever asks the same, as long as the registry's index is `at`.
    pub(crate) fn good_at(mut self, at: Option<Index>) -> Self {
        self.at = at;
        self
    }

    /// The same as it goes out again and again, if it may.
    pub(crate) fn prepared(&self) -> Option<Prepared> {
        let (at, Content::Shared(body)) = (self.at?, &self.body) else { return None };
        let form = Form { gzip: false, ..self.form };
        let response = Self { form, ..self.clone() }.into_response();
        let (status, headers) = (response.status(), response.headers().clone());
        Some(Prepared { at, status, headers, body: Arc::clone(body), form })
    }

    /// How long the body is, as far as that is known.
    pub(crate) fn body_len(&self) -> usize {
        match &self.body {
            Content::Own(body) => body.len(),
            Content::Shared(body) => body.plain().len(),
            Content::Stream(_) => 0,
        }
    }

    /// Lays JSON out, if this is JSON.
    pub(crate) fn pretty(mut self, line_feed: bool) -> Self {
        if self.content_type == Some(header::JSON) && self.body_len() > 0 {
            self.form.pretty = Some(line_feed);
        }
        self
    }

    fn add(&mut self, name: &HeaderName, value: HeaderValue) {
        self.headers.push((name.clone(), value));
    }

    /// Adds what the configuration adds to every answer.
    pub(crate) fn with_headers(mut self, headers: &[(HeaderName, HeaderValue)]) -> Self {
        self.headers.extend_from_slice(headers);
        self
    }

    /// Compresses the body, if that is wanted and worth it.
    pub(crate) fn compressed(mut self, wanted: bool) -> Self {
        self.headers.push((VARY, HeaderValue::from_static("Accept-Encoding")));
        self.form.gzip = wanted;
        self
    }

    pub(crate) fn into_response(mut self) -> Response<ReplyBody> {
        let (body, gzip) = match self.body {
            Content::Own(body) => in_form(&body, self.form),
            Content::Shared(body) => body.in_form(self.form),
            Content::Stream(chunks) => {
                return head(ReplyBody::Stream(chunks), self.status, self.content_type, self.headers);
            }
        };
        if gzip {
            self.headers.push((CONTENT_ENCODING, HeaderValue::from_static("gzip")));
        }
        head(ReplyBody::Whole(Full::new(body)), self.status, self.content_type, self.headers)
    }
}

impl Clone for Reply {
    /// A stream has one reader: its clone is empty.
    fn clone(&self) -> Self {
        let body = match &self.body {
            Content::Own(body) => Content::Own(body.clone()),
            Content::Shared(body) => Content::Shared(Arc::clone(body)),
            Content::Stream(_) => Content::Own(Bytes::new()),
        };
        Self { headers: self.headers.clone(), body, ..*self }
    }
}

fn head(
    body: ReplyBody,
    status: u16,
    content_type: Option<&'static str>,
    headers: Vec<(HeaderName, HeaderValue)>,
) -> Response<ReplyBody> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(content_type) = content_type {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    response.headers_mut().extend(headers);
    response
}

/// An answer's body.
pub(crate) enum ReplyBody {
    Whole(Full<Bytes>),
    Stream(Chunks),
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
            Self::Stream(chunks) => chunks.poll_recv(context).map(|chunk| Some(chunk?.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(body) if body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}

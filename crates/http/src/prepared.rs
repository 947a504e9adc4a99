//! Whole answers to plain reads, by request target: while nothing changes in the registry, what was answered once is
//! sent again as it is, without reading the request any further.
//!
//! Any effective write makes all of them old. Then the answers and bodies that a write did not touch are found in
//! their own places ([`crate::bodies`]), and new whole answers are made of them.

use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_ENCODING, EXPECT, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Uri};
use muster_model::Index;

use crate::bodies::{Encoded, Form};
use crate::recent::Recent;
use crate::reply::ReplyBody;

/// How many bytes of answers a generation holds at most; the bodies are shared with [`crate::bodies`].
const GENERATION_BYTES: usize = 2 << 20;
/// What an answer costs besides its body and target.
const OVERHEAD: usize = 1024;

static NAMESPACE: HeaderName = HeaderName::from_static("x-consul-namespace");
static PARTITION: HeaderName = HeaderName::from_static("x-consul-partition");

/// An answer as it goes out.
pub(crate) struct Prepared {
    /// The registry's index when it was evaluated.
    pub(crate) at: Index,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Arc<Encoded>,
    pub(crate) form: Form,
}

/// The latest answers by target.
pub(crate) struct Answers(Recent<Box<str>, Arc<Prepared>>);

impl Default for Answers {
    fn default() -> Self {
        Self(Recent::new(GENERATION_BYTES))
    }
}

impl Answers {
    pub(crate) fn find(&self, target: &str) -> Option<Arc<Prepared>> {
        self.0.find(target, |prepared| Some(Arc::clone(prepared)))
    }

    pub(crate) fn keep(&self, target: &str, prepared: Prepared) {
        let weight = prepared.body.plain().len() + target.len() + OVERHEAD;
        self.0.keep(Box::from(target), Arc::new(prepared), weight);
    }
}

impl Prepared {
    pub(crate) fn response(&self, gzip: bool) -> Response<ReplyBody> {
        let (body, is_gzip) = self.body.in_form(Form { gzip, ..self.form });
        let mut response = Response::new(ReplyBody::Whole(Full::new(body)));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        if is_gzip {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// The target of a request whose answer depends on nothing else but what is accepted.
pub(crate) fn target(request: &Request<Incoming>) -> Option<Uri> {
    let headers = request.headers();
    let special = [&CACHE_CONTROL, &EXPECT, &NAMESPACE, &PARTITION].into_iter().any(|name| headers.contains_key(name));
    let plain = *request.method() == Method::GET && request.body().is_end_stream() && !special;
    plain.then(|| request.uri().clone())
}

/// Its text.
pub(crate) fn text(target: &Uri) -> &str {
    target.path_and_query().map_or("", |target| target.as_str())
}

//! Following redirects by the rules of Go's HTTP client.

use bytes::Bytes;
use hyper::header::{AUTHORIZATION, COOKIE, HOST, LOCATION, WWW_AUTHENTICATE};
use hyper::{Method, Response, StatusCode};
use url::Url;

use crate::http_client::Asked;
use crate::shown_url::shown_unread;

/// After so many requests Go gives up.
pub(crate) const MOST: usize = 10;

/// The request that an answer sends on to; none: the answer stands.
pub(crate) fn next(asked: &Asked, answer: &Response<()>) -> Option<Result<Asked, String>> {
    let keeps_method = match answer.status() {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER => false,
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
        _ => return None,
    };
    let header = answer.headers().get(LOCATION)?;
    let url = location(answer).and_then(|text| asked.url.join(text).ok());
    let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https")) else {
        let text = shown_unread(&String::from_utf8_lossy(header.as_bytes()));
        return Some(Err(format!("failed to parse Location header {text:?}")));
    };
    let mut next = Asked { url, ..asked.clone() };
    if !keeps_method {
        if next.method != Method::HEAD {
            next.method = Method::GET;
        }
        next.body = Bytes::new();
    }
    if !is_within(&next.url, &asked.url) {
        // What was meant for one host is not told another.
        for secret in [AUTHORIZATION, COOKIE, WWW_AUTHENTICATE, HOST] {
            next.headers.remove(secret);
        }
    }
    Some(Ok(next))
}

/// Where an answer sends to, as it says it.
pub(crate) fn location(answer: &Response<()>) -> Option<&str> {
    answer.headers().get(LOCATION)?.to_str().ok()
}

/// Whether a URL's host is that of another or lies under it.
fn is_within(inner: &Url, outer: &Url) -> bool {
    let (Some(inner), Some(outer)) = (inner.host_str(), outer.host_str()) else { return false };
    inner == outer || inner.strip_suffix(outer).is_some_and(|rest| rest.ends_with('.'))
}

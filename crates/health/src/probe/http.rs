//! A URL answers: 2xx passes, 429 warns, anything else is critical.

use std::time::Duration;

use bytes::Bytes;
use hyper::ext::ReasonPhrase;
use hyper::header::{ACCEPT, HeaderName, HeaderValue, USER_AGENT};
use hyper::{HeaderMap, Method, Response, StatusCode};
use muster_model::{CheckStatus, HttpProbe};
use tokio::time::{Instant, timeout_at};
use url::{ParseError, Url};

use crate::Outcome;
use crate::http_client::{Answering, Asked, exchange};
use crate::redirect;
use crate::shown_url::{shown, shown_unread};
use crate::tail::Tail;

pub(super) async fn run(probe: &HttpProbe, timeout: Duration, limit: usize) -> Outcome {
    let method = if probe.method.is_empty() { "GET" } else { &probe.method };
    let deadline = Instant::now() + timeout;
    let late = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
    let mut url = shown(&probe.url);
    let fetched = timeout_at(deadline, fetch(probe, method, &mut url)).await;
    match fetched.unwrap_or_else(|_| Err(Failure::Exchange(late.to_owned()))) {
        Ok(mut answer) => {
            let mut body = Tail::new(limit);
            // The status counts, as in Consul: a body that breaks off or never ends is told as far as it came.
            let _ = timeout_at(deadline, answer.read(&mut body)).await;
            let answer = &answer.head;
            let output = format!("HTTP {method} {}: {} Output: {}", probe.url, status_line(answer), body.text());
            Outcome { status: meaning(answer.status()), output }
        }
        Err(Failure::Request(text)) => Outcome::critical(text),
        // As Go says it: the method with only its first letter large.
        Err(Failure::Exchange(text)) => {
            let (first, rest) = method.split_at_checked(1).unwrap_or((method, ""));
            Outcome::critical(format!("{first}{} {url:?}: {text}", rest.to_lowercase()))
        }
    }
}

/// Why there is no answer.
enum Failure {
    /// It cannot even be asked.
    Request(String),
    /// It was asked, or could have been.
    Exchange(String),
}

fn meaning(status: StatusCode) -> CheckStatus {
    match status {
        _ if status.is_success() => CheckStatus::Passing,
        StatusCode::TOO_MANY_REQUESTS => CheckStatus::Warning,
        _ => CheckStatus::Critical,
    }
}

/// The status as the server put it, with the blank before a reason that is not there.
fn status_line(answer: &Response<()>) -> String {
    let own = answer.extensions().get::<ReasonPhrase>().map(|phrase| String::from_utf8_lossy(phrase.as_bytes()));
    let usual = answer.status().canonical_reason().unwrap_or_default();
    format!("{} {}", answer.status().as_u16(), own.as_deref().unwrap_or(usual))
}

/// Asks, and asks on where it is sent to. `url`: what is being asked, as Go names it: without a password.
async fn fetch(probe: &HttpProbe, method: &str, url: &mut String) -> Result<Answering, Failure> {
    let scheme = |scheme: &str| Failure::Exchange(format!("unsupported protocol scheme {scheme:?}"));
    let mut asked = Asked {
        method: Method::from_bytes(method.as_bytes())
            .map_err(|_| Failure::Request(format!("net/http: invalid method {method:?}")))?,
        url: Url::parse(&probe.url).map_err(|error| match error {
            // Go takes it for a path.
            ParseError::RelativeUrlWithoutBase => scheme(""),
            other => Failure::Request(format!("parse {:?}: {other}", shown_unread(&probe.url))),
        })?,
        headers: headers(probe).map_err(Failure::Exchange)?,
        body: Bytes::copy_from_slice(probe.body.as_bytes()),
    };
    if !matches!(asked.url.scheme(), "http" | "https") {
        return Err(scheme(asked.url.scheme()));
    }
    for asked_so_far in 1..=redirect::MOST {
        let answer = exchange(&asked, &probe.tls).await.map_err(Failure::Exchange)?;
        if probe.disable_redirects {
            return Ok(answer);
        }
        let Some(next) = redirect::next(&asked, &answer.head) else { return Ok(answer) };
        asked = next.map_err(Failure::Exchange)?;
        // The last place that it is sent to is named as the server did.
        *url = match asked_so_far {
            redirect::MOST => shown(redirect::location(&answer.head).unwrap_or_default()),
            _ => shown(asked.url.as_str()),
        };
    }
    Err(Failure::Exchange(format!("stopped after {} redirects", redirect::MOST)))
}

fn headers(probe: &HttpProbe) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, values) in &probe.header {
        let known = HeaderName::from_bytes(name.as_bytes());
        let known = known.map_err(|_| format!("net/http: invalid header field name {:?}", &**name))?;
        for value in values {
            let value = HeaderValue::from_str(value);
            let value = value.map_err(|_| format!("net/http: invalid header field value for {:?}", &**name))?;
            headers.append(known.clone(), value);
        }
    }
    for (name, usual) in [(USER_AGENT, "Consul Health Check"), (ACCEPT, "text/plain, text/*, */*")] {
        headers.entry(name).or_insert(HeaderValue::from_static(usual));
    }
    Ok(headers)
}

//! The pieces that all questions are made of: `?QUERY`, `@DC`, `~NEAR`, `|FILTER`, in this order.

use std::sync::Arc;

use super::InvalidQuery;

/// Go's `[[:word:]]`.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What is left of a question.
pub(super) struct Rest<'a>(pub(super) &'a str);

impl<'a> Rest<'a> {
    /// The longest run of bytes that `allowed` lets pass; none if it is empty.
    pub(super) fn run(&mut self, allowed: impl Fn(u8) -> bool) -> Option<&'a str> {
        let end = self.0.bytes().position(|byte| !allowed(byte)).unwrap_or(self.0.len());
        let (run, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        (!run.is_empty()).then_some(run)
    }

    /// `mark` with a run after it. Without the mark: nothing. With the mark alone, nothing is taken, so
    /// that the caller finds it left over.
    fn marked(&mut self, mark: char, allowed: impl Fn(u8) -> bool) -> Option<&'a str> {
        let mut after = Rest(self.0.strip_prefix(mark)?);
        let run = after.run(allowed)?;
        self.0 = after.0;
        Some(run)
    }

    pub(super) fn parameters(&mut self) -> Option<&'a str> {
        self.marked('?', |byte| is_word(byte) || matches!(byte, b'-' | b'=' | b'&'))
    }

    pub(super) fn datacenter(&mut self) -> Option<Arc<str>> {
        self.marked('@', |byte| is_word(byte) || matches!(byte, b'-' | b'.')).map(Arc::from)
    }

    pub(super) fn near(&mut self) -> Option<Arc<str>> {
        self.marked('~', |byte| is_word(byte) || matches!(byte, b'-' | b'.')).map(Arc::from)
    }

    pub(super) fn filter(&mut self) -> Option<&'a str> {
        self.marked('|', |byte| is_word(byte) || byte == b',')
    }
}

/// Refuses parameters that Consul does not know and those that muster cannot honour. The default
/// namespace and partition are what everything lies in.
pub(super) fn check_parameters(endpoint: &'static str, parameters: Option<&str>) -> Result<(), InvalidQuery> {
    let text = parameters.unwrap_or_default();
    let pairs: Vec<(&str, &str)> = text
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    for (key, _) in &pairs {
        if !matches!(*key, "ns" | "peer" | "partition" | "sameness-group") {
            let (key, text) = (quoted(key), quoted(text));
            return Err(InvalidQuery::Parameter { endpoint, key, text });
        }
    }
    let given = |wanted: &str| pairs.iter().any(|(key, value)| *key == wanted && !value.is_empty());
    if given("peer") && given("sameness-group") {
        return Err(InvalidQuery::PeerAndGroup { endpoint });
    }
    let unsupported = pairs.iter().find(|(key, value)| match *key {
        "ns" | "partition" => !matches!(*value, "" | "default"),
        _ => !value.is_empty(),
    });
    match unsupported {
        Some((key, _)) => Err(InvalidQuery::Unsupported { endpoint, key: quoted(key) }),
        None => Ok(()),
    }
}

pub(super) fn quoted(text: &str) -> String {
    muster_gotemplate::quote(text.as_bytes())
}

pub(super) fn bad_format(endpoint: &'static str, text: &str) -> InvalidQuery {
    InvalidQuery::Format { endpoint, text: quoted(text) }
}

//! Query strings, and the options that every read takes from them.

mod options;

use std::borrow::Cow;
use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

pub use options::{BadOption, Consistency, QueryOptions, Scope, datacenter, passing};

/// A query string that Go's `url.ParseQuery` refuses. Consul answers 500 with an empty body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("")]
pub struct BadQueryString;

/// The parameters of a query string in the order they stand there, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Params<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Params<'a> {
    /// Reads what follows the `?` of a request target, without it.
    pub fn parse(query: &'a str) -> Result<Self, BadQueryString> {
        let mut params = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            if pair.contains(';') {
                return Err(BadQueryString);
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            params.push((text(name)?, text(value)?));
        }
        Ok(Self(params))
    }

    /// Whether the parameter stands there, with whatever value: Consul's flags count by presence.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// The first value of the parameter; empty if it is not there (Go's `Values.Get`).
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The first value, none if the parameter is missing or empty.
    pub fn non_empty(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|value| !value.is_empty())
    }

    /// All values of a parameter that may be repeated.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// The parameters sorted by name, as Go's `Values.Encode` writes them (Consul quotes them so in errors).
    pub fn encode(&self) -> String {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        let mut text = String::new();
        for (name, value) in sorted {
            push_param(&mut text, name, value);
        }
        text
    }
}

/// A part of a query string, decoded. Bytes that are no UTF-8 are, as in Go, no reason to refuse it.
fn text(part: &str) -> Result<Cow<'_, str>, BadQueryString> {
    Ok(match unescape(part, true)? {
        Cow::Borrowed(_) => Cow::Borrowed(part),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    })
}

/// Adds `name=value` to a query string, escaped, with `&` if it is not the first.
pub fn push_param(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    let escape = |text| utf8_percent_encode(text, QUERY).to_string().replace("%20", "+");
    // Writing to a string cannot fail.
    let _ = write!(query, "{}={}", escape(name), escape(value));
}

/// What Go's `url.QueryEscape` leaves as it is: letters, digits, `-_.~`.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What stays as it is in a path: besides these, `/`, which clients leave in KV keys and Consul reads in IDs.
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// A request target for `prefix` (such as `/v1/kv/`) and a name or key. What could be taken for a dot
/// segment or an empty one by a server on the way is escaped.
pub fn path(prefix: &str, argument: &str) -> String {
    let mut target = prefix.to_owned();
    let clean = !argument.starts_with('/') && !argument.contains("//") && !argument.split('/').any(is_dots);
    if clean {
        target.extend(utf8_percent_encode(argument, PATH));
    } else {
        target.push_str(&utf8_percent_encode(argument, QUERY).to_string().replace('.', "%2E"));
    }
    target
}

fn is_dots(segment: &str) -> bool {
    segment == "." || segment == ".."
}

/// Decodes the path argument of a request (what follows `/v1/kv/` and the like). An escape that is none, or
/// bytes that are no UTF-8, are refused.
pub fn unescape_path(argument: &str) -> Result<Cow<'_, str>, BadQueryString> {
    Ok(match unescape(argument, false)? {
        Cow::Borrowed(_) => Cow::Borrowed(argument),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).map_err(|_| BadQueryString)?),
    })
}

/// Whether every escape of a path is one.
pub fn is_escaped_well(path: &str) -> bool {
    unescape(path, false).is_ok()
}

/// A path with nothing escaped that need not be: letters, digits and the like. `/` stays as it is sent.
pub fn plain_path(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        plain.push_str(&rest[..at]);
        let escape = rest.get(at..at + 3).unwrap_or(&rest[at..]);
        match unescape(escape, false).as_deref() {
            Ok(&[byte]) if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') => {
                plain.push(char::from(byte));
            }
            _ => plain.push_str(escape),
        }
        rest = &rest[at + escape.len()..];
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn unescape(text: &str, plus_is_space: bool) -> Result<Cow<'_, [u8]>, BadQueryString> {
    if !text.bytes().any(|byte| byte == b'%' || (plus_is_space && byte == b'+')) {
        return Ok(Cow::Borrowed(text.as_bytes()));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' if plus_is_space => b' ',
            b'%' => match (bytes.next().and_then(hex), bytes.next().and_then(hex)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(BadQueryString),
            },
            byte => byte,
        });
    }
    Ok(Cow::Owned(decoded))
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_as_go() {
        let params = Params::parse("a=1+2%2B&b&a=x%20y&&c==&%ED%95%9C=^p").unwrap();
        assert_eq!(params.get("a"), "1 2+");
        assert_eq!(params.all("a").collect::<Vec<_>>(), ["1 2+", "x y"]);
        assert!(params.has("b") && !params.has("d"));
        assert_eq!((params.get("c"), params.get("한"), params.get("d")), ("=", "^p", ""));
        assert_eq!(params.encode(), "a=1+2%2B&a=x+y&b=&c=%3D&%ED%95%9C=%5Ep");
        assert_eq!(Params::parse("a=%ff").unwrap().get("a"), "\u{fffd}");
        for bad in ["a=%", "a=%4", "a=%zz", "a;b"] {
            assert_eq!(Params::parse(bad), Err(BadQueryString), "{bad}");
        }
    }

    #[test]
    fn only_what_needs_it_stays_escaped() {
        assert_eq!(plain_path("/v1/%6bv/a%2Fb%20c%C3%A9%7e%"), "/v1/kv/a%2Fb%20c%C3%A9~%");
        assert!(is_escaped_well("/a%2f%ff") && !is_escaped_well("/a%2") && !is_escaped_well("/a%zz"));
    }

    #[test]
    fn paths_go_there_and_back() {
        for key in ["open/a", "sp ace/한", "a//b", "/a", "..", "a/../b", ".", "a.b", "a%2Fb?c#d", "host:web:80"] {
            let target = path("/v1/kv/", key);
            assert_eq!(unescape_path(target.strip_prefix("/v1/kv/").unwrap()).unwrap(), key, "{target}");
            assert!(!target.contains("//") && !target.split('/').any(is_dots), "{target}");
        }
        assert_eq!(path("/v1/kv/", "open/sp ace"), "/v1/kv/open/sp%20ace");
        assert_eq!(path("/v1/kv/", "a//b.c"), "/v1/kv/a%2F%2Fb%2Ec");
        assert_eq!(unescape_path("a+b%2fc").unwrap(), "a+b/c");
    }
}

//! Where a registry is.

use std::fmt;
use std::path::PathBuf;

use hyper::Uri;

/// Go's HTTP client, and so Consul's tools, take this when an address names no port.
const DEFAULT_PORT: u16 = 80;

/// A registry's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// `host:port`, an IPv6 address in brackets.
    Tcp(String),
    /// A socket.
    Unix(PathBuf),
}

/// Why a text is no registry's address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// TLS.
    #[error("registry address {0:?} asks for TLS, which is not supported yet: use http:// or unix://")]
    Tls(String),
    /// Another scheme.
    #[error("registry address {0:?} has an unknown scheme: use HOST:PORT, http://HOST:PORT or unix:///PATH")]
    Scheme(String),
    /// A path, a query or credentials in it.
    #[error("registry address {0:?} has more in it than host and port: use HOST:PORT or http://HOST:PORT")]
    MoreThanHost(String),
    /// Anything else.
    #[error("registry address {0:?} is not understood: use HOST:PORT, http://HOST:PORT or unix:///PATH")]
    Malformed(String),
}

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let malformed = || InvalidAddress::Malformed(text.to_owned());
        let rest = match text.split_once("://") {
            None => text,
            Some(("http", rest)) => rest,
            Some(("unix", path)) if path.starts_with('/') => return Ok(Self::Unix(path.into())),
            Some(("unix", _)) => return Err(malformed()),
            Some(("https" | "consul-tls", _)) => return Err(InvalidAddress::Tls(text.to_owned())),
            Some(_) => return Err(InvalidAddress::Scheme(text.to_owned())),
        };
        let host = rest.strip_suffix('/').unwrap_or(rest);
        if host.contains(['/', '?', '#', '@']) {
            return Err(InvalidAddress::MoreThanHost(text.to_owned()));
        }
        let uri: Uri = format!("http://{host}/").parse().map_err(|_| malformed())?;
        let name = uri.host().filter(|name| !name.is_empty()).ok_or_else(malformed)?;
        // `host:` and `host:99999` have no port that hyper could read, but a colon.
        let port = match uri.port_u16() {
            Some(0) => return Err(malformed()),
            Some(port) => port,
            None if host.len() == name.len() => DEFAULT_PORT,
            None => return Err(malformed()),
        };
        Ok(Self::Tcp(format!("{name}:{port}")))
    }

    /// A request's URI; a socket has no authority, so one is made up for the `Host` header.
    pub(crate) fn uri(&self, target: &str) -> Result<Uri, hyper::http::uri::InvalidUri> {
        match self {
            Self::Tcp(authority) => format!("http://{authority}{target}").parse(),
            Self::Unix(_) => format!("http://localhost{target}").parse(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(authority) => write!(f, "http://{authority}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_consuls_tools_take() {
        for (text, expected) in [
            ("127.0.0.1:8500", "http://127.0.0.1:8500"),
            ("localhost:8500", "http://localhost:8500"),
            ("http://consul.example:8500/", "http://consul.example:8500"),
            ("http://consul.example", "http://consul.example:80"),
            ("[::1]:8500", "http://[::1]:8500"),
            ("unix:///run/consul.sock", "unix:///run/consul.sock"),
        ] {
            assert_eq!(Address::parse(text).map(|address| address.to_string()), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn refuses_the_rest_by_name() {
        for (text, expected) in [
            ("https://consul:8501", "asks for TLS, which is not supported yet"),
            ("consul-tls://consul:8501", "asks for TLS, which is not supported yet"),
            ("ftp://consul", "has an unknown scheme"),
            ("http://consul:8500/prefix", "has more in it than host and port"),
            ("http://user:secret@consul", "has more in it than host and port"),
            ("", "is not understood"),
            (":8500", "is not understood"),
            ("consul:", "is not understood"),
            ("consul:99999", "is not understood"),
            ("consul:0", "is not understood"),
            ("::1", "is not understood"),
            ("a b:8500", "is not understood"),
            ("unix://run/consul.sock", "is not understood"),
        ] {
            let error = Address::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains(&format!("{text:?}")), "{text}: {error}");
        }
    }
}

//! Where an engine listens.

use std::fmt;
use std::path::PathBuf;

/// Where Docker listens unless told otherwise.
pub const DEFAULT_ADDRESS: &str = "unix:///var/run/docker.sock";

/// Where an engine listens: a socket file or host and port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EngineAddress {
    /// `unix:///path`.
    Unix(PathBuf),
    /// `tcp://host:port`, without TLS.
    Tcp(String),
    /// `tcp://host:port` with TLS on both sides.
    Tls {
        /// `host:port`.
        host: String,
        /// The directory with `ca.pem`, `cert.pem` and `key.pem`.
        certificates: PathBuf,
    },
}

/// An engine's address was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// Neither `unix://` nor `tcp://`.
    #[error("docker engine address {address:?} has none of the forms unix:///PATH and tcp://HOST:PORT")]
    Form {
        /// What was given.
        address: String,
    },
    /// TLS was asked for, and nothing says where the certificates are.
    #[error(
        "DOCKER_TLS_VERIFY is set, but neither DOCKER_CERT_PATH nor HOME says where the certificates for the docker \
         engine at {address} are: DOCKER_CERT_PATH=DIR with ca.pem, cert.pem and key.pem would be right"
    )]
    NoCertificates {
        /// What was given.
        address: String,
    },
}

impl EngineAddress {
    /// Reads `unix:///path` or `tcp://host:port`; a TCP port defaults to 2375.
    pub fn parse(address: &str) -> Result<Self, InvalidAddress> {
        let form = || InvalidAddress::Form { address: address.to_owned() };
        if let Some(path) = address.strip_prefix("unix://") {
            return if path.starts_with('/') { Ok(Self::Unix(PathBuf::from(path))) } else { Err(form()) };
        }
        let host = address.strip_prefix("tcp://").ok_or_else(form)?.trim_end_matches('/');
        if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
            return Err(form());
        }
        let after_brackets = host.rsplit_once(']').map_or(host, |(_, rest)| rest);
        match after_brackets.rsplit_once(':') {
            None => Ok(Self::Tcp(format!("{host}:2375"))),
            Some((_, port)) if port.parse::<u16>().is_ok() => Ok(Self::Tcp(host.to_owned())),
            Some(_) => Err(form()),
        }
    }

    /// The same host and port over TLS, with the certificates in a directory.
    pub fn with_tls(self, certificates: PathBuf) -> Result<Self, InvalidAddress> {
        match self {
            Self::Tcp(host) | Self::Tls { host, .. } => Ok(Self::Tls { host, certificates }),
            Self::Unix(path) => Err(InvalidAddress::Form { address: format!("unix://{}", path.display()) }),
        }
    }

    /// What `DOCKER_HOST` says (`default` if it is unset or empty), as `variable` looks it up. A set
    /// `DOCKER_TLS_VERIFY` means TLS for TCP, with the certificates in `DOCKER_CERT_PATH`, else in `~/.docker`.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>, default: &str) -> Result<Self, InvalidAddress> {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let text = set("DOCKER_HOST").unwrap_or_else(|| default.to_owned());
        let address = Self::parse(&text)?;
        match address {
            Self::Tcp(_) if set("DOCKER_TLS_VERIFY").is_some() => {
                let certificates = set("DOCKER_CERT_PATH").map(PathBuf::from);
                let certificates = certificates.or_else(|| Some(PathBuf::from(set("HOME")?).join(".docker")));
                address.with_tls(certificates.ok_or(InvalidAddress::NoCertificates { address: text })?)
            }
            _ => Ok(address),
        }
    }
}

impl fmt::Display for EngineAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(host) | Self::Tls { host, .. } => write!(f, "tcp://{host}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_socket_and_tcp_addresses_and_prints_them_back() {
        for (given, printed) in [
            ("unix:///tmp/docker.sock", "unix:///tmp/docker.sock"),
            ("tcp://10.0.0.9:2375", "tcp://10.0.0.9:2375"),
            ("tcp://manager1", "tcp://manager1:2375"),
            ("tcp://[::1]:2375/", "tcp://[::1]:2375"),
            ("tcp://[::1]", "tcp://[::1]:2375"),
        ] {
            assert_eq!(EngineAddress::parse(given).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn refuses_other_forms() {
        for given in ["", "/var/run/docker.sock", "ssh://host", "unix://relative", "tcp://", "tcp://h:x", "tcp://h:1/x"]
        {
            assert_eq!(EngineAddress::parse(given), Err(InvalidAddress::Form { address: given.to_owned() }));
        }
    }

    #[test]
    fn environment_wins_over_the_default_and_tls_is_for_tcp_only() {
        let lookup = |pairs: &'static [(&str, &str)]| {
            move |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        let read = |pairs| EngineAddress::from_environment(lookup(pairs), "unix:///tmp/docker.sock");
        assert_eq!(read(&[("DOCKER_HOST", "")]).unwrap().to_string(), "unix:///tmp/docker.sock");
        assert_eq!(read(&[("DOCKER_HOST", "tcp://a:1")]).unwrap().to_string(), "tcp://a:1");
        assert_eq!(read(&[("DOCKER_TLS_VERIFY", "1")]).unwrap().to_string(), "unix:///tmp/docker.sock");
        let certificates = |pairs| match read(pairs).unwrap() {
            EngineAddress::Tls { host, certificates } => (host, certificates.display().to_string()),
            other => panic!("{other:?}"),
        };
        let both = |directory: &str| ("a:1".to_owned(), directory.to_owned());
        const TLS: [(&str, &str); 2] = [("DOCKER_HOST", "tcp://a:1"), ("DOCKER_TLS_VERIFY", "1")];
        assert_eq!(certificates(&[TLS[0], TLS[1], ("DOCKER_CERT_PATH", "/c"), ("HOME", "/h")]), both("/c"));
        assert_eq!(certificates(&[TLS[0], TLS[1], ("HOME", "/h")]), both("/h/.docker"));
        let refused = read(&TLS).unwrap_err();
        assert!(refused.to_string().starts_with("DOCKER_TLS_VERIFY is set"), "{refused}");
    }
}

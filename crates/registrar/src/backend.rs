//! Which registry to write to, named by a URI.

mod consul;

pub use consul::ConsulBackend;

/// A registry to write to. The binary makes the client for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backend {
    /// `consul://`: Consul's HTTP API.
    Consul(ConsulBackend),
}

/// A registry's URI was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBackend {
    /// There is no scheme.
    #[error("registry URI {uri:?} does not have the form SCHEME://ADDRESS, such as consul://127.0.0.1:8500")]
    Form {
        /// What was given.
        uri: String,
    },
    /// Registrator has this backend, we do not have it yet.
    #[error("registry backend {scheme}:// is not there yet; consul:// is")]
    NotThereYet {
        /// The URI's scheme.
        scheme: String,
    },
    /// Nobody knows this backend.
    #[error("unrecognized registry backend {scheme}://; consul:// is known")]
    Unknown {
        /// The URI's scheme.
        scheme: String,
    },
    /// The address after the scheme is wrong.
    #[error("registry URI {uri:?} has no address of the form HOST:PORT")]
    Address {
        /// What was given.
        uri: String,
    },
}

type Reader = fn(uri: &str, rest: &str) -> Result<Backend, InvalidBackend>;

/// One line per backend; none: Registrator's, not there yet.
const SCHEMES: [(&str, Option<Reader>); 8] = [
    ("consul", Some(consul::read)),
    ("consul-unix", None),
    ("consul-tls", None),
    ("consulkv", None),
    ("consulkv-unix", None),
    ("etcd", None),
    ("skydns2", None),
    ("zookeeper", None),
];

impl Backend {
    /// Reads a registry's URI.
    pub fn parse(uri: &str) -> Result<Self, InvalidBackend> {
        let (scheme, rest) = uri.split_once("://").ok_or_else(|| InvalidBackend::Form { uri: uri.to_owned() })?;
        match SCHEMES.iter().find(|(known, _)| *known == scheme) {
            Some((_, Some(read))) => read(uri, rest),
            Some((_, None)) => Err(InvalidBackend::NotThereYet { scheme: scheme.to_owned() }),
            None => Err(InvalidBackend::Unknown { scheme: scheme.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consul_has_an_address_or_the_clients_default() {
        let consul = |address: Option<&str>| Ok(Backend::Consul(ConsulBackend { address: address.map(str::to_owned) }));
        assert_eq!(Backend::parse("consul://10.0.0.1:8500"), consul(Some("10.0.0.1:8500")));
        assert_eq!(Backend::parse("consul://manager1"), consul(Some("manager1:8500")));
        assert_eq!(Backend::parse("consul://[::1]:8500/"), consul(Some("[::1]:8500")));
        assert_eq!(Backend::parse("consul://"), consul(None));
    }

    #[test]
    fn others_are_refused_by_name() {
        let text = |uri| Backend::parse(uri).unwrap_err().to_string();
        assert_eq!(text("etcd://h:2379"), "registry backend etcd:// is not there yet; consul:// is");
        assert_eq!(text("redis://h"), "unrecognized registry backend redis://; consul:// is known");
        assert!(text("10.0.0.1:8500").contains("SCHEME://ADDRESS"));
        assert!(text("consul://h:port").contains("HOST:PORT"));
        assert!(text("consul://a b").contains("HOST:PORT"));
    }
}

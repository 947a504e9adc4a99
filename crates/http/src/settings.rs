//! How requests are taken: Consul's `http_config` and `limits`.

use std::net::IpAddr;
use std::time::Duration;

use hyper::header::{HeaderName, HeaderValue};
use ipnet::IpNet;
use muster_wire::request::MIN_SESSION_TTL;

use crate::metrics::Telemetry;

/// How long the head of a request may be, if nobody says otherwise.
pub const DEFAULT_HEAD_BYTES: usize = 1 << 20;
/// What Go's server takes over that.
const HEAD_SLACK: usize = 4096;

/// What the configuration says of HTTP.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Headers that every answer has besides (`http_config.response_headers`).
    pub response_headers: Vec<(HeaderName, HeaderValue)>,
    /// Paths that begin so are refused (`http_config.block_endpoints`).
    pub block_endpoints: Vec<String>,
    /// Who may write; none: everybody (`http_config.allow_write_http_from`).
    pub allow_write_from: Vec<IpNet>,
    /// Whether `?cached` counts (`http_config.use_cache`).
    pub use_cache: bool,
    /// Paths may have unprintable characters (`disable_http_unprintable_char_filter`).
    pub unprintable_paths: bool,
    /// The longest KV value (`limits.kv_max_value_size`).
    pub max_value_bytes: usize,
    /// The longest transaction, if it is longer than a value may be (`limits.txn_max_req_len`).
    pub max_transaction_bytes: usize,
    /// How long the head of a request may be (`http_config.max_header_bytes`); Go's server takes a little more.
    pub max_head_bytes: usize,
    /// The shortest TTL of a session (`session_ttl_min`).
    pub min_session_ttl: Duration,
    /// What is said of metrics (`telemetry`).
    pub telemetry: Telemetry,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            response_headers: Vec::new(),
            block_endpoints: Vec::new(),
            allow_write_from: Vec::new(),
            use_cache: true,
            unprintable_paths: false,
            max_value_bytes: 512 << 10,
            max_transaction_bytes: 512 << 10,
            max_head_bytes: DEFAULT_HEAD_BYTES,
            min_session_ttl: MIN_SESSION_TTL,
            telemetry: Telemetry::default(),
        }
    }
}

impl Settings {
    /// Whether a client may write.
    pub(crate) fn may_write(&self, client: IpAddr) -> bool {
        let client = client.to_canonical();
        self.allow_write_from.is_empty() || self.allow_write_from.iter().any(|network| network.contains(&client))
    }

    /// How long the head of a request may really be.
    pub(crate) fn head_limit(&self) -> usize {
        self.max_head_bytes + HEAD_SLACK
    }

    /// Whether an endpoint is shut. `path` is what is asked for, decoded: whatever way it was written.
    pub(crate) fn blocks(&self, path: &str) -> bool {
        self.block_endpoints.iter().any(|prefix| path.starts_with(prefix.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_are_for_the_networks_named() {
        let client = |text: &str| text.parse().unwrap();
        assert!(Settings::default().may_write(client("10.0.0.1")), "without networks everybody may");
        let networks = ["127.0.0.0/8", "fd00::/8"].map(|text| text.parse().unwrap());
        let settings = Settings { allow_write_from: networks.to_vec(), ..Settings::default() };
        for (address, may) in [("127.0.0.2", true), ("::ffff:127.0.0.2", true), ("fd00::1", true), ("10.0.0.1", false)]
        {
            assert_eq!(settings.may_write(client(address)), may, "{address}");
        }
    }
}

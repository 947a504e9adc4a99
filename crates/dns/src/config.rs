//! How DNS is answered.

use std::net::SocketAddr;
use std::time::Duration;

use muster_registry::Registry;

use crate::domain::Domain;
use crate::server::Dns;
use crate::time_to_live::ServiceTimes;

/// How DNS is answered. The default is Consul's but for `truncation_flag`.
#[derive(Debug, Clone)]
pub struct Config {
    /// The domain.
    pub domain: Domain,
    /// A second one, answered the same.
    pub alt_domain: Option<Domain>,
    /// Seconds that answers about nodes may be kept.
    pub node_ttl: u32,
    /// Seconds that answers about services may be kept.
    pub service_ttl: ServiceTimes,
    /// Instances with a warning are left out too.
    pub only_passing: bool,
    /// The most addresses in one answer; 0: all. Not for SRV.
    pub a_record_limit: usize,
    /// The most records that are sent over UDP to who does not speak EDNS; never above 8.
    pub udp_answer_limit: usize,
    /// Whether an answer that lost records to its transport says so (the flag TC).
    pub truncation_flag: bool,
    /// Names are written in full each time.
    pub disable_compression: bool,
    /// A node's Meta goes with answers about it as TXT, not only when asked for.
    pub node_meta_txt: bool,
    /// The numbers of the SOA record.
    pub soa: StartOfAuthority,
    /// Who is asked about what is outside the domain; none: such questions are refused.
    pub recursors: Vec<SocketAddr>,
    /// Which of them first.
    pub recursor_strategy: RecursorStrategy,
    /// How long one may take.
    pub recursor_timeout: Duration,
}

/// The numbers of the SOA record, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartOfAuthority {
    /// How often a copy is compared.
    pub refresh: u32,
    /// How soon that is tried again.
    pub retry: u32,
    /// When a copy is given up.
    pub expire: u32,
    /// How long "there is no such thing" may be kept; also the record's own time to live.
    pub min_ttl: u32,
}

/// Which recursor is asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RecursorStrategy {
    /// In the order given; the next one only when one fails.
    #[default]
    Sequential,
    /// In an order that is drawn for each question.
    Random,
}

impl Default for StartOfAuthority {
    fn default() -> Self {
        Self { refresh: 3600, retry: 600, expire: 86_400, min_ttl: 0 }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            domain: Domain::new("consul").expect("a constant that is a domain"),
            alt_domain: None,
            node_ttl: 0,
            service_ttl: ServiceTimes::default(),
            only_passing: false,
            a_record_limit: 0,
            udp_answer_limit: 3,
            truncation_flag: true,
            disable_compression: false,
            node_meta_txt: true,
            soa: StartOfAuthority::default(),
            recursors: Vec::new(),
            recursor_strategy: RecursorStrategy::default(),
            recursor_timeout: Duration::from_secs(2),
        }
    }
}

impl Config {
    /// A server that answers from `registry`.
    pub fn build(self, registry: Registry) -> Dns {
        Dns::new(self, registry)
    }
}

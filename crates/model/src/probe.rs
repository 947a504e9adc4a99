//! How a check's status is found.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::{NodeName, ServiceId};

/// How an agent finds a check's status, and what it makes of single results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckDefinition {
    /// What is looked at.
    pub probe: Probe,
    /// Between two runs, as it was asked (below a second counts as a second); zero where nothing runs by the clock.
    pub interval: Duration,
    /// For one run; zero: what is usual for the probe.
    pub timeout: Duration,
    /// How many results make a status.
    pub thresholds: Thresholds,
    /// How much output is kept, in bytes; zero: what is usual for the agent.
    pub output_max_bytes: u32,
    /// The instance is removed once the check has been critical for so long; zero: never.
    pub deregister_after: Duration,
    /// It was registered on its own, not with its instance. Consul's answers then show times that it lacks as `0s`.
    pub alone: bool,
}

impl CheckDefinition {
    /// Everything else as it is when nothing is said.
    pub fn new(probe: Probe) -> Self {
        Self {
            probe,
            interval: Duration::ZERO,
            timeout: Duration::ZERO,
            thresholds: Thresholds::default(),
            output_max_bytes: 0,
            deregister_after: Duration::ZERO,
            alone: false,
        }
    }

    /// Somebody reports within `ttl` again and again.
    pub fn ttl(ttl: Duration) -> Self {
        Self::new(Probe::Ttl { ttl })
    }

    /// Run so often.
    pub fn every(probe: Probe, interval: Duration) -> Self {
        Self { interval, ..Self::new(probe) }
    }
}

/// What a check looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// Nothing: somebody must report within this time again and again.
    Ttl {
        /// The time between two reports.
        ttl: Duration,
    },
    /// A URL answers.
    Http(HttpProbe),
    /// A port takes connections.
    Tcp {
        /// `host:port`.
        address: Arc<str>,
        /// And speaks TLS.
        tls: Option<Tls>,
    },
    /// A port does not refuse datagrams.
    Udp {
        /// `host:port`.
        address: Arc<str>,
    },
    /// A server says so over gRPC's health protocol.
    Grpc {
        /// `host:port`, or `host:port/service`.
        target: Arc<str>,
        /// Over TLS.
        tls: Option<Tls>,
    },
    /// An HTTP/2 server answers a ping.
    H2Ping {
        /// `host:port`.
        address: Arc<str>,
        /// Over TLS.
        tls: Option<Tls>,
    },
    /// A command on the agent's host says so by its exit code.
    Script {
        /// The program with its arguments; at least one.
        args: Vec<Arc<str>>,
    },
    /// A command in a container says so by its exit code.
    Docker {
        /// The container's ID or name.
        container: Arc<str>,
        /// Shown, and of no effect, as in Consul.
        shell: Arc<str>,
        /// The program with its arguments; at least one.
        args: Vec<Arc<str>>,
    },
    /// Nothing here: a registration in the catalog says how others look, and that is shown.
    Described(Described),
    /// The checks of another instance or node.
    Alias {
        /// The instance; none: the node's own checks alone.
        service: Option<ServiceId>,
        /// The node; none: the agent's.
        node: Option<NodeName>,
    },
}

impl Probe {
    /// Consul's `Type` of a check with this probe.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ttl { .. } => "ttl",
            Self::Http(_) => "http",
            Self::Tcp { .. } => "tcp",
            Self::Udp { .. } => "udp",
            Self::Grpc { .. } => "grpc",
            Self::H2Ping { .. } => "h2ping",
            Self::Script { .. } => "script",
            Self::Docker { .. } => "docker",
            Self::Alias { .. } => "alias",
            Self::Described(_) => "",
        }
    }

    /// Whether it runs a command, which an agent must have been told to allow.
    pub fn runs_command(&self) -> bool {
        matches!(self, Self::Script { .. } | Self::Docker { .. })
    }
}

/// What the catalog was told of a check that somebody else runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Described {
    /// As it was given.
    pub interval: Arc<str>,
    /// As it was given.
    pub timeout: Arc<str>,
    /// The fields of Consul's `Definition` that were given, by name.
    pub fields: BTreeMap<Arc<str>, DescribedValue>,
}

/// A field of a described check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DescribedValue {
    /// True.
    Flag,
    /// A number.
    Number(i64),
    /// A text, a time among them.
    Text(Arc<str>),
    /// A list of texts.
    Texts(Vec<Arc<str>>),
    /// Lists of texts by name.
    Lists(BTreeMap<Arc<str>, Vec<Arc<str>>>),
}

/// A request and what is made of its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpProbe {
    /// `http://` or `https://`.
    pub url: Arc<str>,
    /// Empty: GET.
    pub method: Arc<str>,
    /// Headers besides the usual ones, by name.
    pub header: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// The request's body.
    pub body: Arc<str>,
    /// For `https://`.
    pub tls: Tls,
    /// A redirect is the answer instead of being followed.
    pub disable_redirects: bool,
}

impl HttpProbe {
    /// A plain GET.
    pub fn get(url: impl Into<Arc<str>>) -> Self {
        Self {
            url: url.into(),
            method: Arc::from(""),
            header: BTreeMap::new(),
            body: Arc::from(""),
            tls: Tls::default(),
            disable_redirects: false,
        }
    }
}

/// How a server's certificate is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tls {
    /// Any certificate will do.
    pub skip_verify: bool,
    /// The name that it must be for; empty: the host's in the address.
    pub server_name: Arc<str>,
}

/// How many results in a row make a status. Zero is as good as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Thresholds {
    /// Passing or warning results until the check is passing or warning.
    pub success_before_passing: u32,
    /// Critical results until the check is warning; zero: as many as for critical.
    pub failures_before_warning: u32,
    /// Critical results until the check is critical.
    pub failures_before_critical: u32,
}

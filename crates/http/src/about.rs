//! What this process is: the values that `/v1/agent/self` and its like show.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use muster_model::Meta;
use muster_model::duration_text::GoDuration;
use muster_wire::answer::{ConnectRoot, Member, StatsSection};
use muster_wire::json::push_string;
use muster_wire::request::MIN_SESSION_TTL;

use crate::Api;

/// What is known of the process when it starts.
#[derive(Debug, Clone)]
pub struct About {
    /// The version of Consul whose API this is.
    pub version: Arc<str>,
    /// The build, where Consul has a commit.
    pub revision: Arc<str>,
    /// When it was built, as RFC 3339.
    pub build_date: Arc<str>,
    /// Started with `-bootstrap`.
    pub bootstrap: bool,
    /// Started with `-dev`.
    pub dev_mode: bool,
    /// Where the data is kept.
    pub data_dir: Option<String>,
    /// The address that others reach this node at.
    pub advertise: IpAddr,
    /// Where HTTP is served.
    pub http_addresses: Vec<SocketAddr>,
    /// And on which sockets in the file system.
    pub http_sockets: Vec<String>,
    /// The port that gossip would have. Nobody listens there, as on the server port.
    pub serf_lan_port: u16,
    /// The same between datacenters.
    pub serf_wan_port: u16,
    /// The root of the mesh's certificates; none: the mesh is off.
    pub root: Option<ConnectRoot>,
    /// What else was set, by Consul's names.
    pub settings: Vec<(&'static str, Said)>,
}

/// A setting as it is shown.
#[derive(Debug, Clone)]
pub enum Said {
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(i64),
    /// Texts.
    Texts(Vec<String>),
    /// How long.
    Time(Duration),
}

impl Said {
    fn json(&self) -> String {
        match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Texts(texts) => list(texts.iter().map(|each| text(each))),
            Self::Time(time) => text(&GoDuration::from(*time).to_string()),
        }
    }
}

impl About {
    /// With Consul's ports and no root.
    pub fn new(version: &str, revision: &str, advertise: IpAddr) -> Self {
        Self {
            version: Arc::from(version),
            revision: Arc::from(revision),
            build_date: Arc::from("1970-01-01T00:00:00Z"),
            bootstrap: true,
            dev_mode: false,
            data_dir: None,
            advertise,
            http_addresses: Vec::new(),
            http_sockets: Vec::new(),
            serf_lan_port: 8301,
            serf_wan_port: 8302,
            root: None,
            settings: Vec::new(),
        }
    }
}

/// How much the agent has to do.
pub(crate) struct AgentCounts {
    pub(crate) services: usize,
    pub(crate) checks: usize,
    /// Checks that others report.
    pub(crate) ttl_checks: usize,
    /// Checks that the agent runs.
    pub(crate) monitors: usize,
}

impl Api {
    /// This node as the one member that there is; between datacenters it is named after its own.
    pub(crate) fn member(&self, wan: bool) -> Member {
        let node = self.agent.node_entry();
        let datacenter = self.registry.datacenter();
        let about = &self.about;
        let mut tags = vec![
            ("acls", "0".to_owned()),
            ("build", format!("{}:{}", about.version, about.revision)),
            ("dc", datacenter.to_string()),
            ("ft_fs", "1".to_owned()),
            ("ft_si", "1".to_owned()),
            ("id", node.id.to_string()),
            ("port", self.server_address.port().to_string()),
            ("raft_vsn", "3".to_owned()),
            ("role", "consul".to_owned()),
            ("segment", String::new()),
            ("vsn", "2".to_owned()),
            ("vsn_max", "3".to_owned()),
            ("vsn_min", "2".to_owned()),
            ("wan_join_port", about.serf_wan_port.to_string()),
        ];
        if about.bootstrap {
            tags.push(("bootstrap", "1".to_owned()));
        }
        Member {
            name: if wan { format!("{}.{datacenter}", node.name) } else { node.name.to_string() },
            address: about.advertise.to_string(),
            port: if wan { about.serf_wan_port } else { about.serf_lan_port },
            tags: tags.into_iter().map(|(name, text)| (Arc::from(name), Arc::from(text))).collect(),
        }
    }

    /// The settings by Consul's names, as JSON: those that have an effect here, and no others.
    pub(crate) fn debug_config(&self) -> Vec<(&'static str, String)> {
        let (about, settings, node) = (&self.about, &self.settings, self.agent.node_entry());
        let serf = |port| text(&format!("tcp://{}", SocketAddr::new(about.advertise, port)));
        let http = about.http_addresses.iter().map(|address| text(&format!("tcp://{address}")));
        let http = http.chain(about.http_sockets.iter().map(|path| text(&format!("unix://{path}"))));
        let headers = settings.response_headers.iter().map(|(name, value)| {
            format!("{}:{}", text(name.as_str()), text(&String::from_utf8_lossy(value.as_bytes())))
        });
        let port = about.http_addresses.first().map_or(-1, |address| i32::from(address.port()));
        // What the agent adds by itself is no setting.
        let own = |key: &str| key.starts_with("consul-");
        let configured = node.meta.iter().filter(|(key, _)| !own(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
        let mut shown = vec![
            ("ACLsEnabled", "false".to_owned()),
            ("AdvertiseAddrLAN", text(&about.advertise.to_string())),
            ("AdvertiseAddrWAN", text(&about.advertise.to_string())),
            ("AllowWriteHTTPFrom", list(settings.allow_write_from.iter().map(|network| text(&network.to_string())))),
            ("Bootstrap", about.bootstrap.to_string()),
            ("Datacenter", text(self.registry.datacenter())),
            ("DataDir", text(about.data_dir.as_deref().unwrap_or_default())),
            ("DevMode", about.dev_mode.to_string()),
            ("DisableHTTPUnprintableCharFilter", settings.unprintable_paths.to_string()),
            ("HTTPAddrs", list(http)),
            ("HTTPBlockEndpoints", list(settings.block_endpoints.iter().map(|prefix| text(prefix)))),
            ("HTTPMaxConnsPerClient", self.connections.most().to_string()),
            ("HTTPMaxHeaderBytes", settings.max_head_bytes.to_string()),
            ("HTTPPort", port.to_string()),
            ("HTTPResponseHeaders", format!("{{{}}}", headers.collect::<Vec<_>>().join(","))),
            ("HTTPUseCache", settings.use_cache.to_string()),
            ("KVMaxValueSize", settings.max_value_bytes.to_string()),
            ("NodeID", text(&node.id)),
            ("NodeMeta", pairs(&configured)),
            ("NodeName", text(node.name.as_str())),
            ("PrimaryDatacenter", text(self.registry.datacenter())),
            ("Revision", text(&about.revision)),
            ("SerfAdvertiseAddrLAN", serf(about.serf_lan_port)),
            ("SerfAdvertiseAddrWAN", serf(about.serf_wan_port)),
            ("SerfPortLAN", about.serf_lan_port.to_string()),
            ("SerfPortWAN", about.serf_wan_port.to_string()),
            ("ServerMode", "true".to_owned()),
            ("ServerPort", self.server_address.port().to_string()),
            ("SessionTTLMin", text(&said_ttl(settings.min_session_ttl))),
            ("TaggedAddresses", pairs(&node.tagged_addresses)),
            ("TxnMaxReqLen", settings.max_transaction_bytes.to_string()),
            ("Version", text(&about.version)),
        ];
        shown.extend(about.settings.iter().map(|(name, said)| (*name, said.json())));
        shown.sort_by_key(|(name, _)| *name);
        shown
    }

    /// Counters. Of Consul's, those that mean something here.
    pub(crate) fn stats(&self, counts: &AgentCounts) -> Vec<StatsSection<'static>> {
        vec![
            ("agent", counts.stats()),
            ("build", self.about.build_stats()),
            ("consul", self.server_stats()),
            ("raft", self.log_stats()),
            ("runtime", self.about.runtime_stats()),
            ("serf_lan", gossip_stats()),
            ("serf_wan", gossip_stats()),
        ]
    }

    fn server_stats(&self) -> Stats {
        vec![
            ("acl", "disabled".to_owned()),
            ("bootstrap", self.about.bootstrap.to_string()),
            ("known_datacenters", "1".to_owned()),
            ("leader", "true".to_owned()),
            ("leader_addr", self.server_address.to_string()),
            ("server", "true".to_owned()),
        ]
    }

    fn log_stats(&self) -> Stats {
        let index = self.registry.index().0.to_string();
        vec![
            ("applied_index", index.clone()),
            ("commit_index", index),
            ("last_contact", "0".to_owned()),
            ("num_peers", "0".to_owned()),
            ("state", "Leader".to_owned()),
        ]
    }
}

/// What a section of the counters holds.
type Stats = Vec<(&'static str, String)>;

impl AgentCounts {
    fn stats(&self) -> Stats {
        vec![
            ("check_monitors", self.monitors.to_string()),
            ("check_ttls", self.ttl_checks.to_string()),
            ("checks", self.checks.to_string()),
            ("services", self.services.to_string()),
        ]
    }
}

impl About {
    fn build_stats(&self) -> Stats {
        vec![
            ("prerelease", String::new()),
            ("revision", self.revision.to_string()),
            ("version", self.version.to_string()),
            ("version_metadata", String::new()),
        ]
    }

    fn runtime_stats(&self) -> Stats {
        vec![
            ("arch", architecture().to_owned()),
            ("cpu_count", std::thread::available_parallelism().map_or(1, usize::from).to_string()),
            ("os", std::env::consts::OS.to_owned()),
            ("version", self.revision.to_string()),
        ]
    }
}

fn gossip_stats() -> Stats {
    vec![
        ("encrypted", "false".to_owned()),
        ("failed", "0".to_owned()),
        ("left", "0".to_owned()),
        ("members", "1".to_owned()),
    ]
}

/// Consul shows the usual one as none.
fn said_ttl(least: Duration) -> String {
    GoDuration::from(if least == MIN_SESSION_TTL { Duration::ZERO } else { least }).to_string()
}

/// The architecture by Go's name, which Consul's users know.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}

fn text(text: &str) -> String {
    let mut json = Vec::new();
    push_string(&mut json, text);
    String::from_utf8(json).expect("what push_string writes is UTF-8")
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn pairs(map: &Meta) -> String {
    let pairs = map.iter().map(|(key, value)| format!("{}:{}", text(key), text(value)));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

//! A registry with its agent and its ports, brought up together: what `muster agent` and `muster up` share.

mod ports;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use muster_agent::{Agent, AgentConfig, CheckTimes, ProbeConfig, Rules, ScriptChecks};
use muster_catalog::{Catalog, Owner, Part};
use muster_http::{About, Api, Control, RequestLimits, Said};
use muster_journal::{HistoryId, Journal, MemoryJournal, OpenError, RedbJournal};
use muster_model::{Indexed, Meta, Node, NodeName, Service, ServiceId, ServiceName, Weights};
use muster_registry::{Registry, RegistryConfig, WaitTimes};
use muster_wire::answer::ConnectRoot;
use ports::Ports;
pub use ports::not_bound;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::connect_root;
use crate::dns_server::{DnsConfig, DnsServer, Port};
use crate::node_id::NodeId;
use crate::unix_socket::{Socket, SocketAccess};

/// The version of Consul whose API this is; clients compare it.
pub const CONSUL_VERSION: &str = "1.21.4";
/// The port that `/v1/status/leader` names. Nobody listens there: real Consul servers cannot join.
pub const SERVER_PORT: u16 = 8300;

/// How a registry is to be brought up.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The node's name.
    pub node: NodeName,
    /// The node's ID; none: that of the data directory, or a new one.
    pub node_id: Option<String>,
    /// The node's own meta.
    pub node_meta: BTreeMap<Arc<str>, Arc<str>>,
    /// The node's address.
    pub advertise: IpAddr,
    /// The node's addresses by kind.
    pub tagged_addresses: BTreeMap<Arc<str>, Arc<str>>,
    /// The datacenter.
    pub datacenter: Arc<str>,
    /// Where the registry is kept; none: in memory.
    pub data_dir: Option<PathBuf>,
    /// Where HTTP is served.
    pub listen: Vec<IpAddr>,
    /// And on which sockets in the file system.
    pub sockets: Vec<PathBuf>,
    /// Whose these are.
    pub socket_access: SocketAccess,
    /// On which port; 0: any.
    pub http_port: u16,
    /// The port that `/v1/status/leader` names.
    pub server_port: u16,
    /// The ports of gossip, here and between datacenters, that the agent names. Nobody listens there.
    pub serf_ports: [u16; 2],
    /// How requests are taken.
    pub http: muster_http::Settings,
    /// How many connections one client may have; 0: any number.
    pub connections_per_client: usize,
    /// How many requests a second the registry takes.
    pub request_limits: RequestLimits,
    /// How long blocking queries wait.
    pub waits: WaitTimes,
    /// All JSON is indented.
    pub pretty: bool,
    /// The version of Consul that the node says it has.
    pub version: Arc<str>,
    /// How DNS is served; none: not at all.
    pub dns: Option<DnsConfig>,
    /// Who may have checks run commands.
    pub scripts: ScriptChecks,
    /// How checks are run.
    pub probes: ProbeConfig,
    /// How long things about checks take.
    pub check_times: CheckTimes,
    /// Nothing is kept of what checks say.
    pub discard_check_output: bool,
}

impl ServerConfig {
    /// In memory, on loopback and on any port that is free.
    pub fn at(node: NodeName, advertise: IpAddr) -> Self {
        let address: Arc<str> = Arc::from(advertise.to_string());
        let family = if advertise.is_ipv4() { ["lan_ipv4", "wan_ipv4"] } else { ["lan_ipv6", "wan_ipv6"] };
        let tagged = ["lan", "wan"].into_iter().chain(family);
        Self {
            node,
            node_id: None,
            node_meta: BTreeMap::new(),
            advertise,
            tagged_addresses: tagged.map(|kind| (Arc::from(kind), Arc::clone(&address))).collect(),
            datacenter: Arc::from("dc1"),
            data_dir: None,
            listen: vec![LOOPBACK],
            sockets: Vec::new(),
            socket_access: SocketAccess::default(),
            http_port: 0,
            server_port: SERVER_PORT,
            serf_ports: [8301, 8302],
            http: muster_http::Settings::default(),
            connections_per_client: 200,
            request_limits: RequestLimits::default(),
            waits: WaitTimes::default(),
            pretty: false,
            version: Arc::from(CONSUL_VERSION),
            dns: None,
            scripts: ScriptChecks::Off,
            probes: ProbeConfig::default(),
            check_times: CheckTimes::default(),
            discard_check_output: false,
        }
    }

    /// The node's Meta, with what the agent adds by itself.
    pub fn meta(&self) -> Meta {
        let mut meta = pairs(&[("consul-network-segment", ""), ("consul-version", &self.version)]);
        meta.extend(self.node_meta.clone());
        meta
    }
}

/// A registry that is up.
pub struct RegistryServer {
    /// The registry.
    pub registry: Registry,
    /// The agent of this node.
    pub agent: Arc<Agent>,
    /// What HTTP answers from.
    pub api: Arc<Api>,
    /// Where HTTP is served.
    pub addresses: Vec<SocketAddr>,
    /// And on which sockets.
    pub sockets: Vec<Socket>,
    /// DNS, if it is served.
    pub dns: Option<DnsServer>,
    listeners: Vec<TcpListener>,
    tasks: JoinSet<()>,
    committer: JoinSet<()>,
    /// Stops the committer, after everything that writes.
    last: CancellationToken,
}

impl RegistryServer {
    /// Binds the ports, opens the data and announces the node. A port that is taken, or a data directory that
    /// is not ours, is found before anything is written.
    pub async fn start(config: ServerConfig) -> Result<Self> {
        Self::start_with(config, Control::default(), |_| Ok(())).await
    }

    /// The same with what clients may do to the process. `admit` looks at what the agent has on its node, before
    /// anything of this start is written.
    pub async fn start_with(
        config: ServerConfig,
        control: Control,
        admit: impl FnOnce(&BTreeMap<ServiceId, Indexed<Arc<Service>>>) -> Result<()>,
    ) -> Result<Self> {
        let ports = Ports::bind(&config).await?;
        let (registry, committer) = Registry::open(journal(&config).await?, registry_config(&config)).await?;
        let node_id = node_id(&config, &registry)?;
        let name = kept_name(&config, &node_id, &registry);
        admit(&Catalog::entries(&registry, &name, Owner::Agent, Part::All).await?.services)?;
        let last = CancellationToken::new();
        let mut committing = JoinSet::new();
        committing.spawn(committer.run(last.clone()));
        let agent_config = agent_config(&config, node_id.text());
        let agent = Arc::new(Agent::start(agent_config, Arc::new(registry.clone())).await?);
        // Not before: an ID that the registry does not take must not stay.
        node_id.keep()?;
        let api = Arc::new(api(&config, control, &ports, registry.clone(), Arc::clone(&agent))?);
        let dns = config.dns.map(|dns| DnsServer::new(dns.answers, ports.dns, registry.clone()));
        Ok(Self {
            registry,
            agent,
            api,
            addresses: ports.addresses,
            sockets: ports.sockets,
            dns,
            listeners: ports.listeners,
            tasks: JoinSet::new(),
            committer: committing,
            last,
        })
    }

    /// Where DNS is served, for people.
    pub fn dns_line(&self) -> String {
        let Some(dns) = &self.dns else { return "no DNS".to_owned() };
        let addresses: Vec<_> = dns.addresses().iter().map(ToString::to_string).collect();
        format!("DNS on {}", addresses.join(" and "))
    }

    /// Serves until `shutdown`; then stops what writes before what stores.
    pub async fn run(mut self, shutdown: CancellationToken) {
        for listener in self.listeners {
            self.tasks.spawn(muster_http::serve(Arc::clone(&self.api), listener, shutdown.clone()));
        }
        for listener in self.sockets.iter_mut().filter_map(|socket| socket.listener.take()) {
            self.tasks.spawn(muster_http::serve(Arc::clone(&self.api), listener, shutdown.clone()));
        }
        if let Some(dns) = self.dns {
            self.tasks.spawn(dns.run(shutdown.clone()));
        }
        let agent = Arc::clone(&self.agent);
        let until = shutdown.clone();
        self.tasks.spawn(async move { agent.run(until).await });
        tokio::select! {
            () = shutdown.cancelled() => {}
            // A client may ask the process to stop, as a signal does.
            () = self.api.control.leave.cancelled() => shutdown.cancel(),
        }
        while self.tasks.join_next().await.is_some() {}
        self.last.cancel();
        while self.committer.join_next().await.is_some() {}
    }
}

async fn journal(config: &ServerConfig) -> Result<Arc<dyn Journal>> {
    Ok(match &config.data_dir {
        None => Arc::new(MemoryJournal::new(HistoryId::random())),
        Some(directory) => Arc::new(open_data(directory).await?),
    })
}

fn registry_config(config: &ServerConfig) -> RegistryConfig {
    RegistryConfig { datacenter: Arc::clone(&config.datacenter), waits: config.waits, ..RegistryConfig::default() }
}

fn node_id(config: &ServerConfig, registry: &Registry) -> Result<NodeId> {
    match &config.data_dir {
        Some(directory) => {
            NodeId::find(directory, &config.node, config.node_id.as_deref(), registry.state().server_nodes())
        }
        None => Ok(NodeId::unkept(config.node_id.as_deref())),
    }
}

/// The name that the node has in the data so far: it may be about to get another one, and takes all along.
fn kept_name(config: &ServerConfig, id: &NodeId, registry: &Registry) -> NodeName {
    let state = registry.state();
    let mut nodes = state.server_nodes();
    nodes.find(|node| *node.id == *id.text()).map_or_else(|| config.node.clone(), |node| node.name.clone())
}

/// What HTTP answers from.
fn api(config: &ServerConfig, control: Control, ports: &Ports, registry: Registry, agent: Arc<Agent>) -> Result<Api> {
    let root = match &config.data_dir {
        None => connect_root::fresh()?,
        Some(directory) => connect_root::of(directory)?,
    };
    let mut api = Api::new(registry, agent, SocketAddr::new(config.advertise, config.server_port));
    api.always_pretty = config.pretty;
    api.control = control;
    api.about = about(config, &ports.addresses, root);
    api.about.settings = said(config, &ports.dns);
    api.settings = config.http.clone();
    api.connections.allow(config.connections_per_client);
    api.rates.allow(config.request_limits);
    Ok(api)
}

/// What may be registered at the agent of this node.
pub fn rules(config: &ServerConfig) -> Rules {
    Rules { scripts: config.scripts, server: Some(consul_service(config).id) }
}

/// The agent of this node.
fn agent_config(config: &ServerConfig, node_id: &str) -> AgentConfig {
    AgentConfig {
        server: Some(consul_service(config)),
        scripts: config.scripts,
        probes: config.probes.clone(),
        times: config.check_times,
        discard_output: config.discard_check_output,
        ..AgentConfig::new(own_node(config, node_id))
    }
}

/// What the process says of itself.
fn about(config: &ServerConfig, addresses: &[SocketAddr], root: ConnectRoot) -> About {
    let mut about = About::new(&config.version, concat!("muster-", env!("CARGO_PKG_VERSION")), config.advertise);
    [about.serf_lan_port, about.serf_wan_port] = config.serf_ports;
    // Only -dev keeps nothing.
    about.dev_mode = config.data_dir.is_none();
    about.bootstrap = !about.dev_mode;
    about.data_dir = config.data_dir.as_ref().map(|directory| directory.display().to_string());
    about.http_addresses = addresses.to_vec();
    about.http_sockets = config.sockets.iter().map(|path| path.display().to_string()).collect();
    about.root = Some(root);
    about
}

/// What else was set, as `/v1/agent/self` shows it: of that which stays as it is until the process ends.
fn said(config: &ServerConfig, dns: &[Port]) -> Vec<(&'static str, Said)> {
    let dns: Vec<SocketAddr> = dns.iter().map(|port| port.address).collect();
    let of_both = |address: &SocketAddr| ["tcp", "udp"].map(|protocol| format!("{protocol}://{address}"));
    vec![
        ("CheckDeregisterIntervalMin", Said::Time(config.check_times.shortest_removal)),
        ("CheckUpdateInterval", Said::Time(config.check_times.hold)),
        ("DNSAddrs", Said::Texts(dns.iter().flat_map(of_both).collect())),
        ("DNSPort", Said::Number(dns.first().map_or(-1, |address| i64::from(address.port())))),
        ("DefaultQueryTime", Said::Time(config.waits.default)),
        ("EnableLocalScriptChecks", Said::Flag(config.scripts != ScriptChecks::Off)),
        ("EnableRemoteScriptChecks", Said::Flag(config.scripts == ScriptChecks::On)),
        ("MaxQueryTime", Said::Time(config.waits.most)),
    ]
}

async fn open_data(directory: &Path) -> Result<RedbJournal> {
    if let Some(parent) = directory.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    }
    match RedbJournal::open(directory).await {
        Ok(journal) => Ok(journal),
        Err(error @ OpenError::NotOurs { .. }) if is_consuls(directory) => bail!(
            "{error}: choose another directory with -data-dir, and take keys over with `consul kv export` and \
             `consul kv import`"
        ),
        Err(error) => Err(error.into()),
    }
}

/// Whether a real Consul keeps its log there.
fn is_consuls(directory: &Path) -> bool {
    ["raft", "serf"].iter().any(|name| directory.join(name).exists())
}

fn own_node(config: &ServerConfig, id: &str) -> Node {
    Node {
        name: config.node.clone(),
        id: Arc::from(id),
        address: Arc::from(config.advertise.to_string()),
        tagged_addresses: config.tagged_addresses.clone(),
        meta: config.meta(),
    }
}

/// The service that stands for the server, with the meta that Consul 1.21.4 gives it.
fn consul_service(config: &ServerConfig) -> Service {
    let meta = [
        ("grpc_port", "-1"),
        ("grpc_tls_port", "-1"),
        ("non_voter", "false"),
        ("raft_version", "3"),
        ("read_replica", "false"),
        ("serf_protocol_current", "2"),
        ("serf_protocol_max", "5"),
        ("serf_protocol_min", "1"),
        ("version", &config.version),
    ];
    Service {
        id: ServiceId::new("consul").expect("a constant that is a valid ID"),
        name: ServiceName::new("consul").expect("a constant that is a valid name"),
        tags: Vec::new(),
        address: Arc::from(""),
        tagged_addresses: BTreeMap::new(),
        meta: pairs(&meta),
        port: i32::from(config.server_port),
        socket_path: Arc::from(""),
        weights: Weights::default(),
        enable_tag_override: false,
    }
}

fn pairs(list: &[(&str, &str)]) -> BTreeMap<Arc<str>, Arc<str>> {
    list.iter().map(|(key, value)| (Arc::from(*key), Arc::from(*value))).collect()
}

/// Whether serving there lets others than this host in.
pub fn is_open(address: IpAddr) -> bool {
    !address.is_loopback()
}

/// Loopback, where everything is served unless told otherwise.
pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

//! What `agent` is to do, out of the merged configuration.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use muster_model::NodeName;
use muster_model::duration_text::GoDuration;

use super::network::{Network, named_port};
use super::{checks, dns, http, identity};
use crate::address;
use crate::config::{self, Definition, Settings, Watch};
use crate::flags::Parsed;
use crate::logging::{LogFileSettings, LogSettings, facility, is_level};
use crate::program::Program;
use crate::registry_server::{self, ServerConfig, is_open};
use crate::{definitions, watches};

/// Consul's port.
pub const HTTP_PORT: u16 = 8500;

/// Consul's `log_rotate_duration`.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What `agent` is to do.
#[derive(Debug)]
pub struct AgentSettings {
    pub server: ServerConfig,
    pub expose: Vec<String>,
    pub log: LogSettings,
    pub pid_file: Option<PathBuf>,
    /// Files are read again as soon as they change.
    pub auto_reload: bool,
    /// What files define.
    pub definitions: Vec<Definition>,
    /// Whom they have changes told.
    pub watches: Vec<Watch>,
    /// What all this was read from.
    pub settings: Settings,
    /// Told once, when logging runs.
    pub warnings: Vec<String>,
}

impl AgentSettings {
    /// From flags and what they name. Under the name `consul` an open address takes no extra flag.
    pub fn read(program: Program, flags: &Parsed) -> Result<Self> {
        if let Some(extra) = flags.rest.first() {
            bail!("unexpected argument {extra:?}: agent takes flags only");
        }
        let settings = config::read(flags)?;
        let read = Self { expose: flags.list("expose-to").to_vec(), ..Self::of(&settings, flags.bool("dev"))? };
        let open_allowed = program == Program::Consul || flags.bool("insecure-open");
        if let Some(open) = read
            .server
            .listen
            .iter()
            .chain(read.server.dns.iter().flat_map(|dns| &dns.listen))
            .find(|address| is_open(**address) && !open_allowed)
        {
            bail!(
                "-client {open} lets everybody who reaches that address steer your services, and there are no ACLs \
                 yet: add --insecure-open if that is meant, or use --expose-to NETWORK to let containers in"
            );
        }
        Ok(read)
    }

    /// From the configuration; with `dev` in memory and on loopback.
    pub fn of(settings: &Settings, dev: bool) -> Result<Self> {
        // First, so that a file of definitions alone is told what is wrong in it.
        let (definitions, watches) = (config::definitions(settings)?, config::watches(settings)?);
        check_mode(settings, dev)?;
        let data_dir = settings.text("data_dir").filter(|text| !text.is_empty()).map(PathBuf::from);
        if data_dir.is_none() && !dev {
            bail!("data_dir cannot be empty: add -data-dir DIR, or -dev to keep nothing");
        }
        let node = identity::node_name(settings, address::host_name)?;
        let mut warnings = settings.skipped.clone();
        warnings.extend(identity::undiscoverable(&node));
        warnings.extend(without_effect(settings));
        let server = server(settings, dev, node, data_dir)?;
        // What data there are say whether a check is about an instance that no file defines.
        let has_data = server.data_dir.as_deref().is_some_and(Path::exists);
        definitions::check(&definitions, &registry_server::rules(&server), |_| has_data)?;
        watches::check(&watches, !server.listen.is_empty() || !server.sockets.is_empty())?;
        let pid_file = settings.text("pid_file").filter(|text| !text.is_empty()).map(PathBuf::from);
        let log = log(settings)?;
        Ok(Self {
            server,
            expose: Vec::new(),
            log,
            pid_file,
            auto_reload: settings.bool("auto_reload_config").unwrap_or(false),
            definitions,
            watches,
            settings: settings.clone(),
            warnings,
        })
    }
}

/// The registry with its node, ports and limits.
fn server(settings: &Settings, dev: bool, node: String, data_dir: Option<PathBuf>) -> Result<ServerConfig> {
    let network = Network::of(settings, dev)?;
    let datacenter = identity::datacenter(settings)?;
    let dns = dns::settings(settings, network.http_port, &datacenter)?;
    Ok(ServerConfig {
        node_id: identity::node_id(settings)?,
        node_meta: identity::node_meta(settings)?,
        tagged_addresses: network.tagged_addresses,
        datacenter: Arc::from(datacenter),
        data_dir: data_dir.filter(|_| !dev),
        listen: network.listen,
        sockets: network.sockets,
        socket_access: network.socket_access,
        http_port: network.http_port,
        server_port: network.server_port,
        pretty: dev,
        dns,
        http: http::settings(settings)?,
        connections_per_client: http::connections_per_client(settings)?,
        request_limits: http::request_limits(settings)?,
        waits: http::waits(settings)?,
        serf_ports: [named_port(settings, "ports.serf_lan", 8301)?, serf_wan_port(settings)?],
        scripts: checks::scripts(settings),
        probes: checks::probes(settings)?,
        check_times: checks::times(settings)?,
        discard_check_output: settings.bool("discard_check_output").unwrap_or(false),
        version: settings.text("version").map_or(crate::registry_server::CONSUL_VERSION, |text| text).into(),
        ..ServerConfig::at(
            NodeName::new(node).map_err(|problem| settings.wrong("node_name", format!("is refused: {problem}")))?,
            network.advertise,
        )
    })
}

/// The one warning about what is set and does nothing.
fn without_effect(settings: &Settings) -> Option<String> {
    let harmless = settings.harmless();
    let list = harmless.join(", ");
    (!harmless.is_empty()).then(|| format!("no effect here, and docs/compatibility.md says why of each: {list}"))
}

/// What is logged, and where.
fn log(settings: &Settings) -> Result<LogSettings> {
    let level = settings.text("log_level").unwrap_or("info").to_owned();
    if !is_level(&level) {
        return Err(
            settings.wrong("log_level", format!("is {level:?}: trace, debug, info, warn or err would be right"))
        );
    }
    let json = settings.bool("log_json").unwrap_or(false);
    let syslog = syslog(settings)?;
    let Some(path) = settings.text("log_file").filter(|text| !text.is_empty()) else {
        return Ok(LogSettings { level, json, file: None, syslog });
    };
    let every = settings.duration("log_rotate_duration").map_or(DAY, GoDuration::or_zero);
    if every.is_zero() {
        return Err(settings.wrong("log_rotate_duration", "is not above zero: a duration such as 24h would be right"));
    }
    let max_bytes = settings.int("log_rotate_bytes").and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0);
    let max_files = settings.int("log_rotate_max_files").unwrap_or(0);
    Ok(LogSettings {
        level,
        json,
        file: Some(LogFileSettings { path: PathBuf::from(path), every, max_bytes, max_files }),
        syslog,
    })
}

/// The facility, if logs go to syslog too. A wrong one is told even if they do not.
fn syslog(settings: &Settings) -> Result<Option<u8>> {
    // Consul's default.
    let name = settings.text("syslog_facility").filter(|name| !name.is_empty()).unwrap_or("LOCAL0");
    let Some(facility) = facility(name) else {
        let what = format!("is {name:?}: LOCAL0 to LOCAL7, DAEMON, USER or another one of syslog's would be right");
        return Err(settings.wrong("syslog_facility", what));
    };
    Ok(settings.bool("enable_syslog").unwrap_or(false).then_some(facility))
}

/// One server, with a place for its data: anything else is not there yet, and must not look as if it were.
fn check_mode(settings: &Settings, dev: bool) -> Result<()> {
    let expect = settings.int("bootstrap_expect").unwrap_or(0);
    let bootstrap = settings.bool("bootstrap").unwrap_or(false);
    let server = settings.bool("server");
    if server == Some(false) {
        return Err(settings.wrong(
            "server",
            "asks for a client agent, which is not there yet: server = true with bootstrap = true makes this host \
             the one server; elsewhere, point the host's tools at that server by CONSUL_HTTP_ADDR",
        ));
    }
    match expect {
        0 | 1 => {}
        ..0 => return Err(settings.wrong("bootstrap_expect", format!("is {expect}: 1 would be right"))),
        _ => {
            return Err(settings.wrong(
                "bootstrap_expect",
                format!(
                    "is {expect}: several servers are not there yet, and {expect} that do not know of each other \
                     would be {expect} registries; 1 on one host, and the tools of the others pointed at it by \
                     CONSUL_HTTP_ADDR, would be right"
                ),
            ));
        }
    }
    if expect == 1 && !bootstrap && server != Some(true) && !dev {
        bail!("'bootstrap_expect > 0' requires 'server = true'");
    }
    if dev || bootstrap || expect == 1 {
        return Ok(());
    }
    match server {
        None => {
            bail!("a client agent is not there yet: -bootstrap (one durable server) or -dev (in memory) would be right")
        }
        Some(_) => bail!("a server that waits for others is not there yet: add -bootstrap to be the one server"),
    }
}

/// Of gossip between datacenters, which may be off.
fn serf_wan_port(settings: &Settings) -> Result<u16> {
    const PORT: u16 = 8302;
    let path = "ports.serf_wan";
    if settings.int(path).is_some_and(|port| port < 1) { Ok(PORT) } else { named_port(settings, path, PORT) }
}

/// A port; 0 is any that is free.
pub fn port(number: i64) -> Result<u16> {
    u16::try_from(number).map_err(|_| anyhow!("HTTP port is {number}: 1 to 65535 would be right"))
}

/// An IP address.
pub fn parse_address(flag: &str, text: &str) -> Result<IpAddr> {
    text.parse().map_err(|_| anyhow!("{flag} is {text:?}: an IP address such as 192.168.1.10 would be right"))
}

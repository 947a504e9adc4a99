//! What `agent` is to do: defaults, then files, then flags.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use muster_model::NodeName;

use super::file::FileSettings;
use crate::address;
use crate::flags::Parsed;
use crate::program::Program;
use crate::registry_server::{LOOPBACK, ServerConfig, is_open};

/// Consul's port.
pub const HTTP_PORT: u16 = 8500;

/// What `agent` is to do.
#[derive(Debug)]
pub struct AgentSettings {
    pub server: ServerConfig,
    pub expose: Vec<String>,
    pub log_level: String,
}

impl AgentSettings {
    /// From flags and the files that they name. Under the name `consul` an open address takes no extra flag.
    pub fn read(program: Program, flags: &Parsed) -> Result<Self> {
        if let Some(extra) = flags.rest.first() {
            bail!("unexpected argument {extra:?}: agent takes flags only");
        }
        let mut file = FileSettings::default();
        for path in flags.list("config-file") {
            file.read(Path::new(path))?;
        }
        let text = |flag: &str, of_file: &Option<String>| flags.text(flag).map(str::to_owned).or(of_file.clone());
        let dev = flags.bool("dev");
        let data_dir = text("data-dir", &file.data_dir).map(PathBuf::from);
        check_mode(flags, &file, dev, data_dir.as_deref())?;
        let node = match text("node", &file.node) {
            Some(name) => name,
            None => address::host_name()?,
        };
        let advertise = match text("bind", &file.bind).as_deref() {
            None if dev => LOOPBACK,
            None | Some("0.0.0.0" | "::") => address::advertised().address,
            Some(text) => parse_address("-bind", text)?,
        };
        let listen = addresses(text("client", &file.client).as_deref().unwrap_or("127.0.0.1"))?;
        let open_allowed = program == Program::Consul || flags.bool("insecure-open");
        if let Some(open) = listen.iter().find(|address| is_open(**address) && !open_allowed) {
            bail!(
                "-client {open} lets everybody who reaches that address steer your services, and there are no ACLs \
                 yet: add --insecure-open if that is meant, or use --expose-to NETWORK to let containers in"
            );
        }
        let http_port = match flags.int("http-port").or(file.http_port) {
            None => HTTP_PORT,
            Some(number) => port(number)?,
        };
        let datacenter = text("datacenter", &file.datacenter).unwrap_or_else(|| "dc1".to_owned());
        let server = ServerConfig {
            node: NodeName::new(node).context("-node")?,
            advertise,
            datacenter: Arc::from(datacenter.to_lowercase()),
            data_dir: data_dir.filter(|_| !dev),
            listen,
            http_port,
            pretty: dev,
        };
        let log_level = text("log-level", &file.log_level).unwrap_or_else(|| "info".to_owned());
        Ok(Self { server, expose: flags.list("expose-to").to_vec(), log_level })
    }
}

/// One server, with a place for its data: anything else is not there yet, and must not look as if it were.
fn check_mode(flags: &Parsed, file: &FileSettings, dev: bool, data_dir: Option<&Path>) -> Result<()> {
    let said = |flag: &str, of_file: Option<bool>| if flags.has(flag) { Some(flags.bool(flag)) } else { of_file };
    let bootstrap = said("bootstrap", file.bootstrap).unwrap_or(false);
    let server = said("server", file.server);
    if dev {
        return Ok(());
    }
    if server == Some(false) || (server.is_none() && !bootstrap) {
        bail!("a client agent is not there yet: -bootstrap (one durable server) or -dev (in memory) would be right");
    }
    if !bootstrap {
        bail!("a server that waits for others is not there yet: add -bootstrap to be the one server");
    }
    if data_dir.is_none() {
        bail!("data_dir cannot be empty: add -data-dir DIR, or -dev to keep nothing");
    }
    Ok(())
}

/// A port; 0 is any that is free.
pub fn port(number: i64) -> Result<u16> {
    u16::try_from(number).map_err(|_| anyhow::anyhow!("HTTP port is {number}: 1 to 65535 would be right"))
}

fn addresses(text: &str) -> Result<Vec<IpAddr>> {
    let list: Vec<IpAddr> =
        text.split_whitespace().map(|word| parse_address("-client", word)).collect::<Result<_>>()?;
    if list.is_empty() { bail!("-client names no address: 127.0.0.1 would be right") } else { Ok(list) }
}

/// An IP address.
pub fn parse_address(flag: &str, text: &str) -> Result<IpAddr> {
    text.parse().map_err(|_| anyhow::anyhow!("{flag} is {text:?}: an IP address such as 192.168.1.10 would be right"))
}

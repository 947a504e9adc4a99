//! `up`: the whole chain on this host in one process.

mod elsewhere;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use muster_agent::{ProbeConfig, ScriptChecks};
use muster_catalog::{Discovery, LocalAgent};
use muster_docker::{DEFAULT_ADDRESS, Engine, EngineAddress};
use muster_model::{NodeName, REGISTRAR_SERVICE};
use muster_registrar::{Config as RegistrarConfig, Flags, Registrar};
use muster_template::Config as RenderConfig;
use tokio_util::sync::CancellationToken;

use self::elsewhere::Elsewhere;
use super::agent::dns;
use super::agent::{HTTP_PORT, parse_address, port};
use super::registrator::{compare_on_hangup, own_host};
use super::template::{environment, templates};
use crate::dns_server::DnsConfig;
use crate::exit::Failure;
use crate::expose::{self, Served};
use crate::flags::{Flag, FlagTable, Kind, Parsed};
use crate::program::Program;
use crate::registry_server::{LOOPBACK, RegistryServer, ServerConfig};
use crate::{address, descriptors, logging, rendering, shutdown};

/// How soon what no event told is found. In one process a comparison costs a list from the engine.
const FULL_PASS: Duration = Duration::from_secs(10);

pub const TABLE: FlagTable = FlagTable {
    usage: "muster up [flags]",
    about: "\
Runs registry and registrator on this host in one process, and templates if some are named. Needs no
flags: it takes the address of the default route, keeps its data in $XDG_DATA_HOME/muster, and picks the
Docker engine up when there is one (DOCKER_HOST, else unix:///var/run/docker.sock).

  muster up
  muster up -template lb.ctmpl:/etc/nginx/conf.d/default.conf:\"nginx -s reload\"
  muster up --expose-to bridge                   containers reach the registry at the bridge's gateway
  muster up --registry consul://127.0.0.1:8500   at a registry that runs already, such as a real Consul",
    flags: &[
        Flag::works("data-dir", Kind::Text, "DIR", "where the registry is kept; default $XDG_DATA_HOME/muster"),
        Flag::works("dns-port", Kind::Int, "PORT", "port of DNS on 127.0.0.1; -1: none; default 8600"),
        Flag::works("enable-script-checks", Kind::Bool, "", "containers and clients may have checks run commands here"),
        Flag::works("expose-to", Kind::List, "NETWORK", "also listen on the gateway of this Docker network"),
        Flag::works("http-port", Kind::Int, "PORT", "port of the HTTP API on 127.0.0.1; default 8500"),
        Flag::works("ip", Kind::Text, "ADDR", "this host's address; default: that of the default route"),
        Flag::works("log-level", Kind::Text, "LEVEL", "trace, debug, info, warn (the default) or err"),
        Flag::works("node", Kind::Text, "NAME", "name of this node; default: the host's"),
        Flag::works("registry", Kind::Text, "URI", "work at this registry, consul://HOST:PORT, and run none"),
        Flag::works("template", Kind::List, "IN:OUT[:COMMAND]", "render a file, and run a command when it changed"),
    ],
};

struct Settings {
    address: IpAddr,
    origin: String,
    node: NodeName,
    data_dir: PathBuf,
    http_port: u16,
    dns: Option<DnsConfig>,
    expose: Vec<String>,
    template: Option<RenderConfig>,
    elsewhere: Option<Elsewhere>,
    engine: Engine,
    script_checks: bool,
}

pub fn run(_: Program, arguments: &[String]) -> Result<(), Failure> {
    let usage = "Try: muster up --help";
    let parsed = TABLE.parse(arguments).map_err(|error| Failure::usage(1, error, usage))?;
    if parsed.help {
        out!("{}", TABLE.help());
        return Ok(());
    }
    if let Some(extra) = parsed.rest.first() {
        let error = anyhow!("unexpected argument {extra:?}: up takes flags only");
        return Err(Failure::usage(1, error, usage));
    }
    logging::start(parsed.text("log-level").unwrap_or("warn"))?;
    let settings = Settings::read(&parsed)?;
    descriptors::raise_limit();
    Ok(super::runtime()?.block_on(serve(settings))?)
}

impl Settings {
    fn read(parsed: &Parsed) -> Result<Self> {
        let (address, origin) = match parsed.text("ip") {
            Some(text) => (parse_address("-ip", text)?, "-ip".to_owned()),
            None => {
                let found = address::advertised();
                (found.address, found.origin)
            }
        };
        let node = match parsed.text("node") {
            Some(name) => name.to_owned(),
            None => address::host_name()?,
        };
        let http_port = parsed.int("http-port").map_or(Ok(HTTP_PORT), port)?;
        let engine = EngineAddress::from_environment(|name| std::env::var(name).ok(), DEFAULT_ADDRESS)?;
        let templates = templates(parsed)?;
        let elsewhere = Elsewhere::read(parsed)?;
        let registry = match &elsewhere {
            Some(elsewhere) => elsewhere.client.address(),
            None => SocketAddr::new(LOOPBACK, http_port).to_string(),
        };
        let template = (!templates.is_empty()).then(|| RenderConfig {
            templates,
            environment: environment(&registry),
            ..RenderConfig::default()
        });
        Ok(Self {
            address,
            origin,
            node: NodeName::new(node).context("-node")?,
            data_dir: if elsewhere.is_none() { data_dir(parsed)? } else { PathBuf::new() },
            http_port,
            dns: dns::port(parsed.int("dns-port"), http_port)?.map(|port| DnsConfig {
                listen: vec![LOOPBACK],
                port,
                answers: muster_dns::Config::default(),
            }),
            expose: parsed.list("expose-to").to_vec(),
            template,
            elsewhere,
            engine: Engine::at(engine),
            script_checks: parsed.bool("enable-script-checks"),
        })
    }
}

/// `--data-dir`, else the place that the XDG base directory specification gives programs for their data.
fn data_dir(parsed: &Parsed) -> Result<PathBuf> {
    if let Some(directory) = parsed.text("data-dir") {
        return Ok(PathBuf::from(directory));
    }
    let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(base) = set("XDG_DATA_HOME") {
        return Ok(base.join("muster"));
    }
    match set("HOME") {
        Some(home) => Ok(home.join(".local/share/muster")),
        None => bail!("neither XDG_DATA_HOME nor HOME is set: say where the registry is kept with --data-dir DIR"),
    }
}

async fn serve(settings: Settings) -> Result<()> {
    let shutdown = shutdown::on_signals().context("cannot listen for signals")?;
    let engine = Arc::new(settings.engine);
    let host = format!("muster up: this host is {} ({})", settings.address, settings.origin);
    let chain = Chain {
        address: settings.address,
        engine: Arc::clone(&engine),
        template: settings.template,
        script_checks: settings.script_checks,
    };
    if let Some(Elsewhere { client, uri }) = settings.elsewhere {
        outln!("{host}\n  registry   {uri}");
        return chain.run(client.clone(), client, &shutdown).await;
    }
    let config = ServerConfig {
        data_dir: Some(settings.data_dir.clone()),
        http_port: settings.http_port,
        dns: settings.dns,
        scripts: if settings.script_checks { ScriptChecks::On } else { ScriptChecks::Off },
        probes: ProbeConfig::new(Arc::clone(&engine)),
        ..ServerConfig::at(settings.node.clone(), settings.address)
    };
    let server = match RegistryServer::start(config).await {
        Ok(server) => server,
        Err(error) => {
            let address = SocketAddr::new(LOOPBACK, settings.http_port);
            return Err(elsewhere::with_way_out(error, address).await);
        }
    };
    outln!("{host}, node {}", settings.node);
    outln!("  registry   http://{} in {}", server.addresses[0], settings.data_dir.display());
    outln!("  names      {}", server.dns_line());
    let served = Served::by(&server, settings.http_port);
    let exposing = tokio::spawn(expose::serve(engine, settings.expose, served, shutdown.clone()));
    let (agent, registry) = (Arc::clone(&server.agent), Arc::new(server.registry.clone()));
    let serving = tokio::spawn(server.run(shutdown.clone()));
    let worked = chain.run(agent, registry, &shutdown).await;
    shutdown.cancel();
    exposing.await.context("serving Docker networks ended early")?;
    serving.await.context("the registry ended early")?;
    worked
}

/// What goes on at a registry, wherever that is.
struct Chain {
    address: IpAddr,
    engine: Arc<Engine>,
    template: Option<RenderConfig>,
    script_checks: bool,
}

impl Chain {
    /// Until one of its parts fails or all are told to stop; then all stop.
    async fn run(
        self,
        agent: Arc<dyn LocalAgent>,
        registry: Arc<dyn Discovery>,
        shutdown: &CancellationToken,
    ) -> Result<()> {
        let flags =
            Flags { ip: self.address.to_string(), enable_script_checks: self.script_checks, ..Flags::default() };
        let config = RegistrarConfig::new(flags, own_host(false)?, false, FULL_PASS)?;
        let registrar = config.build(Arc::clone(&self.engine) as _, Arc::clone(&agent));
        let compare_on_hangup = compare_on_hangup(registrar.prompt())?;
        let found = tokio::spawn(say_what_was_found(self.engine, agent, registrar.ready(), shutdown.clone()));
        let templates = self.template.map(|config| Templates { config, registry });
        let worked = tokio::select! {
            worked = work(registrar, templates, shutdown) => worked,
            () = compare_on_hangup => Ok(()),
        };
        shutdown.cancel();
        found.await.context("looking for the engine ended early")?;
        worked
    }
}

/// What is to be rendered, and from where.
struct Templates {
    config: RenderConfig,
    registry: Arc<dyn Discovery>,
}

/// Registrar and templates, until one of them fails or all are told to stop.
async fn work(registrar: Registrar, templates: Option<Templates>, shutdown: &CancellationToken) -> Result<()> {
    let render = async {
        match templates {
            Some(Templates { config, registry }) => rendering::run(config, registry, shutdown.clone()).await,
            None => Ok(()),
        }
    };
    let register = async { registrar.run(shutdown.clone()).await.map_err(anyhow::Error::from) };
    tokio::try_join!(render, register).map(drop)
}

/// One line about the engine, now or when it appears.
async fn say_what_was_found(
    engine: Arc<Engine>,
    agent: Arc<dyn LocalAgent>,
    mut ready: tokio::sync::watch::Receiver<bool>,
    shutdown: CancellationToken,
) {
    let found = async {
        if let Err(error) = engine.info().await {
            outln!("  engine     {}; picked up when it appears", crate::exit::one_line(&error.into()));
        }
        if ready.wait_for(|ready| *ready).await.is_err() {
            return;
        }
        // The registrar itself is none of those that people look for here.
        let found = agent.services().await.unwrap_or_default();
        let found = found.values().filter(|service| service.name.as_str() != REGISTRAR_SERVICE).count();
        let registered = match found {
            1 => "1 service registered".to_owned(),
            services => format!("{services} services registered"),
        };
        match engine.info().await {
            Ok(info) => outln!("  engine     {} {}: {registered}", engine.address(), info.version),
            Err(_) => outln!("  engine     {}: {registered}", engine.address()),
        }
    };
    tokio::select! {
        () = found => {}
        () = shutdown.cancelled() => {}
    }
}

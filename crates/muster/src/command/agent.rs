//! `agent`: the registry on its own.

mod checks;
mod config;
pub mod dns;
mod http;
mod identity;
mod network;
mod reload;
mod table;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use muster_docker::{DEFAULT_ADDRESS, Engine, EngineAddress};
use tracing::warn;

use crate::definitions::Definitions;
use crate::exit::Failure;
use crate::expose::{self, Served};
use crate::flags::Parsed;
use crate::logging::LogLevel;
use crate::pid_file::PidFile;
use crate::program::Program;
use crate::registry_server::{LOOPBACK, RegistryServer, is_open};
use crate::{logging, shutdown};
pub use config::{AgentSettings, HTTP_PORT, parse_address, port};
use reload::Reloader;
pub use table::TABLE;

pub fn run(program: Program, arguments: &[String]) -> Result<(), Failure> {
    let name = if program == Program::Consul { "consul" } else { "muster" };
    let usage = || format!("Try: {name} agent --help");
    let parsed = TABLE.parse(arguments).map_err(|error| Failure::usage(1, error, usage()))?;
    if parsed.help {
        print!("{}", TABLE.help());
        return Ok(());
    }
    let settings = AgentSettings::read(program, &parsed).map_err(|error| Failure::usage(1, error, usage()))?;
    let level = logging::start_as(&settings.log)?;
    Ok(super::runtime()?.block_on(serve(settings, Sources { program, flags: parsed, level }))?)
}

/// Where the agent with these arguments answers, for one who asks on the same host.
pub fn address_of(program: Program, arguments: &[String]) -> Result<String> {
    let server = AgentSettings::read(program, &TABLE.parse(arguments)?)?.server;
    let address = server.listen.first().copied().context("it serves no HTTP API")?;
    let address = if address.is_unspecified() { LOOPBACK } else { address };
    anyhow::ensure!(server.http_port != 0, "its HTTP port is any that was free: -http-port PORT would be right");
    Ok(SocketAddr::new(address, server.http_port).to_string())
}

/// What the settings were read from, and are read from again.
struct Sources {
    program: Program,
    flags: Parsed,
    level: LogLevel,
}

async fn serve(settings: AgentSettings, sources: Sources) -> Result<()> {
    let shutdown = shutdown::on_signals().context("cannot listen for signals")?;
    let hangups = shutdown::hangups().context("cannot listen for signals")?;
    warn_of(&settings);
    let engine = match settings.expose.is_empty() {
        true => None,
        false => {
            let address = EngineAddress::from_environment(|name| std::env::var(name).ok(), DEFAULT_ADDRESS)?;
            Some(Arc::new(Engine::at(address)))
        }
    };
    let (control, requests) = reload::requests();
    let server = RegistryServer::start_with(settings.server.clone(), control).await?;
    let mut definitions = Definitions::open(Arc::clone(&server.api), settings.server.data_dir.as_deref())?;
    definitions.apply(&settings.definitions).await?;
    let _pid_file = settings.pid_file.as_deref().map(PidFile::write).transpose()?;
    println!("{}", started(&settings, &server));
    let Sources { program, flags, level } = sources;
    let reloader = Reloader { program, flags, level, definitions, settings: settings.settings };
    let reloading = tokio::spawn(reloader.run(hangups, requests, shutdown.clone()));
    let exposing = engine.map(|engine| {
        let served = Served::by(&server, settings.server.http_port);
        tokio::spawn(expose::serve(engine, settings.expose.clone(), served, shutdown.clone()))
    });
    server.run(shutdown.clone()).await;
    // A client may have asked for the end.
    shutdown.cancel();
    reloading.await.context("reading the configuration again ended early")?;
    if let Some(exposing) = exposing {
        exposing.await.context("serving Docker networks ended early")?;
    }
    Ok(())
}

fn warn_of(settings: &AgentSettings) {
    for warning in &settings.warnings {
        warn!("{warning}");
    }
    for address in settings.server.listen.iter().filter(|address| is_open(**address)) {
        warn!(%address, "the registry is open to everybody who reaches this address: there are no ACLs");
    }
}

/// The line that says that all is up.
fn started(settings: &AgentSettings, server: &RegistryServer) -> String {
    let addresses: Vec<_> = server.addresses.iter().map(|address| format!("http://{address}")).collect();
    let kept = match &settings.server.data_dir {
        Some(directory) => format!("kept in {}", directory.display()),
        None => "kept in memory only".to_owned(),
    };
    let served = match addresses.is_empty() {
        true => "no HTTP API".to_owned(),
        false => format!("HTTP API on {}", addresses.join(" and ")),
    };
    let names = server.dns_line();
    let (node, address) = (&settings.server.node, settings.server.advertise);
    format!("muster agent: node {node} at {address}, {served}, {names}, {kept}")
}

//! `agent`: the registry on its own.

mod checks;
mod config;
pub mod dns;
mod file_changes;
mod http;
mod identity;
mod network;
mod reload;
mod table;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use muster_docker::{DEFAULT_ADDRESS, Engine, EngineAddress};
use muster_model::ServiceId;
use tracing::warn;

use crate::config::Subject;
use crate::definitions::{self, Definitions};
use crate::exit::Failure;
use crate::expose::{self, Served};
use crate::flags::Parsed;
use crate::logging::LogLevel;
use crate::pid_file::PidFile;
use crate::program::Program;
use crate::registry_server::{self, LOOPBACK, RegistryServer, is_open};
use crate::watches::Watches;
use crate::{descriptors, logging, shutdown};
pub use config::{AgentSettings, HTTP_PORT, parse_address, port};
use file_changes::Files;
use reload::{Reloader, Running};
pub use table::TABLE;

pub fn run(program: Program, arguments: &[String]) -> Result<(), Failure> {
    let name = if program == Program::Consul { "consul" } else { "muster" };
    let usage = || format!("Try: {name} agent --help");
    let parsed = TABLE.parse(arguments).map_err(|error| Failure::usage(1, error, usage()))?;
    if parsed.help {
        out!("{}", TABLE.help_as(program.name()));
        return Ok(());
    }
    let settings = AgentSettings::read(program, &parsed).map_err(|error| Failure::usage(1, error, usage()))?;
    let level = logging::start_as(&settings.log)?;
    descriptors::raise_limit();
    Ok(super::runtime()?.block_on(serve(settings, Sources { program, flags: parsed, level }))?)
}

/// Where the agent with these arguments answers, for one who asks on the same host.
pub fn address_of(program: Program, arguments: &[String]) -> Result<String> {
    let server = AgentSettings::read(program, &TABLE.parse(arguments)?)?.server;
    if let (None, Some(socket)) = (server.listen.first(), server.sockets.first()) {
        return Ok(format!("unix://{}", socket.display()));
    }
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
    let gone = definitions::remembered_in(settings.server.data_dir.as_deref())?;
    let admit = |services: &BTreeMap<ServiceId, _>| {
        let stays = |id: &ServiceId| !gone.contains(&(Subject::Service, id.as_str().to_owned()));
        let rules = registry_server::rules(&settings.server);
        definitions::check(&settings.definitions, &rules, |id| services.contains_key(id) && stays(id))
    };
    let server = RegistryServer::start_with(settings.server.clone(), control, admit).await?;
    let mut definitions = Definitions::open(Arc::clone(&server.api), settings.server.data_dir.as_deref())?;
    let mut watches = Watches::at(own_address(&server));
    definitions.apply(&settings.definitions).await?;
    let _pid_file = settings.pid_file.as_deref().map(PidFile::write).transpose()?;
    outln!("{}", started(&settings, &server));
    let Sources { program, flags, level } = sources;
    let running = Running::of(&server);
    watches.apply(settings.watches)?;
    let files = settings.auto_reload.then(|| Files::named_by(&flags));
    let (warned, settings_now) = (settings.warnings, settings.settings);
    let reloader =
        Reloader { files, program, flags, level, definitions, watches, running, settings: settings_now, warned };
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

/// Where the agent reaches its own API.
fn own_address(server: &RegistryServer) -> Option<String> {
    let socket = server.sockets.first().map(|socket| format!("unix://{}", socket.path.display()));
    let address = server.addresses.first().map(|address| {
        let ip = if address.ip().is_unspecified() { LOOPBACK } else { address.ip() };
        SocketAddr::new(ip, address.port()).to_string()
    });
    address.or(socket)
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
    let addresses = server.addresses.iter().map(|address| format!("http://{address}"));
    let sockets = server.sockets.iter().map(|socket| format!("unix://{}", socket.path.display()));
    let addresses: Vec<_> = addresses.chain(sockets).collect();
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

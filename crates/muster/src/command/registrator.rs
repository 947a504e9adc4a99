//! `registrator`: containers become registrations at a registry somewhere.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use muster_consul_client::ConsulClient;
use muster_docker::{DEFAULT_ADDRESS, Engine, EngineAddress};
use muster_registrar::{Backend, Config, Flags, Host, Prompt};

use crate::exit::Failure;
use crate::flags::{Flag, FlagError, FlagTable, Kind, Parsed};
use crate::program::Program;
use crate::{address, logging, registry_client, shutdown};

/// Where Registrator looks for the engine: its image is run with the socket mounted there.
const REGISTRATORS_ENGINE: &str = "unix:///tmp/docker.sock";
/// How soon a registry that was emptied while it stayed reachable is filled again: under our own name, and under Registrator's.
const FULL_PASS: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(60)];

pub const TABLE: FlagTable = FlagTable {
    usage: "muster registrator [flags] REGISTRY-URI",
    about: "\
Registers this host's containers at a registry, muster's or a real Consul, and keeps that true: what
starts is registered, what goes is taken out, and what was missed is found by comparing: now and then,
when the registry was away, and on SIGHUP.

  muster registrator consul://127.0.0.1:8500
  muster registrator -ip 192.168.1.10 -tags edge consul://registry.example:8500

SERVICE_NAME, SERVICE_TAGS, SERVICE_<port>_NAME and the other variables and labels are Registrator's.
The engine is DOCKER_HOST's, else unix:///var/run/docker.sock (under the name registrator:
unix:///tmp/docker.sock).",
    flags: &[
        Flag::works("ip", Kind::Text, "ADDR", "address of ports that are published on this host"),
        Flag::works("internal", Kind::Bool, "", "register containers' own addresses and exposed ports"),
        Flag::works("explicit", Kind::Bool, "", "only containers that set SERVICE_NAME"),
        Flag::works("tags", Kind::Text, "TAGS", "tags for every service, separated by commas"),
        Flag::works("deregister", Kind::Text, "WHEN", "always (the default) or on-success"),
        Flag::works("resync", Kind::Int, "SECONDS", "compare everything so often; default 10, as registrator 60"),
        Flag::works("cleanup", Kind::Bool, "", "also take out what an earlier registrator left behind"),
        Flag::works(
            "retry-attempts",
            Kind::Int,
            "N",
            "tries to reach the registry at the start; -1: for ever; default 0",
        ),
        Flag::works("retry-interval", Kind::Int, "MS", "milliseconds between them; default 2000"),
        Flag::works("useIpFromLabel", Kind::Text, "LABEL", "address from this label of the container"),
        Flag::works("compat", Kind::Bool, "", "Registrator's behaviour to the letter (default under its name)"),
        Flag::works("log-level", Kind::Text, "LEVEL", "trace, debug, info (the default), warn or err"),
        Flag::works("version", Kind::Bool, "", "print the version"),
        Flag::works(
            "enable-script-checks",
            Kind::Bool,
            "",
            "let containers have commands run on the agent's host (as registrator: always)",
        ),
        Flag::works("ttl", Kind::Int, "SECONDS", "life of entries in backends that expire them; consul:// does not"),
        Flag::works("ttl-refresh", Kind::Int, "SECONDS", "how often such entries are written again"),
    ],
};

pub fn run(program: Program, arguments: &[String]) -> Result<(), Failure> {
    let parsed = TABLE.parse(arguments).map_err(|error| {
        // Go's flag package ends with 2; a flag that is known but not there yet is no mistake in writing.
        let code = if matches!(error, FlagError::Absent(_)) { 1 } else { 2 };
        Failure::usage(code, error, usage(program))
    })?;
    if parsed.help {
        out!("{}", TABLE.help_as(program.name()));
        return Ok(());
    }
    if parsed.bool("version") {
        outln!("muster v{} (registrator)", env!("CARGO_PKG_VERSION"));
        return Ok(());
    }
    let uri = registry_uri(&parsed, usage(program))?;
    logging::start(parsed.text("log-level").unwrap_or("info"))?;
    let compat =
        if parsed.has("compat") { parsed.bool("compat") } else { program.compat().map_err(|error| anyhow!(error))? };
    let config = config(&parsed, compat)?;
    let engine = engine(program)?;
    let client = client(&uri)?;
    Ok(super::runtime()?.block_on(serve(config, engine, client, uri))?)
}

/// Under either name.
fn usage(program: Program) -> &'static str {
    match program {
        Program::Registrator => "Try: registrator --help",
        _ => "Try: muster registrator --help",
    }
}

fn registry_uri(parsed: &Parsed, usage: &str) -> Result<String, Failure> {
    match parsed.rest.as_slice() {
        [uri] => Ok(uri.clone()),
        [] => Err(Failure::usage(2, anyhow!("Missing required argument for registry URI."), usage)),
        [_, extra @ ..] => {
            let extra = extra.join(" ");
            let error =
                anyhow!("Extra unparsed arguments: {extra}. Options should come before the registry URI argument.");
            Err(Failure::usage(2, error, usage))
        }
    }
}

fn config(parsed: &Parsed, compat: bool) -> Result<Config> {
    let flags = Flags {
        ip: parsed.text("ip").unwrap_or_default().to_owned(),
        internal: parsed.bool("internal"),
        explicit: parsed.bool("explicit"),
        tags: parsed.text("tags").unwrap_or_default().to_owned(),
        use_ip_from_label: parsed.text("useIpFromLabel").unwrap_or_default().to_owned(),
        resync: parsed.int("resync").unwrap_or(0),
        deregister: parsed.text("deregister").unwrap_or("always").to_owned(),
        retry_attempts: parsed.int("retry-attempts").unwrap_or(0),
        retry_interval: parsed.int("retry-interval").unwrap_or(2000),
        cleanup: parsed.bool("cleanup"),
        ttl: parsed.int("ttl").unwrap_or(0),
        ttl_refresh: parsed.int("ttl-refresh").unwrap_or(0),
        enable_script_checks: parsed.bool("enable-script-checks"),
    };
    Ok(Config::new(flags, own_host(compat)?, compat, FULL_PASS[usize::from(compat)])?)
}

/// This host as registrations name it. Registrator takes whatever the host's name resolves to; on many hosts
/// that is a loopback address, which leads nobody else here, so ours takes the default route's then.
pub fn own_host(compat: bool) -> Result<Host> {
    let name = address::host_name()?;
    let resolved = address::resolved(&name);
    let address = match resolved {
        Some(address) if compat || !address.is_loopback() => Some(address),
        None if compat => None,
        _ => Some(address::advertised().address),
    };
    Ok(Host { name, address: address.map(|address| address.to_string()) })
}

/// The engine and the registry's address of the registrator with these arguments.
pub fn ends_of(program: Program, arguments: &[String]) -> Result<(Engine, String)> {
    let parsed = TABLE.parse(arguments)?;
    let Some(uri) = parsed.rest.first() else { anyhow::bail!("it names no registry") };
    Ok((engine(program)?, registry_address(uri)?))
}

fn engine(program: Program) -> Result<Engine> {
    let default = if program == Program::Registrator { REGISTRATORS_ENGINE } else { DEFAULT_ADDRESS };
    let address = EngineAddress::from_environment(|name| std::env::var(name).ok(), default)?;
    Ok(Engine::at(address))
}

/// A client of the registry that a URI names.
pub fn client(uri: &str) -> Result<ConsulClient> {
    registry_client::connect(&registry_address(uri)?)
}

fn registry_address(uri: &str) -> Result<String> {
    let Backend::Consul(backend) = Backend::parse(uri)?;
    Ok(registry_client::address(backend.address.as_deref()))
}

async fn serve(config: Config, engine: Engine, client: ConsulClient, uri: String) -> Result<()> {
    let shutdown = shutdown::on_signals().context("cannot listen for signals")?;
    let engine_address = engine.address().to_string();
    let registrar = config.build(Arc::new(engine), Arc::new(client));
    let compare_on_hangup = compare_on_hangup(registrar.prompt())?;
    let mut ready = registrar.ready();
    let announce = async move {
        if ready.wait_for(|ready| *ready).await.is_ok() {
            outln!("muster registrator: containers of {engine_address} are registered at {uri}");
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        result = registrar.run(shutdown) => Ok(result?),
        () = announce => Ok(()),
        () = compare_on_hangup => Ok(()),
    }
}

/// There is no file to read anew: SIGHUP has everything compared.
pub fn compare_on_hangup(prompt: Prompt) -> Result<impl Future<Output = ()>> {
    let mut hangups = shutdown::hangups().context("cannot listen for signals")?;
    Ok(async move {
        while hangups.recv().await.is_some() {
            prompt.full_pass();
        }
    })
}

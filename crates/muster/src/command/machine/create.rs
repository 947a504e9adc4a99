//! `machine create`.

use anyhow::{Context as _, anyhow, bail};
use muster_machine::{AuthOptions, ContainerOptions, EngineOptions, MachineError, MachineName, Order, create};

use super::{Context, words};
use crate::exit::Failure;
use crate::flags::Parsed;
use crate::shutdown;

/// What everybody who makes such a machine is told.
pub const ROOT_ON_HOST: &str =
    "A container machine is root on the host of its engine: who controls it controls that host.";
/// docker-machine's exit code for a host that no machine can be made on.
const PRE_CREATE: u8 = 3;

pub fn run(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    refuse_others(arguments)?;
    let Some(parsed) = context.parse(&words::CREATE, arguments)? else { return Ok(()) };
    let order = order(context, &parsed)?;
    super::super::runtime()?.block_on(async {
        let interrupt = shutdown::on_signals().context("cannot listen for signals")?;
        super::say(&format!("({}) {ROOT_ON_HOST}", order.name));
        match create(&context.store, &order, &super::progress(), &interrupt).await {
            Ok(_) => Ok(()),
            Err(error @ MachineError::PreCreate { .. }) => Err(Failure::with_code(PRE_CREATE, error)),
            Err(error) => Err(error.into()),
        }
    })?;
    super::say(&format!(
        "To see how to connect your Docker Client to the Docker Engine running on this virtual machine, run: {} env {}",
        context.invoked_as, order.name
    ));
    Ok(())
}

/// The driver that is asked for, and flags of drivers that are not there: answered before anything else is read.
fn refuse_others(arguments: &[String]) -> anyhow::Result<()> {
    let name = |argument: &String| {
        let body = argument.strip_prefix('-')?;
        Some(body.strip_prefix('-').unwrap_or(body).split('=').next().unwrap_or_default().to_owned())
    };
    let flags: Vec<String> = arguments.iter().take_while(|argument| *argument != "--").filter_map(name).collect();
    if let Some(flag) = flags.iter().find(|flag| flag.as_str() == "swarm" || flag.starts_with("swarm-")) {
        bail!(
            "--{flag} is for classic Swarm, which is no more: make the machines without it, then muster swarm create \
             --managers 1 --workers 2 (or docker swarm init and join on them)"
        );
    }
    let driver = driver(arguments);
    if driver != "container" {
        let error = muster_machine::DriverError::NotThereYet { name: driver.clone() };
        let prefix = format!("{driver}-");
        let own: Vec<_> = flags.iter().filter_map(|flag| flag.strip_prefix(&prefix)).filter_map(replacement).collect();
        if own.is_empty() {
            bail!("{error}");
        }
        bail!("{error}, with {}", own.join(", "));
    }
    let foreign = |flag: &&String| ["virtualbox-", "generic-"].iter().any(|prefix| flag.starts_with(prefix));
    if let Some(flag) = flags.iter().find(foreign) {
        let (driver, rest) = flag.split_once('-').unwrap_or((flag, ""));
        let instead = replacement(rest).map(|flag| format!("; the container driver has {flag}")).unwrap_or_default();
        bail!("--{flag} is for the driver {driver:?}, which is not there yet in this muster{instead}");
    }
    Ok(())
}

fn driver(arguments: &[String]) -> String {
    let mut given = None;
    for (position, argument) in arguments.iter().enumerate() {
        match argument.as_str() {
            "-d" | "--d" | "-driver" | "--driver" => given = arguments.get(position + 1).cloned().or(given),
            other => {
                let value = ["-d=", "--d=", "-driver=", "--driver="].iter().find_map(|form| other.strip_prefix(form));
                given = value.map(str::to_owned).or(given);
            }
        }
    }
    let from_environment = || std::env::var("MACHINE_DRIVER").ok();
    given.or_else(from_environment).filter(|driver| !driver.is_empty()).unwrap_or_else(|| "container".to_owned())
}

/// Ours for another driver's flag.
fn replacement(flag: &str) -> Option<&'static str> {
    match flag {
        "cpu-count" => Some("--container-cpu-count"),
        "memory" => Some("--container-memory"),
        "disk-size" => Some("--container-disk-size"),
        _ => None,
    }
}

fn order(context: &Context, parsed: &Parsed) -> anyhow::Result<Order> {
    let name = match parsed.rest.as_slice() {
        [name] => name,
        [] => bail!("Error: No machine name specified"),
        [_, extra @ ..] => bail!("Invalid command line. Found extra arguments [{}]", extra.join(" ")),
    };
    let name = MachineName::parse(name).map_err(|error| anyhow!("Error creating machine: {error}"))?;
    let mut mirrors = parsed.list("engine-registry-mirror").to_vec();
    if let (true, Ok(text)) = (mirrors.is_empty(), std::env::var("ENGINE_REGISTRY_MIRROR")) {
        mirrors.extend(text.split(',').map(str::trim).filter(|mirror| !mirror.is_empty()).map(str::to_owned));
    }
    let engine = EngineOptions {
        arbitrary_flags: parsed.list("engine-opt").to_vec(),
        env: parsed.list("engine-env").to_vec(),
        insecure_registry: parsed.list("engine-insecure-registry").to_vec(),
        labels: parsed.list("engine-label").to_vec(),
        registry_mirror: mirrors,
        storage_driver: parsed.text("engine-storage-driver").unwrap_or_default().to_owned(),
        tls_verify: true,
        ..EngineOptions::default()
    };
    let auth = AuthOptions { server_cert_sans: parsed.list("tls-san").to_vec(), ..AuthOptions::default() };
    let order = Order {
        name,
        container: container(parsed)?,
        engine,
        auth,
        authority: context.authority.clone(),
        user: super::actions::user(),
    };
    // Before anything is said or made.
    order.validate()?;
    Ok(order)
}

/// A machine with nothing asked for but what the environment asks for.
pub fn order_for(context: &Context, name: &MachineName) -> anyhow::Result<Order> {
    let parsed = words::CREATE.parse(&[name.to_string()])?;
    order(context, &parsed)
}

fn container(parsed: &Parsed) -> anyhow::Result<ContainerOptions> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let number = |flag: &str, name: &str, default: i64| -> anyhow::Result<i64> {
        match (parsed.int(flag), variable(name)) {
            (Some(number), _) => Ok(number),
            (None, Some(text)) => text
                .parse()
                .map_err(|_| anyhow!("environment variable {name} is {text:?}: a whole number would be right")),
            (None, None) => Ok(default),
        }
    };
    let default = ContainerOptions::default();
    // After `eval $(docker-machine env NAME)` DOCKER_HOST is a machine, which is not where the next one belongs.
    let docker_host = || variable("DOCKER_HOST").filter(|host| host.starts_with("unix://"));
    let engine = parsed.text("container-engine").map(str::to_owned).or_else(|| variable("CONTAINER_ENGINE"));
    let image = parsed.text("container-image").map(str::to_owned).or_else(|| variable("CONTAINER_IMAGE"));
    Ok(ContainerOptions {
        engine: engine.or_else(docker_host).unwrap_or_default(),
        image: image.unwrap_or_else(|| default.image.clone()),
        cpu_count: number("container-cpu-count", "CONTAINER_CPU_COUNT", default.cpu_count)?,
        memory: number("container-memory", "CONTAINER_MEMORY_SIZE", default.memory)?,
        disk_size: number("container-disk-size", "CONTAINER_DISK_SIZE", default.disk_size)?,
        ..default
    })
}

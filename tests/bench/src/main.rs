//! `make bench`: the registry beside a real Consul, in one run, as ratios.
//!
//! Rounds are interleaved (muster, Consul, muster, …), servers are pinned to one core and this client to
//! another, each round starts both on empty data. What counts is the server's CPU per request and the ratio
//! of medians; absolute numbers are this machine's of this moment. Of three rounds only those are run that ten
//! minutes have room for. Without the reference there is no ratio,
//! so without `MUSTER_PEER_CONSUL` (the path of a real `consul`) this fails.

mod bare;
mod blocked;
mod goals;
mod growth;
mod load;
mod names;
mod server;
mod table;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bare::Bare;
use growth::Growth;
use load::{Load, Sample};
use names::Questions;
use server::{Kind, Server};

const ROUNDS: usize = 3;
/// No round is begun that would probably end later than this after the first: the rounds beside Consul, and all.
const ROUNDS_TIME: Duration = Duration::from_secs(360);
const WHOLE_TIME: Duration = Duration::from_secs(570);
/// What hangs is ended after that.
const ROUND_AT_MOST: Duration = Duration::from_secs(400);
const CONNECTIONS: usize = 64;

/// One row of the table: what both were asked to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Start,
    Health,
    Put,
    PutAlone,
    /// An append and its sync, by nobody's server.
    Sync,
    Addresses,
    Services,
    AllServices,
    Blocked,
    Idle,
    Memory,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, rest @ ..] = &*arguments
        && first == "bare"
    {
        return bare::serve(rest);
    }
    pin_to_another_core()?;
    let Some(consul) = std::env::var_os("MUSTER_PEER_CONSUL").map(PathBuf::from) else {
        bail!("MUSTER_PEER_CONSUL is not set: name the path of a real consul, there is nothing to compare with");
    };
    let muster = std::env::var_os("MUSTER_BIN").map_or_else(|| PathBuf::from("target/release/muster"), PathBuf::from);
    for program in [&consul, &muster] {
        if !program.exists() {
            bail!("{} is not there", program.display());
        }
    }
    println!("muster: {}\nConsul: {}", version(&muster)?, version(&consul)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let begun = Instant::now();
    let mut results = table::Results::default();
    let rounds = rounds("beside Consul", begun + ROUNDS_TIME, || {
        for (kind, program) in [(Kind::Muster, &muster), (Kind::Consul, &consul)] {
            bounded(&runtime, measure(kind, program, &mut results)).with_context(|| format!("{kind:?}"))?;
        }
        Ok(())
    })?;
    let mut runs = Vec::new();
    let grown = rounds_of_growth(&runtime, &muster, begun + WHOLE_TIME, &mut runs)?;
    let growth = table::Growths(&runs);
    println!("{rounds} rounds beside Consul, {grown} of growth, in {} s\n", begun.elapsed().as_secs());
    print!("{}{}{}", results.markdown(), growth.markdown(), goals::markdown(&results, &growth));
    Ok(())
}

fn rounds_of_growth(
    runtime: &tokio::runtime::Runtime,
    muster: &Path,
    until: Instant,
    runs: &mut Vec<Growth>,
) -> Result<usize> {
    rounds("the catalog as it grows", until, || {
        runs.push(bounded(runtime, Growth::of(muster))?);
        Ok(())
    })
}

/// Runs `round` up to three times, but not when it would probably not have ended at `until`. How often it ran.
fn rounds(what: &str, until: Instant, mut round: impl FnMut() -> Result<()>) -> Result<usize> {
    let mut longest = Duration::ZERO;
    for number in 1..=ROUNDS {
        let begun = Instant::now();
        if number > 1 && begun + longest > until {
            return Ok(number - 1);
        }
        eprintln!("{what}: round {number} of {ROUNDS}");
        round()?;
        longest = longest.max(begun.elapsed());
    }
    Ok(ROUNDS)
}

fn bounded<T>(runtime: &tokio::runtime::Runtime, part: impl Future<Output = Result<T>>) -> Result<T> {
    let bounded = async { tokio::time::timeout(ROUND_AT_MOST, part).await };
    runtime.block_on(bounded).with_context(|| format!("not done within {ROUND_AT_MOST:?}"))?
}

/// The client keeps off the servers' core.
fn pin_to_another_core() -> Result<()> {
    let own = std::process::id().to_string();
    let others = std::process::Command::new("taskset").args(["-pc", "1-255", &own]).output()?;
    if !others.status.success() {
        bail!("the client cannot be pinned: {}", String::from_utf8_lossy(&others.stderr).trim());
    }
    Ok(())
}

fn version(program: &PathBuf) -> Result<String> {
    let output = std::process::Command::new(program).arg("version").output()?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
}

async fn measure(kind: Kind, program: &Path, results: &mut table::Results) -> Result<()> {
    let server = Server::start(kind, program).await?;
    let number = |value| Sample { value, ..Sample::default() };
    results.add(Work::Start, kind, number(server.start_time.as_secs_f64() * 1000.0));
    results.add(Work::Idle, kind, number(server.anonymous_memory_mib()?));
    for instance in 0..10 {
        register(&server, "web", instance).await?;
    }
    let target = "/v1/health/service/web?passing";
    let get = Load::get(target, CONNECTIONS, Duration::from_secs(3));
    results.add(Work::Health, kind, get.run(&server).await?);
    if kind == Kind::Muster {
        let bare = Bare::answering(&server.address, target).await?;
        results.add(Work::Health, Kind::Bare, get.run_on(&bare.address, || bare.cpu()).await?);
    }
    let put = Load::put("/v1/kv/bench/", CONNECTIONS, Duration::from_secs(3));
    let alone = Load::put("/v1/kv/alone/", 1, Duration::from_secs(2));
    results.add(Work::Put, kind, put.run(&server).await?);
    results.add(Work::PutAlone, kind, alone.run(&server).await?);
    if kind == Kind::Muster {
        results.add(Work::Sync, Kind::Bare, number(Bare::sync_micros()?));
        let bare = Bare::logging()?;
        results.add(Work::Put, Kind::Bare, put.run_on(&bare.address, || bare.cpu()).await?);
        results.add(Work::PutAlone, Kind::Bare, alone.run_on(&bare.address, || bare.cpu()).await?);
    }
    for (work, question, edns) in [
        (Work::Addresses, "web.service.consul A", false),
        (Work::Services, "web.service.consul SRV", false),
        (Work::AllServices, "web.service.consul SRV", true),
    ] {
        results.add(work, kind, Questions { question, edns }.run(&server).await?);
    }
    for instance in 0..990 {
        register(&server, &format!("service{}", instance / 10), instance).await?;
    }
    results.add(Work::Memory, kind, number(server.anonymous_memory_mib()?));
    // After that: the connections of 2,000 clients are memory too.
    results.add(Work::Blocked, kind, blocked::run(&server).await?);
    server.stop()
}

async fn register(server: &Server, service: &str, instance: usize) -> Result<()> {
    let body = format!(
        r#"{{"ID":"{service}{instance}","Name":"{service}","Address":"10.0.0.{}","Port":80,"Tags":["v1"]}}"#,
        instance % 250
    );
    load::once(&server.address, "PUT", "/v1/agent/service/register", &body).await.map(drop)
}

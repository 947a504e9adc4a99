//! `make bench`: the registry beside a real Consul, in one run, as ratios.
//!
//! Rounds are interleaved (muster, Consul, muster, …), servers are pinned to one core and this client to
//! another, each round starts both on empty data. What counts is the server's CPU per request and the ratio
//! of medians; absolute numbers are this machine's of this moment. Without the reference there is no ratio,
//! so without `MUSTER_PEER_CONSUL` (the path of a real `consul`) this fails.

mod load;
mod names;
mod server;
mod table;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use load::{Load, Sample};
use names::Questions;
use server::{Kind, Server};

const ROUNDS: usize = 3;
const CONNECTIONS: usize = 64;

/// One row of the table: what both were asked to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Start,
    Health,
    Put,
    PutAlone,
    Addresses,
    Services,
    AllServices,
    Memory,
}

fn main() -> Result<()> {
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
    let mut results = table::Results::default();
    for round in 1..=ROUNDS {
        for (kind, program) in [(Kind::Muster, &muster), (Kind::Consul, &consul)] {
            eprintln!("round {round} of {ROUNDS}: {kind:?}");
            runtime.block_on(measure(kind, program, &mut results)).with_context(|| format!("{kind:?}"))?;
        }
    }
    print!("{}", results.markdown());
    Ok(())
}

fn version(program: &PathBuf) -> Result<String> {
    let output = std::process::Command::new(program).arg("version").output()?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
}

async fn measure(kind: Kind, program: &std::path::Path, results: &mut table::Results) -> Result<()> {
    let server = Server::start(kind, program).await?;
    results.add(Work::Start, kind, Sample { value: server.start_time.as_secs_f64() * 1000.0, ..Sample::default() });
    for number in 0..10 {
        let body =
            format!(r#"{{"ID":"web{number}","Name":"web","Address":"10.0.0.{number}","Port":80,"Tags":["v1"]}}"#);
        load::once(&server.address, "PUT", "/v1/agent/service/register", &body).await?;
    }
    let get = Load::get("/v1/health/service/web?passing", CONNECTIONS, Duration::from_secs(3));
    results.add(Work::Health, kind, get.run(&server).await?);
    let put = Load::put("/v1/kv/bench/", CONNECTIONS, Duration::from_secs(3));
    results.add(Work::Put, kind, put.run(&server).await?);
    let alone = Load::put("/v1/kv/alone/", 1, Duration::from_secs(2));
    results.add(Work::PutAlone, kind, alone.run(&server).await?);
    for (work, question, edns) in [
        (Work::Addresses, "web.service.consul A", false),
        (Work::Services, "web.service.consul SRV", false),
        (Work::AllServices, "web.service.consul SRV", true),
    ] {
        results.add(work, kind, Questions { question, edns }.run(&server).await?);
    }
    results.add(Work::Memory, kind, Sample { value: server.anonymous_memory_mib()?, ..Sample::default() });
    server.stop()
}

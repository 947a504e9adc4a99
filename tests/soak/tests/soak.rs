//! Under a load that repeats nothing grows; and each seeded leak is found.
//!
//! Run by tests/soak/run, which builds muster with and without the seeded leaks.

use std::time::Duration;

use muster_history::binary::named_in;
use muster_soak::plan::{Soak, run};

/// Seeded leaks (crates/registry/src/seeded.rs), each with what has to be seen to rise.
const LEAKS: [(&str, &str); 3] =
    [("LeakedDescriptor", "descriptors"), ("LeakedThread", "threads"), ("LeakedMemory", "memory (RssAnon, KiB)")];
/// Long enough for a leak on each write.
const SHORT: Duration = Duration::from_secs(25);

/// `MUSTER_SOAK_SECONDS`: how long nothing may grow.
fn length() -> Duration {
    let seconds = std::env::var("MUSTER_SOAK_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(60))
}

async fn soak(variable: &str, leak: Option<&str>, length: Duration) -> Soak {
    let soak = run(&named_in(variable), leak, length).await.unwrap_or_else(|error| panic!("{error}"));
    let name = leak.unwrap_or("muster");
    println!("soak: {name}: {} cycles, {} requests, {:.0} % of a core", soak.samples.len(), soak.requests, soak.load);
    for trend in &soak.trends {
        println!("soak: {name}: {trend}");
    }
    soak
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "needs muster's binary: tests/soak/run"]
async fn nothing_grows_under_a_load_that_repeats() {
    let soak = soak("MUSTER_BIN", None, length()).await;
    let path = named_in("MUSTER_BIN").with_file_name("soak.tsv");
    std::fs::write(&path, soak.table()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(soak.rising().is_empty(), "{:?} rise; all samples are in {}", soak.rising(), path.display());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "needs muster's binaries: tests/soak/run"]
async fn each_seeded_leak_is_found() {
    for (leak, rises) in LEAKS {
        let soak = soak("MUSTER_SEEDED_BIN", Some(leak), SHORT).await;
        assert!(soak.rising().contains(&rises), "{leak}: {rises} is not seen to rise");
    }
}

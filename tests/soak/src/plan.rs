//! How long a soak is, and running one.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::load::Load;
use crate::sample::{Sample, Sampler};
use crate::subject::Subject;
use crate::trend::{HELD, JOURNAL, Trend};

/// The load of one cycle, and the rest after it in which everything can end.
const REST: Duration = Duration::from_millis(700);
/// So many writes have trimmed the journal twice.
const SETTLED_WRITES: u64 = 40_000;

/// What a soak found.
#[derive(Debug)]
pub struct Soak {
    /// A sample for each cycle.
    pub samples: Vec<Sample>,
    /// Descriptors, threads, memory; the journal's size if there were writes enough.
    pub trends: Vec<Trend>,
    /// Requests that were made, DNS questions and broken connections among them.
    pub requests: u64,
    /// How much of one core the process used, in percent.
    pub load: f64,
}

impl Soak {
    /// What is not flat.
    pub fn rising(&self) -> Vec<&'static str> {
        self.trends.iter().filter(|trend| !trend.is_flat()).map(|trend| trend.name).collect()
    }

    /// All samples, a line each.
    pub fn table(&self) -> String {
        let mut table = "cycle\tdescriptors\tthreads\tmemory KiB\tjournal KiB\n".to_owned();
        for (cycle, Sample { descriptors, threads, memory, journal }) in self.samples.iter().enumerate() {
            let _ = writeln!(table, "{cycle}\t{descriptors}\t{threads}\t{memory}\t{journal}");
        }
        table
    }
}

/// Runs cycles for so long against a process of its own. An answer that should not be is an error that names it.
pub async fn run(binary: &Path, leak: Option<&str>, length: Duration) -> Result<Soak, String> {
    let mut subject = Subject::start(binary, leak).await.map_err(|error| error.to_string())?;
    let sampler = Sampler::new(subject.pid(), subject.data());
    let mut load = Load::begin(subject.http, subject.dns).await?;
    let failed = |error: std::io::Error| format!("a sample: {error}");
    let (began, ticks) = (Instant::now(), sampler.ticks().map_err(failed)?);
    let (mut samples, mut settled) = (Vec::new(), None);
    while began.elapsed() < length || samples.len() < 8 {
        load.cycle().await?;
        samples.push(sampler.rest(REST).await.map_err(failed)?);
        if began.elapsed() >= length / 2 {
            settled.get_or_insert(load.writes());
        }
    }
    let used = sampler.ticks().map_err(failed)? - ticks;
    if !subject.is_running() {
        return Err("muster ended".to_owned());
    }
    let mut trends: Vec<Trend> = HELD.iter().map(|measure| Trend::of(measure, &samples)).collect();
    if settled.is_some_and(|writes| writes >= SETTLED_WRITES) {
        trends.push(Trend::of(&JOURNAL, &samples));
    }
    let load_percent = used as f64 / began.elapsed().as_secs_f64();
    Ok(Soak { samples, trends, requests: load.requests(), load: load_percent })
}

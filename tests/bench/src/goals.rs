//! The goals that the figures are held against, the missed ones first.

use std::fmt::Write;

use crate::Work;
use crate::load::Sample;
use crate::server::Kind;
use crate::table::{Growths, Results};

/// A goal with what was reached.
struct Goal {
    name: &'static str,
    figure: f64,
    bound: Bound,
}

enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    fn is_met(&self) -> bool {
        match self.bound {
            Bound::AtLeast(least) => self.figure >= least,
            Bound::AtMost(most) => self.figure <= most,
        }
    }

    fn line(&self) -> String {
        let (word, bound) = match self.bound {
            Bound::AtLeast(least) => ("at least", least),
            Bound::AtMost(most) => ("at most", most),
        };
        if self.figure.is_nan() {
            return format!("| {} | {word} {bound} | | not to be judged: the disk was busy |\n", self.name);
        }
        let met = if self.is_met() { "yes" } else { "**no**" };
        format!("| {} | {word} {bound} | {:.2} | {met} |\n", self.name, self.figure)
    }
}

/// The goals as a table.
pub fn markdown(results: &Results, growth: &Growths<'_>) -> String {
    let mut goals = beside_consul(results);
    goals.extend([
        Goal { name: "memory at rest: MiB", figure: growth.median(|run| run.idle_mib), bound: Bound::AtMost(15.0) },
        Goal {
            name: "memory for each instance up to 100,000: bytes",
            figure: growth.median(crate::Growth::bytes_per_instance),
            bound: Bound::AtMost(2048.0),
        },
        Goal {
            name: "a write's CPU at 100,000 instances to that at 1,000",
            figure: growth.dearer(),
            bound: Bound::AtMost(1.3),
        },
    ]);
    goals.sort_by_key(Goal::is_met);
    let mut text = String::new();
    let met = goals.iter().filter(|goal| goal.is_met()).count();
    let _ = writeln!(text, "\n{met} of {} goals are met\n\n| goal | | reached | met |\n|---|---|---|---|", goals.len());
    goals.iter().for_each(|goal| text.push_str(&goal.line()));
    text
}

fn beside_consul(results: &Results) -> Vec<Goal> {
    let ratio = |of: (Work, Kind), to: (Work, Kind), value: fn(&Sample) -> Option<f64>| {
        Some(results.median(of.0, of.1, value)? / results.median(to.0, to.1, value)?)
    };
    let more = |work, than| ratio((work, Kind::Muster), (work, than), |sample| Some(sample.value));
    let cpu = |work| ratio((work, Kind::Muster), (work, Kind::Consul), |sample| sample.cpu_micros);
    let own = |work| results.median(work, Kind::Muster, |sample| Some(sample.value));
    let beyond_sync = || {
        let whole = results.least(Work::PutAlone, Kind::Muster, |sample| sample.median_millis)? * 1000.0;
        let sync = results.least(Work::Sync, Kind::Bare, |sample| Some(sample.value))?;
        // A sync alone that took longer was held up by others: then there is nothing to judge by.
        Some(if sync < whole { whole - sync } else { f64::NAN })
    };
    let least = |name, figure: Option<f64>, least| Some(Goal { name, figure: figure?, bound: Bound::AtLeast(least) });
    let most = |name, figure: Option<f64>, most| Some(Goal { name, figure: figure?, bound: Bound::AtMost(most) });
    let goals = [
        least("GET health/service: times Consul's rate", more(Work::Health, Kind::Consul), 3.0),
        least("GET health/service: of the bare hyper server's rate", more(Work::Health, Kind::Bare), 0.8),
        most("GET health/service: CPU per request to Consul's", cpu(Work::Health), 0.33),
        least("PUT kv, 64 connections: times Consul's rate", more(Work::Put, Kind::Consul), 4.0),
        least(
            "PUT kv, 64 connections: of the bare log's rate (this or the one above)",
            more(Work::Put, Kind::Bare),
            0.7,
        ),
        most("PUT kv, 1 connection: median beyond one sync, µs", beyond_sync(), 150.0),
        least("DNS A: times Consul's rate", more(Work::Addresses, Kind::Consul), 3.0),
        least("DNS SRV: times Consul's rate", more(Work::Services, Kind::Consul), 3.0),
        least("DNS SRV with EDNS: times Consul's rate", more(Work::AllServices, Kind::Consul), 3.0),
        most("start to ready: ms", own(Work::Start), 300.0),
        most("memory after the runs, 1,000 instances: MiB", own(Work::Memory), 40.0),
        most(
            "2,000 clients blocked, one change: CPU to Consul's",
            ratio((Work::Blocked, Kind::Muster), (Work::Blocked, Kind::Consul), |sample| Some(sample.value)),
            0.33,
        ),
    ];
    goals.into_iter().flatten().collect()
}

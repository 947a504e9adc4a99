//! One sequence against one target.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::compare::Correspondence;
use crate::exchange::{Request, exchange};
use crate::peer::{self, Peer};
use crate::record::{self, Row};
use crate::skipped::{self, Skipped};
use crate::target::{Target, announce, or_skip};

/// What came of a sequence.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Rows that fit.
    pub passed: usize,
    /// Listed rows that do not fit.
    pub skipped: usize,
    /// Listed rows that fit by now.
    pub unlisted: Vec<String>,
    /// Rows that should fit and do not, with the reasons.
    pub failed: Vec<String>,
}

/// Replays a sequence on a target of its own and panics if a row that is not listed does not fit.
/// Without a target it says so by name, and panics if `CI` is `true`.
pub fn run(name: &str) {
    let Some(target) = or_skip(name, Target::open()) else { return };
    let record = record::sequences();
    let all = skipped::list().into_iter().chain(skipped::differences());
    let list: Vec<_> = all.filter(|entry| entry.sequence == name).collect();
    let outcome = replay(&record[name], &list, |request| exchange(target.address(), request));
    announce(&format!("conformance of {name:?}: {} rows as Consul, {} skipped", outcome.passed, outcome.skipped));
    for row in &outcome.unlisted {
        announce(&format!("  is listed for nothing: {name}, {row}"));
    }
    let failed = outcome.failed.len();
    assert!(failed == 0, "{failed} rows of {name:?} are not as Consul answered:\n{}", outcome.failed.join("\n"));
}

/// Asks a real Consul, if there is one, and panics if it does not answer as recorded. Without one it says so.
pub fn run_on_peer(name: &str) {
    let Some(program) = peer::program() else {
        announce(&format!("SKIPPED {name:?} on a real Consul: MUSTER_PEER_CONSUL names none"));
        return;
    };
    let peer = Peer::start(&program).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let record = record::sequences();
    let ask = |request: &Request<'_>| exchange(peer.target.address(), request).map(|answer| peer.as_recorded(answer));
    let outcome = replay(&record[name], &[], ask);
    let failed = outcome.failed.len();
    assert!(failed == 0, "{failed} rows of {name:?} are not true:\n{}", outcome.failed.join("\n"));
    announce(&format!("a real Consul answers all {} rows of {name:?} as recorded", outcome.passed));
}

/// Sends every row, the listed ones too (later rows stand on them), and compares.
pub fn replay(
    rows: &[Row],
    list: &[Skipped],
    mut send: impl FnMut(&Request<'_>) -> std::io::Result<crate::exchange::Answer>,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut seen = Correspondence::default();
    let mut ids: Vec<String> = Vec::new();
    let mut indexes: BTreeMap<String, u64> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let target = with_ids(&row.target, &ids);
        let request = Request {
            method: &row.method,
            target: &target,
            headers: &row.sent_headers,
            body: row.body.as_deref().unwrap_or_default(),
        };
        let problems = match send(&request) {
            Err(error) => vec![format!("no answer: {error}")],
            Ok(answer) => {
                let lowest = indexes.entry(row.request()).or_default();
                let problems = seen.compare(row, &answer, *lowest);
                let index = answer.headers.get("x-consul-index").and_then(|index| index.parse().ok());
                *lowest = (*lowest).max(index.unwrap_or_default());
                ids.extend(id_answered(&answer.body));
                problems
            }
        };
        let listed = list.iter().find(|entry| entry.row == at + 1);
        let name = format!("row {}: {}", at + 1, row.request());
        match (problems.is_empty(), listed) {
            (true, None) => outcome.passed += 1,
            (true, Some(entry)) => {
                outcome.passed += 1;
                outcome.unlisted.push(format!("{name} ({})", entry.part));
            }
            (false, Some(_)) => outcome.skipped += 1,
            (false, None) => outcome.failed.push(format!("{name}\n    {}", problems.join("\n    "))),
        }
    }
    outcome
}

/// `$1` is the first ID that the sequence was answered.
pub fn with_ids(target: &str, ids: &[String]) -> String {
    let mut target = target.to_owned();
    for (at, id) in ids.iter().enumerate() {
        target = target.replace(&format!("${}", at + 1), id);
    }
    target
}

/// The ID that an answer gives.
pub fn id_answered(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    value.as_object()?.get("ID")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests;

//! One sequence against one target.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;

use serde_json::Value;

use crate::compare::Correspondence;
use crate::exchange::{Request, exchange};
use crate::held;
use crate::peer;
use crate::record::{self, Row};
use crate::skipped::{self, Skipped};
use crate::target::{Target, announce, or_skip};

/// So often a refused write that is asked again has to move the registry's index to be what moves it.
const MOVES: usize = 5;

/// What came of a sequence.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Rows that fit.
    pub passed: usize,
    /// What was answered to listed rows that do not fit.
    pub listed: held::Answers,
    /// Listed rows that fit.
    pub unlisted: Vec<String>,
    /// Rows that should fit and do not, with the reasons.
    pub failed: Vec<String>,
}

/// Replays a sequence on a target of its own and panics if a row that is not listed does not fit. Of a muster of our own
/// it panics too if a listed row fits, or is answered otherwise than is held of it, and if a write that is refused moves
/// the registry's index. Without a target it says so by name, and panics if `CI` is `true`.
pub fn run(name: &str) {
    let Some(target) = or_skip(name, Target::open()) else { return };
    let record = record::sequences();
    let all = skipped::list().into_iter().chain(skipped::differences());
    let list: Vec<_> = all.filter(|entry| entry.sequence == name).collect();
    let mut outcome = if target.is_own() {
        replay_on_own(name, &record[name], &list, target.address())
    } else {
        replay(&record[name], &list, |request| exchange(target.address(), request))
    };
    // Empty for a muster of our own, where it is a failure.
    outcome.unlisted.drain(..).for_each(|row| announce(&format!("  {name}, {row}")));
    let listed = outcome.listed.len();
    announce(&format!("conformance of {name:?}: {} rows as Consul, {listed} otherwise", outcome.passed));
    let failed = outcome.failed.len();
    assert!(failed == 0, "{failed} rows of {name:?} are not as they should be:\n{}", outcome.failed.join("\n"));
}

/// With what only a muster of our own is held to.
fn replay_on_own(name: &str, rows: &[Row], list: &[Skipped], address: SocketAddr) -> Outcome {
    let mut moved = Vec::new();
    let mut outcome = replay(rows, list, |request| {
        if request.method == "GET" {
            return exchange(address, request);
        }
        // A session or a check that ends meanwhile moves it too, but once.
        for _ in 0..MOVES {
            let before = counter(address)?;
            let answer = exchange(address, request)?;
            if answer.status < 400 || counter(address)? == before {
                return Ok(answer);
            }
        }
        moved.push(format!("{} {} was refused and moved the index", request.method, request.target));
        exchange(address, request)
    });
    outcome.failed.append(&mut moved);
    outcome.failed.append(&mut outcome.unlisted);
    if held::is_asked_to_write() {
        held::write(name, outcome.listed.clone());
    } else {
        let held = held::all().remove(name).unwrap_or_default();
        outcome.failed.extend(changed(&held, &outcome.listed));
    }
    outcome
}

/// The index of the registry's last write.
fn counter(address: SocketAddr) -> io::Result<u64> {
    let request = Request { method: "GET", target: "/v1/operator/raft/configuration", headers: &[], body: &[] };
    let body: Value = serde_json::from_slice(&exchange(address, &request)?.body)?;
    let index = body.pointer("/Servers/0/LastIndex").and_then(Value::as_u64);
    index.ok_or_else(|| io::Error::other("raft's configuration has no index"))
}

/// The listed rows whose answers are not those that are held.
fn changed(held: &held::Answers, answers: &held::Answers) -> Vec<String> {
    let rows: BTreeSet<usize> = held.keys().chain(answers.keys()).copied().collect();
    let told = |answer: Option<&Value>| answer.map_or_else(|| "nothing".to_owned(), Value::to_string);
    let other = rows.into_iter().map(|row| (row, held.get(&row), answers.get(&row)));
    let other = other.filter(|(_, held, answer)| held != answer);
    other.map(|(row, held, answer)| format!("row {row}: {} instead of the held {}", told(answer), told(held))).collect()
}

/// Asks a real Consul, if there is one, and panics if it does not answer as recorded. Without one it says so.
pub fn run_on_peer(name: &str) {
    let Some(peer) = peer::or_skip(name, &[]) else { return };
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
        let (problems, answered) = match send(&request) {
            Err(error) => (vec![format!("no answer: {error}")], None),
            Ok(answer) => {
                let lowest = indexes.entry(row.request()).or_default();
                let problems = seen.compare(row, &answer, *lowest);
                let index = answer.headers.get("x-consul-index").and_then(|index| index.parse().ok());
                *lowest = (*lowest).max(index.unwrap_or_default());
                ids.extend(id_answered(&answer.body));
                (problems, Some(answer))
            }
        };
        let listed = list.iter().find(|entry| entry.row == at + 1);
        let name = format!("row {}: {}", at + 1, row.request());
        match (listed, answered) {
            (None, _) if problems.is_empty() => outcome.passed += 1,
            (Some(entry), _) if problems.is_empty() => {
                outcome.unlisted.push(format!("{name} is listed ({}) and answers as Consul", entry.part));
            }
            (Some(_), Some(answer)) => {
                outcome.listed.insert(at + 1, held::form(row, &answer));
            }
            _ => outcome.failed.push(format!("{name}\n    {}", problems.join("\n    "))),
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

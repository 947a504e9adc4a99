//! The rows that muster does not answer as Consul: not yet, or not ever.

use std::collections::BTreeMap;

use crate::record::Row;

const LIST: &str = include_str!("../data/skipped.tsv");
const DIFFERENT: &str = include_str!("../data/differences.tsv");

/// The list may shrink, never grow: lower this with it.
pub const MOST: usize = 0;

/// So may the list of those that differ on purpose, but for what a difference with a reason and a test of its own adds;
/// each names its number in docs/compatibility.md.
pub const MOST_DIFFERENT: usize = 33;

/// One row that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The sequence.
    pub sequence: String,
    /// The row in it, from 1.
    pub row: usize,
    /// Method and target, so that the line says what it means.
    pub request: String,
    /// The part of muster that will bring it, or the number of the difference.
    pub part: String,
}

/// The rows that wait for a part of muster.
pub fn list() -> Vec<Skipped> {
    read(LIST)
}

/// The rows that differ on purpose.
pub fn differences() -> Vec<Skipped> {
    read(DIFFERENT)
}

/// Reads a list: sequence, row, request and part, a tab between them.
fn read(list: &str) -> Vec<Skipped> {
    let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entry = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [sequence, row, request, part] = fields[..] else { panic!("four fields, not {line:?}") };
        let row = row.parse().unwrap_or_else(|_| panic!("no row number in {line:?}"));
        Skipped { sequence: sequence.into(), row, request: request.into(), part: part.into() }
    };
    lines.map(entry).collect()
}

/// What is wrong with the list: entries that are not in the record, or stand there twice, or are too many.
pub fn problems(list: &[Skipped], record: &BTreeMap<String, Vec<Row>>, most: usize) -> Vec<String> {
    let mut problems = Vec::new();
    for (at, entry) in list.iter().enumerate() {
        let row = entry.row.checked_sub(1).and_then(|row| record.get(&entry.sequence)?.get(row));
        if row.is_none_or(|row| row.request() != entry.request) {
            problems.push(format!("{} row {} is not {}", entry.sequence, entry.row, entry.request));
        }
        if list[..at].iter().any(|other| (&other.sequence, other.row) == (&entry.sequence, entry.row)) {
            problems.push(format!("{} row {} is listed twice", entry.sequence, entry.row));
        }
    }
    if list.len() > most {
        problems.push(format!("{} rows are skipped, {most} is the most", list.len()));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record;

    #[test]
    fn stale_double_and_surplus_entries_are_found() {
        let entry = |row: usize, request: &str| Skipped {
            sequence: "kv basics".into(),
            row,
            request: request.into(),
            part: "x".into(),
        };
        let record = record::sequences();
        let good = entry(1, "GET /v1/kv/open/a");
        assert_eq!(problems(std::slice::from_ref(&good), &record, 1), [""; 0]);
        assert_eq!(problems(&[good.clone(), good], &record, 1).len(), 2);
        for bad in [entry(0, "GET /v1/kv/open/a"), entry(2, "GET /v1/kv/open/a"), entry(999, "GET /")] {
            assert_eq!(problems(&[bad], &record, 1).len(), 1);
        }
    }
}

//! Rows with a field of every kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_filter::{Field, Fields, Lookup, Path, Value};

const ADDRESS: &Fields = &[("Address", Field::Text), ("Port", Field::Int)];
const WEIGHTS: &Fields = &[("Passing", Field::Int), ("Warning", Field::Int)];
const CHECK: &Fields =
    &[("CheckID", Field::Text), ("Status", Field::Text), ("Tags", Field::Texts), ("Meta", Field::TextMap)];
pub const ROW: &Fields = &[
    ("Name", Field::Text),
    ("Tags", Field::Texts),
    ("Meta", Field::TextMap),
    ("Port", Field::Int),
    ("On", Field::Bool),
    ("Tagged", Field::RecordMap(ADDRESS)),
    ("Weights", Field::Record(WEIGHTS)),
    ("Checks", Field::Records(CHECK)),
];

pub type Texts = BTreeMap<Arc<str>, Arc<str>>;

#[derive(Debug, Clone, Default)]
pub struct Check {
    pub id: String,
    pub status: String,
    pub tags: Vec<Arc<str>>,
    pub meta: Texts,
}

#[derive(Debug, Clone, Default)]
pub struct Row {
    pub name: String,
    pub tags: Vec<Arc<str>>,
    pub meta: Texts,
    pub port: i64,
    pub on: bool,
    pub tagged: BTreeMap<Arc<str>, (String, i64)>,
    pub weights: (i64, i64),
    pub checks: Vec<Check>,
}

impl Lookup for Row {
    fn test(&self, path: Path<'_>, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let Some((name, rest)) = path.next() else { return false };
        match name {
            "Name" => test(Value::Text(&self.name)),
            "Tags" => test(Value::Texts(&self.tags)),
            "Meta" => Value::test_texts(&self.meta, rest, test),
            "Port" => test(Value::Int(self.port)),
            "On" => test(Value::Bool(self.on)),
            "Tagged" => match rest.next() {
                None => test(Value::Keys(&self.tagged)),
                Some((key, rest)) => match (self.tagged.get(key), rest.next()) {
                    (Some((address, _)), Some(("Address", _))) => test(Value::Text(address)),
                    (Some((_, port)), _) => test(Value::Int(*port)),
                    (None, _) => test(Value::Missing),
                },
            },
            "Weights" => match rest.next() {
                Some(("Passing", _)) => test(Value::Int(self.weights.0)),
                _ => test(Value::Int(self.weights.1)),
            },
            _ if rest.is_end() => test(Value::Count(self.checks.len())),
            _ => self.checks.iter().any(|check| check.test(rest, test)),
        }
    }
}

impl Lookup for Check {
    fn test(&self, path: Path<'_>, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let Some((name, rest)) = path.next() else { return false };
        match name {
            "CheckID" => test(Value::Text(&self.id)),
            "Status" => test(Value::Text(&self.status)),
            "Tags" => test(Value::Texts(&self.tags)),
            _ => Value::test_texts(&self.meta, rest, test),
        }
    }
}

fn texts(pairs: &[(&str, &str)]) -> Texts {
    pairs.iter().map(|(key, text)| (Arc::from(*key), Arc::from(*text))).collect()
}

/// The rows of the record: one with everything, one with only a name, one with empty texts everywhere.
pub fn rows() -> Vec<Row> {
    let check = |id: &str, status: &str| Check { id: id.into(), status: status.into(), ..Check::default() };
    let passing = Check { tags: vec!["t".into()], meta: texts(&[("k", "v")]), ..check("c1", "passing") };
    let full = Row {
        name: "web".into(),
        tags: vec!["a".into(), "b".into()],
        meta: texts(&[("env", "prod"), ("n", "1"), ("a-b", "x")]),
        port: 80,
        on: true,
        tagged: [(Arc::from("lan"), ("10.0.0.1".into(), 80))].into(),
        weights: (1, 2),
        checks: vec![passing, check("c2", "critical")],
    };
    let empty = Row {
        tags: vec!["".into()],
        meta: texts(&[("env", "dev"), ("", "e")]),
        port: -7,
        checks: vec![Check::default()],
        ..Row::default()
    };
    vec![full, Row { name: "db".into(), ..Row::default() }, empty]
}

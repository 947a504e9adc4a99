//! What muster answers to the rows where it differs from Consul on purpose: `data/differing-answers.json`. So a listed
//! row passes with that answer only.
//!
//! `UPDATE_DIFFERENCES=1 cargo test -p muster-conformance --test recorded` writes what is answered now.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::exchange::Answer;
use crate::names::Names;
use crate::record::Row;

const HELD: &str = include_str!("../data/differing-answers.json");

/// The answers to listed rows of a sequence, by the row's number.
pub type Answers = BTreeMap<usize, Value>;

/// Whose answers are written: the tests of all sequences write into one file.
static WRITING: Mutex<()> = Mutex::new(());

/// What is held of all sequences.
pub fn all() -> BTreeMap<String, Answers> {
    read(HELD)
}

fn read(text: &str) -> BTreeMap<String, Answers> {
    serde_json::from_str(text).expect("differing-answers.json is JSON")
}

/// An answer as it is held: what differs from run to run has a name.
pub fn form(row: &Row, answer: &Answer) -> Value {
    let mut names = Names::default();
    let mut held = Value::Object(names.take(row, answer));
    names.rank(&mut held, "");
    // Seconds since something was fetched.
    if let Some(age) = held.pointer_mut("/headers/age") {
        *age = json!("ok");
    }
    held
}

/// Whether answers are to be written instead of compared.
pub fn is_asked_to_write() -> bool {
    std::env::var_os("UPDATE_DIFFERENCES").is_some()
}

/// Writes the answers of a sequence, one row a line.
pub fn write(sequence: &str, answers: Answers) {
    let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/differing-answers.json");
    let mut all = read(&fs::read_to_string(&path).expect("the answers are there"));
    all.remove(sequence);
    if !answers.is_empty() {
        all.insert(sequence.to_owned(), answers);
    }
    let sequence = |(name, answers): (&String, &Answers)| {
        let rows: Vec<String> = answers.iter().map(|(row, answer)| format!("  \"{row}\": {answer}")).collect();
        format!("{}: {{\n{}\n}}", Value::from(name.as_str()), rows.join(",\n"))
    };
    let text = format!("{{\n{}\n}}\n", all.iter().map(sequence).collect::<Vec<_>>().join(",\n"));
    fs::write(&path, text).expect("the answers can be written");
}

use super::*;
use crate::exchange::Answer;
use crate::record::{Body, Extent};

/// A target that answers what was recorded, with UUIDs and indexes of its own.
fn recorded(row: &Row) -> Answer {
    fn filled(value: &Value, name: &str) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| filled(item, "")).collect(),
            Value::Object(members) => members.iter().map(|(name, item)| (name.clone(), filled(item, name))).collect(),
            Value::String(text) if name.ends_with("Index") => {
                text.strip_prefix('I').map_or(value.clone(), |rank| (rank.parse::<u64>().unwrap() * 3 + 40).into())
            }
            Value::String(text) => with_uuids(text).into(),
            other => other.clone(),
        }
    }
    fn with_uuids(text: &str) -> String {
        // The longer names first: U1 is the beginning of U10.
        (1..100).rev().fold(text.to_owned(), |text, n| {
            text.replace(&format!("U{n}"), &format!("{n:08}-0000-4000-8000-000000000000"))
        })
    }
    let mut headers = row.headers.clone();
    headers.entry("x-consul-index".into()).and_modify(|index| *index = "900".into());
    let body = match &row.body_answered {
        Body::Json(json) => filled(json, "").to_string(),
        Body::Text(text) => with_uuids(text),
    };
    Answer { status: row.status, headers, body: body.into_bytes() }
}

#[test]
fn the_record_fits_itself() {
    let mut count = 0;
    for (name, mut rows) in record::sequences() {
        // What is recorded is what counts of the answer already.
        rows.iter_mut().for_each(|row| row.extent = Extent::Whole);
        let mut answers = rows.iter().map(recorded);
        let outcome = replay(&rows, &[], |_| Ok(answers.next().unwrap()));
        assert_eq!(outcome.failed, [""; 0], "{name}");
        count += outcome.passed;
    }
    assert!(count >= 292, "{count}");
}

#[test]
fn ids_of_answers_go_into_requests() {
    let rows = record::sequences().remove("sessions and locks").unwrap();
    let mut answers = rows.iter().map(recorded);
    let mut targets = Vec::new();
    replay(&rows, &[], |request| {
        targets.push(request.target.to_owned());
        Ok(answers.next().unwrap())
    });
    assert_eq!(targets[1], "/v1/session/info/00000001-0000-4000-8000-000000000000");
    assert!(targets.iter().all(|target| !target.contains('$')), "{targets:?}");
}

#[test]
fn a_wrong_row_fails_unless_it_is_listed() {
    let rows = record::sequences().remove("kv basics").unwrap();
    let run = |list: &[Skipped]| {
        let mut answers = rows.iter().map(recorded).enumerate();
        replay(&rows, list, |_| {
            let (at, mut answer) = answers.next().unwrap();
            if at == 2 {
                answer.body = b"[]".to_vec();
            }
            Ok(answer)
        })
    };
    let outcome = run(&[]);
    assert_eq!((outcome.passed, outcome.failed.len()), (35, 1));
    let entry = |row: usize| Skipped { sequence: "kv basics".into(), row, request: String::new(), part: "KV".into() };
    let outcome = run(&[entry(3)]);
    assert_eq!((outcome.passed, outcome.failed.len(), outcome.listed.len()), (35, 0, 1));
    assert_eq!(outcome.listed[&3]["json"], serde_json::json!([]));
    assert_eq!(changed(&outcome.listed, &outcome.listed), [""; 0]);
    assert_eq!(changed(&held::Answers::new(), &outcome.listed).len(), 1, "nothing is held of it");
    let other = [(3, Value::from("other"))].into();
    assert_eq!(changed(&other, &outcome.listed).len(), 1);
    assert_eq!(changed(&other, &held::Answers::new()).len(), 1);
    let outcome = run(&[entry(3), entry(4)]);
    assert_eq!((outcome.failed.len(), outcome.unlisted.len()), (0, 1));
    assert!(outcome.unlisted[0].contains("answers as Consul"), "{:?}", outcome.unlisted);
}

//! Functions against what consul-template 0.42.1 made of the same templates: tests/functions/corpus.txt
//! and recorded.txt, which record.sh writes.

use std::sync::Arc;

use muster_gotemplate::{Delimiters, MissingKey, Template, Value};

use crate::ConsulEnvironment;
use crate::pass::Pass;

fn answer(line: &str) -> String {
    let mut environment = ConsulEnvironment { ssl_verify: true, ..Default::default() }.variables();
    environment.insert("MUSTER_SET".into(), "set".into());
    environment.insert("MUSTER_EMPTY".into(), String::new());
    let functions = super::all(&Pass::default(), &Arc::new(environment));
    let template = match Template::parse("", line.as_bytes(), &Delimiters::default(), &functions) {
        Ok(template) => template.missing_key(MissingKey::Zero),
        Err(error) => return format!("error parse: {error}"),
    };
    let mut out = Vec::new();
    match template.execute(&mut out, &Value::Nil) {
        // Lines stand in one line there, without those that end the output.
        Ok(()) => format!("ok {}", String::from_utf8_lossy(&out).trim_end_matches('\n').replace('\n', "⏎")),
        Err(error) => format!("error execute: {error}"),
    }
}

#[test]
fn give_what_consul_templates_give() {
    let corpus = include_str!("../../tests/functions/corpus.txt");
    let recorded = include_str!("../../tests/functions/recorded.txt");
    assert_eq!(corpus.lines().count(), recorded.lines().count(), "every template has an answer");
    let mut wrong = Vec::new();
    for (line, expected) in corpus.lines().zip(recorded.lines()) {
        let got = answer(line);
        if got != expected {
            wrong.push(format!("template {line}\n  consul-template {expected}\n  muster          {got}"));
        }
    }
    assert!(wrong.is_empty(), "{} templates differ:\n{}", wrong.len(), wrong.join("\n"));
}

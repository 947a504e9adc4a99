//! Asks a real Consul (`MUSTER_PEER_CONSUL`) what `data/consul-more.json` and `data/dns-differences.json` ask, and writes
//! its answers there.
//!
//! `record` for all sequences, `record NAME` for those whose name has NAME in it; those of DNS are `dns differences …`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use muster_conformance::dns::differing::{self, Who};
use muster_conformance::dns::register;
use muster_conformance::exchange::{Request, exchange};
use muster_conformance::names::Names;
use muster_conformance::peer::{Peer, program};
use muster_conformance::record::{MORE_HEADERS, row};
use muster_conformance::replay::{id_answered, with_ids};
use serde_json::{Map, Value};

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let program = program().expect("MUSTER_PEER_CONSUL names a Consul");
    for section in differing::sections() {
        if format!("dns differences {}", section.name).contains(&wanted) {
            let peer = Peer::start(&program, &section.arguments()).unwrap_or_else(|error| panic!("DNS: {error:?}"));
            register(peer.target.address(), &section.setup());
            let answers = section.ask(peer.target.dns(), |answer| peer.dns_as_recorded(answer));
            println!("dns differences {}: {} rows", section.name, answers.len());
            section.write(Who::Consul, answers);
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/consul-more.json");
    let text = fs::read_to_string(&path).expect("the record is there");
    let mut record: BTreeMap<String, Vec<Value>> = serde_json::from_str(&text).expect("the record is JSON");
    for (name, rows) in record.iter_mut().filter(|(name, _)| name.contains(&wanted)) {
        let peer = Peer::start(&program, &[]).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        ask(&peer, rows);
        println!("{name}: {} rows", rows.len());
    }
    fs::write(&path, written(&record)).expect("the record can be written");
}

/// A row that is not answered at all (a handler of Consul's that panics) leaves the record.
fn ask(peer: &Peer, rows: &mut Vec<Value>) {
    let mut names = Names::default();
    let mut ids: Vec<String> = Vec::new();
    rows.retain_mut(|value| {
        let row = row(value, MORE_HEADERS);
        let request = Request {
            method: &row.method,
            target: &with_ids(&row.target, &ids),
            headers: &row.sent_headers,
            body: row.body.as_deref().unwrap_or_default(),
        };
        let answer = match exchange(peer.target.address(), &request) {
            Ok(answer) => peer.as_recorded(answer),
            Err(error) => {
                println!("  no answer to {value}: {error}");
                return false;
            }
        };
        ids.extend(id_answered(&answer.body));
        let members = value.as_object_mut().expect("a row is an object");
        let asked = ["request", "base64", "parts", "compare"];
        let kept: Map<String, Value> =
            std::mem::take(members).into_iter().filter(|(name, _)| asked.contains(&name.as_str())).collect();
        *members = kept;
        members.extend(names.take(&row, &answer));
        true
    });
    for body in rows.iter_mut().filter_map(|value| value.get_mut("json")) {
        names.rank(body, "");
    }
}

/// One row a line, so that a difference shows what it is about.
fn written(record: &BTreeMap<String, Vec<Value>>) -> String {
    let sequence = |(name, rows): (&String, &Vec<Value>)| {
        let rows: Vec<String> = rows.iter().map(|row| format!("  {row}")).collect();
        format!("{}: [\n{}\n]", Value::from(name.as_str()), rows.join(",\n"))
    };
    format!("{{\n{}\n}}\n", record.iter().map(sequence).collect::<Vec<_>>().join(",\n"))
}

//! What Consul 1.21.4 was recorded to answer over DNS. `MUSTER_TARGET` with `MUSTER_TARGET_DNS` names another target.

use muster_conformance::dns::{self, Over};
use muster_conformance::exchange::{Request, exchange};
use muster_conformance::target::{Target, announce, or_skip};

/// A target that knows what the record's setup registers.
fn target(name: &str) -> Option<Target> {
    let target = or_skip(name, Target::open())?;
    for (path, body) in dns::record().setup {
        let request = Request { method: "PUT", target: &path, headers: &[], body: body.as_bytes() };
        let answer = exchange(target.address(), &request).expect("the target answers");
        assert_eq!(answer.status, 200, "{path} {body}");
    }
    Some(target)
}

fn replay(over: Over) {
    let name = format!("DNS over {over:?}");
    let Some(target) = target(&name) else { return };
    let rows = dns::record().rows;
    // Rows that were asked over TCP are those that do not fit UDP.
    let asked = rows.iter().filter(|row| over == Over::Tcp || !row.tcp);
    let (mut count, mut failed) = (0, Vec::new());
    for row in asked {
        count += 1;
        let problems = match dns::ask(target.dns(), row, over) {
            Ok(found) => dns::differences(&row.answer, &found),
            Err(error) => vec![format!("no answer: {error}")],
        };
        if !problems.is_empty() {
            failed.push(format!("{} {} {:?}\n    {}", row.name, row.kind, row.edns, problems.join("\n    ")));
        }
    }
    announce(&format!("conformance of {name}: {} of {count} rows as Consul", count - failed.len()));
    assert!(failed.is_empty(), "{} of {count} rows are not as Consul answered:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn over_udp() {
    replay(Over::Udp);
}

#[test]
fn over_tcp() {
    replay(Over::Tcp);
}

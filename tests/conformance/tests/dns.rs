//! What Consul 1.21.4 was recorded to answer over DNS, and what muster answers where it differs on purpose.
//! `MUSTER_TARGET` with `MUSTER_TARGET_DNS` names another target. With `MUSTER_PEER_CONSUL` a real Consul is asked the
//! same, and has to answer as recorded.

use muster_conformance::dns::differing::{self, Who};
use muster_conformance::dns::{self, Over};
use muster_conformance::held;
use muster_conformance::peer;
use muster_conformance::target::{Target, announce, or_skip};

fn replay(over: Over) {
    let name = format!("DNS over {over:?}");
    let Some(target) = or_skip(&name, Target::open()) else { return };
    dns::register(target.address(), &dns::record().setup);
    let (fit, failed) = dns::replay(target.dns(), over, |answer| answer);
    announce(&format!("conformance of {name}: {fit} of {} rows as Consul", fit + failed.len()));
    assert!(failed.is_empty(), "{} rows are not as Consul answered:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn over_udp() {
    replay(Over::Udp);
}

#[test]
fn over_tcp() {
    replay(Over::Tcp);
}

#[test]
fn differences_are_answered_as_they_are_held() {
    for section in differing::sections() {
        let name = format!("DNS differences, {}", section.name);
        let opened = Target::open_with(&section.arguments());
        let Some(target) = or_skip(&name, opened).filter(Target::is_own) else { continue };
        dns::register(target.address(), &section.setup());
        let answers = section.ask(target.dns(), |answer| answer);
        if held::is_asked_to_write() {
            section.write(Who::Muster, answers);
            continue;
        }
        let problems = section.problems(Who::Muster, &answers);
        assert!(problems.is_empty(), "{} rows are not as held:\n{}", problems.len(), problems.join("\n"));
        announce(&format!("{name}: all {} rows as held", answers.len()));
    }
}

#[test]
fn each_difference_is_one_and_is_named_in_the_documents() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/compatibility.md");
    let text = std::fs::read_to_string(path).expect("docs/compatibility.md is there");
    for section in differing::sections() {
        assert_eq!(section.slips(), [""; 0], "rows whose number and answers do not belong together");
        for number in section.numbers() {
            assert!(text.contains(&format!("| {number} |")), "{number}");
        }
    }
}

/// The same of a real Consul, if there is one: the record is true.
mod peer_answers {
    use super::*;

    #[test]
    fn over_udp_and_tcp() {
        let Some(peer) = peer::or_skip("DNS", &[]) else { return };
        peer.is_quiet().expect("its agent tells the catalog of itself");
        dns::register(peer.target.address(), &dns::record().setup);
        for over in [Over::Udp, Over::Tcp] {
            let (fit, failed) = dns::replay(peer.target.dns(), over, |answer| peer.dns_as_recorded(answer));
            assert!(failed.is_empty(), "{} rows are not true:\n{}", failed.len(), failed.join("\n"));
            announce(&format!("a real Consul answers all {fit} rows over {over:?} as recorded"));
        }
    }

    #[test]
    fn what_differs() {
        for section in differing::sections() {
            let name = format!("DNS differences, {}", section.name);
            let Some(peer) = peer::or_skip(&name, &section.arguments()) else { continue };
            dns::register(peer.target.address(), &section.setup());
            let answers = section.ask(peer.target.dns(), |answer| peer.dns_as_recorded(answer));
            let problems = section.problems(Who::Consul, &answers);
            assert!(problems.is_empty(), "{} rows are not true:\n{}", problems.len(), problems.join("\n"));
            announce(&format!("a real Consul answers all {} rows of {name:?} as recorded", answers.len()));
        }
    }
}

//! What the settings do.

use std::sync::Arc;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{RData, RecordType};
use muster_dns::{Config, Domain, ServiceTimes, StartOfAuthority};
use muster_model::CheckStatus;

use crate::server::{Server, lines, node, service};

#[tokio::test]
async fn times_to_live_are_those_of_node_and_service() {
    let times = [("*", 1), ("we*", 2), ("web", 3)].map(|(name, seconds)| (name.to_owned(), seconds));
    let soa = StartOfAuthority { min_ttl: 9, ..StartOfAuthority::default() };
    let config = Config { node_ttl: 7, service_ttl: ServiceTimes::new(times), soa, ..Config::default() };
    let server = Server::start(config).await;
    for name in ["web", "west", "db"] {
        server.register(node("n1", "10.0.0.1"), Some(service(name, "", 80)), None).await;
    }
    for (name, seconds) in [("web.service", 3), ("WEST.service", 2), ("db.service", 1), ("n1.node", 7)] {
        let message = server.ask(&format!("{name}.consul."), RecordType::A).await;
        assert_eq!(message.answers[0].ttl, seconds, "{name}");
    }
    let message = server.ask("web.service.consul.", RecordType::SRV).await;
    assert_eq!((message.answers[0].ttl, message.additionals[0].ttl), (3, 3));
    let message = server.ask("none.service.consul.", RecordType::A).await;
    let RData::SOA(soa) = &message.authorities[0].data else { panic!("{message}") };
    assert_eq!((message.authorities[0].ttl, soa.minimum), (9, 9));
}

#[tokio::test]
async fn warnings_are_served_unless_only_passing_is_wanted() {
    for (only_passing, expected) in [(false, vec!["10.0.0.1", "10.0.0.2"]), (true, vec!["10.0.0.1"])] {
        let server = Server::start(Config { only_passing, ..Config::default() }).await;
        let states = [CheckStatus::Passing, CheckStatus::Warning, CheckStatus::Critical];
        for (number, status) in (1..).zip(states) {
            let node = node(&format!("n{number}"), &format!("10.0.0.{number}"));
            server.register(node, Some(service("web", "", 80)), Some(status)).await;
        }
        assert_eq!(lines(&server.ask("web.service.consul.", RecordType::A).await), expected);
    }
}

#[tokio::test]
async fn both_domains_are_answered_in_their_own_name() {
    let domain = |text| Domain::new(text).unwrap();
    let config =
        Config { domain: domain("sd.example"), alt_domain: Some(domain("old.sd.example")), ..Config::default() };
    let server = Server::start(config).await;
    server.register(node("n1", "10.0.0.1"), Some(service("web", "", 80)), None).await;
    for suffix in ["sd.example.", "old.sd.example.", "Old.SD.Example."] {
        let message = server.ask(&format!("web.service.{suffix}"), RecordType::SRV).await;
        assert_eq!(lines(&message), [format!("1 1 80 n1.node.dc1.{suffix}")]);
        let message = server.ask(&format!("none.service.{suffix}"), RecordType::A).await;
        assert_eq!(message.authorities[0].name.to_string(), suffix.to_lowercase());
    }
    let message = server.ask("web.service.consul.", RecordType::A).await;
    assert_eq!(message.metadata.response_code, ResponseCode::Refused);
    let message = server.ask("1.0.0.10.in-addr.arpa.", RecordType::PTR).await;
    assert_eq!(lines(&message), ["n1.node.dc1.sd.example."]);
}

#[tokio::test]
async fn a_nodes_meta_goes_along_unless_told_not_to() {
    for (node_meta_txt, along) in [(true, 1), (false, 0)] {
        let server = Server::start(Config { node_meta_txt, ..Config::default() }).await;
        let mut own = node("n1", "10.0.0.1");
        own.meta = [(Arc::from("k"), Arc::from("v"))].into();
        server.register(own, None, None).await;
        assert_eq!(server.ask("n1.node.consul.", RecordType::A).await.additionals.len(), along);
        assert_eq!(lines(&server.ask("n1.node.consul.", RecordType::TXT).await), ["k=v"]);
        assert_eq!(lines(&server.ask("n1.node.consul.", RecordType::ANY).await), ["10.0.0.1", "k=v"]);
    }
}

#[tokio::test]
async fn without_compression_the_same_takes_more_bytes() {
    let mut lengths = Vec::new();
    for disable_compression in [false, true] {
        let server = Server::start(Config { disable_compression, ..Config::default() }).await;
        server.register_many("web", 3).await;
        let (message, length) = server.ask_with("web.service.consul.", RecordType::SRV, Some(4096)).await;
        assert_eq!((message.answers.len(), message.additionals.len()), (3, 3));
        lengths.push(length);
    }
    assert!(lengths[0] + 3 * 20 < lengths[1], "{lengths:?}");
}

#[tokio::test]
async fn changed_settings_hold_from_the_next_question_on_and_domains_stay() {
    let server = Server::start(Config { node_ttl: 7, ..Config::default() }).await;
    for (number, status) in (1..).zip([CheckStatus::Passing, CheckStatus::Warning]) {
        let node = node(&format!("n{number}"), &format!("10.0.0.{number}"));
        server.register(node, Some(service("web", "", 80)), Some(status)).await;
    }
    assert_eq!(server.ask("n1.node.consul.", RecordType::A).await.answers[0].ttl, 7);
    assert_eq!(server.ask("web.service.consul.", RecordType::A).await.answers.len(), 2);
    let message = server.ask("www.example.test.", RecordType::A).await;
    assert_eq!(message.metadata.response_code, ResponseCode::Refused);
    let changed = Config {
        domain: Domain::new("other").unwrap(),
        node_ttl: 70,
        only_passing: true,
        // Nobody answers there.
        recursors: vec!["127.0.0.1:9".parse().unwrap()],
        recursor_timeout: std::time::Duration::from_millis(20),
        ..Config::default()
    };
    server.dns.change(changed);
    assert_eq!(server.ask("n1.node.consul.", RecordType::A).await.answers[0].ttl, 70);
    assert_eq!(lines(&server.ask("web.service.consul.", RecordType::A).await), ["10.0.0.1"]);
    let message = server.ask("www.example.test.", RecordType::A).await;
    assert_eq!(message.metadata.response_code, ResponseCode::ServFail);
}

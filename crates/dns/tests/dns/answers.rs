//! What names are answered with, beyond what Consul was recorded to say.

use std::collections::BTreeSet;
use std::sync::Arc;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;
use muster_catalog::{Catalog, CatalogDeregistration};
use muster_dns::Config;
use muster_model::{CheckStatus, NodeName, ServiceId, Weights};

use crate::server::{Server, lines, node, service, targets};

#[tokio::test]
async fn every_instance_comes_first_now_and_then() {
    let server = Server::start(Config::default()).await;
    server.register_many("web", 5).await;
    let mut first = BTreeSet::new();
    for _ in 0..200 {
        let message = server.ask("web.service.consul.", RecordType::A).await;
        first.insert(message.answers[0].data.to_string());
    }
    assert_eq!(first.len(), 5);
}

#[tokio::test]
async fn answers_follow_every_change() {
    let server = Server::start(Config::default()).await;
    let address = async || lines(&server.ask("web.service.consul.", RecordType::A).await).join(" ");
    assert_eq!(address().await, "");
    server.register(node("n1", "10.0.0.1"), Some(service("web", "", 80)), None).await;
    assert_eq!(address().await, "10.0.0.1");
    server.register(node("n1", "10.0.0.2"), None, None).await;
    assert_eq!(address().await, "10.0.0.2", "the node's own address");
    server.register(node("n1", "10.0.0.2"), Some(service("web", "10.0.0.3", 80)), None).await;
    assert_eq!(address().await, "10.0.0.3");
    server.register(node("n1", "10.0.0.2"), None, Some(CheckStatus::Critical)).await;
    assert_eq!(address().await, "", "the node's check");
    server.register(node("n1", "10.0.0.2"), None, Some(CheckStatus::Passing)).await;
    assert_eq!(address().await, "10.0.0.3");
    let gone = CatalogDeregistration::Service(NodeName::new("n1").unwrap(), ServiceId::new("web-80").unwrap());
    server.registry.deregister(gone).await.unwrap();
    let message = server.ask("web.service.consul.", RecordType::A).await;
    assert_eq!(message.metadata.response_code, ResponseCode::NXDomain);
    server.register(node("n1", "10.0.0.2"), Some(service("web", "10.0.0.4", 80)), None).await;
    assert_eq!(address().await, "10.0.0.4", "once more, under the same name");
}

#[tokio::test]
async fn instances_in_one_place_are_one_address_and_several_srv() {
    let server = Server::start(Config::default()).await;
    let mut own = node("n1", "10.0.0.1");
    own.meta = [(Arc::from("k"), Arc::from("v"))].into();
    for port in [80, 81] {
        server.register(own.clone(), Some(service("web", "", port)), None).await;
    }
    assert_eq!(lines(&server.ask("web.service.consul.", RecordType::A).await), ["10.0.0.1"]);
    let message = server.ask("web.service.consul.", RecordType::SRV).await;
    assert_eq!(lines(&message), ["1 1 80 n1.node.dc1.consul.", "1 1 81 n1.node.dc1.consul."]);
    assert_eq!(targets(&message).1, ["n1.node.dc1.consul."; 4], "address and text with each, as Consul has it");
}

#[tokio::test]
async fn weights_are_those_of_the_instances_state() {
    let server = Server::start(Config::default()).await;
    for (number, status) in (1..).zip([CheckStatus::Passing, CheckStatus::Warning]) {
        let mut own = service("web", "", 80);
        own.weights = Weights { passing: 10, warning: 2 };
        server.register(node(&format!("n{number}"), &format!("10.0.0.{number}")), Some(own), Some(status)).await;
    }
    let message = server.ask("web.service.consul.", RecordType::SRV).await;
    assert_eq!(lines(&message), ["1 10 80 n1.node.dc1.consul.", "1 2 80 n2.node.dc1.consul."]);
}

#[tokio::test]
async fn a_node_whose_name_is_no_dns_name_is_named_by_its_address() {
    let server = Server::start(Config::default()).await;
    server.register(node(&"n".repeat(64), "10.0.0.1"), Some(service("web", "", 80)), None).await;
    server.register(node("dots..dots", "fd00::1"), Some(service("web", "", 80)), None).await;
    let (targets, beside) = targets(&server.ask("web.service.consul.", RecordType::SRV).await);
    assert_eq!(targets, ["0a000001.addr.dc1.consul.", "fd000000000000000000000000000001.addr.dc1.consul."]);
    assert_eq!(targets, beside);
}

#[tokio::test]
async fn what_is_neither_address_nor_name_is_left_out() {
    let server = Server::start(Config::default()).await;
    server.register(node("n1", ""), Some(service("web", "", 80)), None).await;
    let message = server.ask("web.service.consul.", RecordType::A).await;
    assert_eq!(message.metadata.response_code, ResponseCode::NXDomain);
    server.register(node("n2", "10.0.0.2"), Some(service("web", "", 80)), None).await;
    for kind in [RecordType::A, RecordType::SRV] {
        assert_eq!(server.ask("web.service.consul.", kind).await.answers.len(), 1);
    }
    assert_eq!(server.ask("n1.node.consul.", RecordType::A).await.metadata.response_code, ResponseCode::NoError);
}

#[tokio::test]
async fn names_under_the_domain_are_followed_and_never_in_a_circle() {
    let server = Server::start(Config::default()).await;
    server.register(node("n1", "10.0.0.1"), Some(service("web", "", 80)), None).await;
    server.register(node("n1", "10.0.0.1"), Some(service("alias", "web.service.consul", 81)), None).await;
    server.register(node("n1", "10.0.0.1"), Some(service("circle", "circle.service.consul", 82)), None).await;
    let message = server.ask("alias.service.consul.", RecordType::A).await;
    let found: Vec<_> = message.answers.iter().map(|record| format!("{} {}", record.name, record.data)).collect();
    assert_eq!(found, ["alias.service.consul. web.service.consul.", "web.service.consul. 10.0.0.1"]);
    let message = server.ask("circle.service.consul.", RecordType::A).await;
    assert!((1..=8).contains(&message.answers.len()), "{message}");
}

#[tokio::test]
async fn a_nodes_meta_is_text_as_rfc_1464_says() {
    let server = Server::start(Config::default()).await;
    let mut own = node("n1", "10.0.0.1");
    let pairs = [("k", "v"), ("a=b", "c"), ("RFC1035-raw", "as it is")];
    own.meta = pairs.map(|(key, value)| (Arc::from(key), Arc::from(value))).into();
    server.register(own, Some(service("web", "", 80)), None).await;
    assert_eq!(lines(&server.ask("n1.node.consul.", RecordType::TXT).await), ["a`=b=c", "as it is", "k=v"]);
    let message = server.ask("web.service.consul.", RecordType::SRV).await;
    assert_eq!(targets(&message).1, ["n1.node.dc1.consul."; 4], "one address, three texts");
}

#[tokio::test]
async fn addresses_of_ipv6_are_found_however_they_were_written() {
    let server = Server::start(Config::default()).await;
    server.register(node("n1", "fd00:0:0::6"), None, None).await;
    let name = format!("6.{}d.f.ip6.arpa.", "0.".repeat(29));
    assert_eq!(lines(&server.ask(&name, RecordType::PTR).await), ["n1.node.dc1.consul."]);
    assert_eq!(lines(&server.ask("n1.node.consul.", RecordType::AAAA).await), ["fd00::6"]);
}

#[tokio::test]
async fn the_domains_own_records_are_in_lower_case() {
    let server = Server::start(Config::default()).await;
    server.register(node("srv", "10.0.0.1"), Some(service("consul", "", 8300)), None).await;
    let message = server.ask("x.CONSUL.", RecordType::SOA).await;
    assert_eq!(message.answers[0].name.to_string(), "consul.");
    let found = message.authorities.iter().map(|record| format!("{} {}", record.name, record.data));
    assert_eq!(found.collect::<Vec<_>>(), ["CONSUL. srv.node.dc1.consul."]);
    assert_eq!(message.additionals[0].name.to_string(), "srv.node.dc1.consul.");
}

#[tokio::test]
async fn a_nodes_meta_goes_with_its_address_only() {
    let server = Server::start(Config::default()).await;
    let mut own = node("n1", "10.0.0.1");
    own.meta = [(Arc::from("k"), Arc::from("v"))].into();
    server.register(own, None, None).await;
    let asked = [(RecordType::A, 1), (RecordType::AAAA, 1), (RecordType::MX, 0), (RecordType::SRV, 0)];
    for (kind, count) in asked {
        let message = server.ask("n1.node.consul.", kind).await;
        assert_eq!((message.additionals.len(), message.authorities.len()), (count, 0), "{kind}");
    }
}

#[tokio::test]
async fn an_address_asked_backwards_is_answered_whatever_type_is_wanted() {
    let server = Server::start(Config::default()).await;
    server.register(node("n1", "10.0.0.1"), None, None).await;
    for kind in [RecordType::PTR, RecordType::A, RecordType::ANY] {
        assert_eq!(lines(&server.ask("1.0.0.10.in-addr.arpa.", kind).await), ["n1.node.dc1.consul."]);
    }
    for name in ["web.virtual.consul.", "0a000001.addr.dc9.consul."] {
        assert_eq!(server.ask(name, RecordType::A).await.metadata.response_code, ResponseCode::NoError, "{name}");
    }
}

#[tokio::test]
async fn a_restored_registry_answers_from_what_was_restored() {
    // Two histories that are as far: nothing but the restore itself tells them apart.
    let (one, other) = (Server::start(Config::default()).await, Server::start(Config::default()).await);
    for (server, address) in [(&one, "10.0.0.1"), (&other, "10.0.0.2")] {
        server.register(node("n1", address), Some(service("web", "", 80)), None).await;
    }
    assert_eq!(lines(&one.ask("web.service.consul.", RecordType::A).await), ["10.0.0.1"]);
    let saved = other.registry.save();
    let mut restore = one.registry.begin_restore(saved.rules()).unwrap();
    for chunk in saved.chunks() {
        restore.push(chunk.into()).await.unwrap();
    }
    restore.commit().await.unwrap();
    assert_eq!(lines(&one.ask("web.service.consul.", RecordType::A).await), ["10.0.0.2"]);
}

#[tokio::test]
async fn a_node_that_is_not_there_does_not_exist_whatever_is_asked() {
    let server = Server::start(Config::default()).await;
    server.register(node("n1", "10.0.0.1"), None, None).await;
    for name in ["nope.node.consul.", "n1.node.dc2.consul.", "a.n1.node.consul.", "n1.node.x.peer.consul."] {
        for kind in [RecordType::A, RecordType::SRV, RecordType::PTR] {
            let message = server.ask(name, kind).await;
            let found = (message.metadata.response_code, message.answers.len(), message.authorities.len());
            assert_eq!(found, (ResponseCode::NXDomain, 0, 1), "{name} {kind}");
        }
    }
}

#[tokio::test]
async fn the_start_of_authority_stands_once_in_an_answer_about_an_address() {
    let server = Server::start(Config::default()).await;
    server.register(node("n1", "10.0.0.1"), None, None).await;
    for (name, counts) in [("1.0.0.10.in-addr.arpa.", (1, 0)), ("9.0.0.10.in-addr.arpa.", (0, 1))] {
        let message = server.ask(name, RecordType::SOA).await;
        assert_eq!((message.answers.len(), message.authorities.len()), counts, "{name}");
    }
}

#[tokio::test]
async fn the_owner_of_an_address_is_spelled_as_it_was_asked_for() {
    let server = Server::start(Config::default()).await;
    for name in ["7F000001.ADDR.dc1.consul.", "7f000001.addr.dc1.Consul."] {
        let message = server.ask(name, RecordType::A).await;
        assert_eq!(message.answers[0].name.to_string(), name);
    }
}

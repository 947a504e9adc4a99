//! What fits, and what is said of the rest.

use std::sync::Arc;

use hickory_proto::rr::RecordType;
use muster_dns::Config;

use crate::server::{Server, lines, node, targets};

#[tokio::test]
async fn udp_without_edns_gets_three_answers_and_is_told_that_there_are_more() {
    let server = Server::start(Config::default()).await;
    server.register_many("many", 40).await;
    let (message, length) = server.ask_with("many.service.consul.", RecordType::A, None).await;
    assert_eq!((message.answers.len(), message.metadata.truncation), (3, true));
    assert!(length <= 512);
    let (message, length) = server.ask_with("many.service.consul.", RecordType::SRV, None).await;
    assert_eq!((message.answers.len(), message.metadata.truncation), (3, true));
    assert!(length <= 512);
    let (targets, beside) = targets(&message);
    assert_eq!(targets, beside, "the addresses of those that are there, and no others");
    let whole = server.ask_tcp("many.service.consul.", RecordType::A).await;
    assert_eq!((whole.answers.len(), whole.metadata.truncation), (40, false));
}

#[tokio::test]
async fn what_fits_is_not_marked() {
    let server = Server::start(Config::default()).await;
    server.register_many("three", 3).await;
    for kind in [RecordType::A, RecordType::SRV] {
        let message = server.ask("three.service.consul.", kind).await;
        assert_eq!((message.answers.len(), message.metadata.truncation), (3, false));
    }
}

#[tokio::test]
async fn with_edns_an_answer_has_all_that_fits_the_clients_size_and_no_byte_more() {
    let server = Server::start(Config::default()).await;
    server.register_many("many", 60).await;
    for kind in [RecordType::A, RecordType::SRV] {
        let mut last = 0;
        for size in (600..6000).step_by(97) {
            let (message, length) = server.ask_with("many.service.consul.", kind, Some(size)).await;
            let kept = message.answers.len();
            assert!(length <= usize::from(size), "{length} bytes for {size}");
            assert!(message.edns.is_some());
            assert_eq!(message.metadata.truncation, kept < 60, "{kept} for {size}");
            assert!(kept >= last, "a larger size never gets less");
            assert!(kept == 60 || usize::from(size) - length < 80, "{length} bytes for {size}: one more would fit");
            if kind == RecordType::SRV {
                let (targets, beside) = targets(&message);
                assert_eq!(targets, beside);
            }
            last = kept;
        }
        assert_eq!(last, 60);
    }
}

#[tokio::test]
async fn the_limit_over_udp_is_never_above_eight_and_the_flag_can_be_turned_off() {
    let config = Config { udp_answer_limit: 20, truncation_flag: false, ..Config::default() };
    let server = Server::start(config).await;
    server.register_many("many", 40).await;
    let message = server.ask("many.service.consul.", RecordType::A).await;
    assert_eq!((message.answers.len(), message.metadata.truncation), (8, false));
    let server = Server::start(Config { udp_answer_limit: 0, ..Config::default() }).await;
    server.register_many("many", 2).await;
    let message = server.ask("many.service.consul.", RecordType::A).await;
    assert_eq!((message.answers.len(), message.metadata.truncation), (0, true));
}

#[tokio::test]
async fn a_record_limit_bounds_addresses_but_not_srv() {
    let server = Server::start(Config { a_record_limit: 2, ..Config::default() }).await;
    server.register_many("many", 5).await;
    let message = server.ask("many.service.consul.", RecordType::A).await;
    assert_eq!((message.answers.len(), message.metadata.truncation), (2, false), "as many as are wanted");
    assert_eq!(server.ask_tcp("many.service.consul.", RecordType::SRV).await.answers.len(), 5);
}

#[tokio::test]
async fn tcp_carries_what_64_kib_hold() {
    let server = Server::start(Config::default()).await;
    server.register_many("many", 4200).await;
    let message = server.ask_tcp("many.service.consul.", RecordType::A).await;
    assert!((4000..=4096).contains(&message.answers.len()), "{}", message.answers.len());
    let message = server.ask_tcp("many.service.consul.", RecordType::SRV).await;
    let (targets, beside) = targets(&message);
    assert!((800..=1024).contains(&targets.len()), "{}", targets.len());
    assert_eq!(targets, beside);
}

#[tokio::test]
async fn a_nodes_long_meta_does_not_swell_answers_about_its_address() {
    let server = Server::start(Config::default()).await;
    let mut wordy = node("wordy", "10.0.0.1");
    wordy.meta = (0..40).map(|number| (Arc::from(format!("key{number}")), Arc::from("x".repeat(500)))).collect();
    server.register(wordy, None, None).await;
    let (message, length) = server.ask_with("wordy.node.consul.", RecordType::A, None).await;
    assert_eq!((lines(&message), message.additionals.len()), (vec!["10.0.0.1".to_owned()], 0));
    assert!(length <= 512 && !message.metadata.truncation);
    // Asked for it is too long for UDP: nothing but the word that there is more.
    let (message, length) = server.ask_with("wordy.node.consul.", RecordType::TXT, None).await;
    assert_eq!((message.answers.len(), message.metadata.truncation), (0, true));
    assert!(length <= 512);
    assert_eq!(server.ask_tcp("wordy.node.consul.", RecordType::TXT).await.answers.len(), 40);
}

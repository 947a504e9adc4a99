use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use muster_catalog::{CatalogCheck, CatalogDeregistration, CatalogRegistration, NodeUpdate, Owner};
use muster_model::{
    Check, CheckDefinition, CheckId, CheckStatus, Index, Key, Node, NodeName, Service, ServiceAddress, ServiceId,
    ServiceName, Weights,
};

use super::*;
use crate::command::KvSet;

/// One command of every kind, with every field in use.
fn every_command() -> Vec<Command> {
    let text = |text: &str| Arc::<str>::from(text);
    let node_name = || NodeName::new("n").unwrap();
    let service_id = || ServiceId::new("s").unwrap();
    let check_id = || CheckId::new("c").unwrap();
    let node = Node {
        name: node_name(),
        id: text("i"),
        address: text("a"),
        tagged_addresses: BTreeMap::from([(text("lan"), text("l"))]),
        meta: BTreeMap::from([(text("k"), text("v"))]),
    };
    let service = Service {
        id: service_id(),
        name: ServiceName::new("w").unwrap(),
        tags: vec![text("t")],
        address: text("b"),
        tagged_addresses: BTreeMap::from([(text("wan"), ServiceAddress { address: text("x"), port: 7 })]),
        meta: BTreeMap::from([(text("m"), text("1"))]),
        port: 80,
        socket_path: text("p"),
        weights: Weights { passing: 3, warning: 2 },
        enable_tag_override: true,
    };
    let check = Check {
        id: check_id(),
        name: text("cn"),
        status: CheckStatus::Other(text("odd")),
        notes: text("no"),
        output: text("ou"),
        service_id: Some(service_id()),
        kind: text("ttl"),
        definition: Some(CheckDefinition::Ttl { ttl: Duration::from_millis(1500) }),
    };
    let register = |node, service, checks, owner| {
        Command::Register(Box::new(CatalogRegistration { node, service, checks, replace_checks: true, owner }))
    };
    vec![
        register(NodeUpdate::Put(node), Some(service), vec![CatalogCheck { check, keep_result: true }], Owner::Agent),
        register(NodeUpdate::Keep(node_name()), None, vec![], Owner::Catalog),
        register(NodeUpdate::Keep(node_name()), None, vec![], Owner::Server),
        Command::Deregister(CatalogDeregistration::Node(node_name())),
        Command::Deregister(CatalogDeregistration::Service(node_name(), service_id())),
        Command::Deregister(CatalogDeregistration::Check(node_name(), check_id())),
        Command::Report { node: node_name(), check: check_id(), status: CheckStatus::Warning, output: text("o") },
        Command::KvSet(KvSet {
            key: Key::new("k").unwrap(),
            value: Arc::from(&b"v"[..]),
            flags: 300,
            cas: Some(Index(0)),
        }),
        Command::KvDelete { key: Key::new("k").unwrap(), cas: None },
        Command::KvDeleteUnder { prefix: text("p/") },
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What version 1 wrote must be readable for ever: a change of these bytes is a new version, not a fix of this test.
#[test]
fn version_1_stays_as_it_is() {
    let commands = every_command();
    let encoded = encode_batch(&commands);
    assert_eq!(hex(&encoded), include_str!("tests/batch-v1.hex").trim());
    assert_eq!(decode_batch(&encoded).unwrap(), commands);
}

#[test]
fn a_newer_version_and_damage_are_told_apart() {
    let mut encoded = encode_batch(&every_command());
    let cut = &encoded[..encoded.len() - 1];
    assert!(matches!(decode_batch(cut), Err(StoredError::Damaged(_))));
    assert!(matches!(decode_batch(&[]), Err(StoredError::Empty)));
    encoded[0] = 2;
    let newer = decode_batch(&encoded).unwrap_err();
    assert_eq!(newer.to_string(), "stored in format version 2; this muster reads up to 1: use a newer one");
}

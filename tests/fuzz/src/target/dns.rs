//! DNS packets, answered from a small registry.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use hickory_proto::op::{Message, MessageType};
use muster_catalog::{CatalogCheck, CatalogRegistration, NodeUpdate, Owner};
use muster_dns::{Config, Dns, Domain, Handled, Scratch, Transport};
use muster_journal::{HistoryId, MemoryJournal};
use muster_model::{Check, CheckId, CheckStatus, Node, NodeName, Service, ServiceId, ServiceName, Weights};
use muster_registry::{Command, Registry, RegistryConfig};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// What a client takes over UDP if it does not say so (RFC 1035, 4.2.1).
const PLAIN_UDP: usize = 512;
const HEADER: usize = 12;

/// A packet gets no answer, or one that another library can read, with its ID, that fits the transport.
pub(crate) fn run(bytes: &[u8]) {
    static SERVER: OnceLock<(Runtime, Dns)> = OnceLock::new();
    let (_, dns) = SERVER.get_or_init(server);
    // Answers are shuffled; the same bytes have to do the same each time.
    fastrand::seed(7);
    let mut scratch = Scratch::default();
    for transport in [Transport::Udp, Transport::Tcp] {
        match dns.handle(bytes, transport, &mut scratch) {
            Handled::Silence => {
                let answers = bytes.get(2).is_some_and(|flags| flags & 0x80 != 0);
                assert!(bytes.len() < HEADER || answers, "a question that is not answered");
            }
            Handled::Reply => check(bytes, scratch.packet(), transport),
            Handled::Others => {}
        }
    }
}

fn check(asked: &[u8], packet: &[u8], transport: Transport) {
    assert_eq!(packet[..2], asked[..2], "another question's answer");
    let reply = Message::from_vec(packet).unwrap_or_else(|error| panic!("{error}: {packet:02x?}"));
    assert_eq!(reply.metadata.message_type, MessageType::Response);
    let limit = match (transport, Message::from_vec(asked)) {
        (Transport::Udp, Ok(question)) => {
            question.edns.map_or(0, |edns| usize::from(edns.max_payload())).max(PLAIN_UDP)
        }
        // What another library does not read says nothing of what the client takes.
        _ => usize::from(u16::MAX),
    };
    assert!(packet.len() <= limit, "{} bytes for who takes {limit}", packet.len());
}

fn server() -> (Runtime, Dns) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let registry = runtime.block_on(async {
        let journal = Arc::new(MemoryJournal::new(HistoryId::from_bytes([7; 16])));
        let (registry, committer) = Registry::open(journal, RegistryConfig::default()).await.expect("an empty journal");
        let stop = CancellationToken::new();
        let running = tokio::spawn(committer.run(stop.clone()));
        for command in commands() {
            registry.submit(command).await.expect("memory takes it");
        }
        stop.cancel();
        running.await.expect("it ends");
        registry
    });
    let config = Config { alt_domain: Some(Domain::new("test.alt").expect("a domain")), ..Config::default() };
    (runtime, config.build(registry))
}

fn commands() -> impl Iterator<Item = Command> {
    let text = |text: &str| Arc::<str>::from(text);
    (1..=40_u8).map(move |number| {
        let node = Node {
            name: NodeName::new(format!("n{number}")).expect("a name"),
            id: text(if number == 1 { "adf4238a-882b-9ddc-4a9d-5b6758e4159e" } else { "" }),
            address: if number % 5 == 0 { format!("fd00::{number}").into() } else { format!("10.0.0.{number}").into() },
            tagged_addresses: BTreeMap::from([(text("wan"), text("192.0.2.9"))]),
            meta: BTreeMap::from([(text("rack"), text("a b")), (text("rfc1035-x"), text("\u{e9};\"x"))]),
        };
        let name = ["web", "db", "v1.web", "x_y"][usize::from(number) % 4];
        let service = Service {
            id: ServiceId::new(format!("{name}-{number}")).expect("an ID"),
            name: ServiceName::new(name).expect("a name"),
            tags: vec![text("v1"), text("primary")],
            address: text(["", "10.1.1.1", "fd00::1", ""][usize::from(number) % 4]),
            tagged_addresses: BTreeMap::new(),
            meta: BTreeMap::new(),
            port: 8000 + i32::from(number),
            socket_path: text(""),
            weights: Weights { passing: i32::from(number), warning: 1 },
            enable_tag_override: false,
        };
        let check = Check {
            id: CheckId::new("c").expect("an ID"),
            name: text("c"),
            status: if number % 7 == 0 { CheckStatus::Critical } else { CheckStatus::Warning },
            notes: text(""),
            output: text(""),
            service_id: Some(service.id.clone()),
            kind: text(""),
            definition: None,
        };
        Command::Register(Box::new(CatalogRegistration {
            node: NodeUpdate::Put(node),
            service: Some(service),
            checks: vec![CatalogCheck { check, keep_result: false }],
            replace_checks: false,
            owner: Owner::Catalog,
        }))
    })
}

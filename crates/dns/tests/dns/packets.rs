//! Packets that are no questions, or broken ones.

use std::sync::LazyLock;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::RecordType;
use muster_dns::{Config, Dns, Handled, Scratch, Transport};
use muster_journal::{HistoryId, MemoryJournal};
use muster_registry::{Registry, RegistryConfig};
use proptest::prelude::*;

use crate::server::{Server, question};

fn header(flags: [u8; 2], counts: [u8; 4]) -> Vec<u8> {
    let mut packet = vec![0x12, 0x67, flags[0], flags[1]];
    for count in counts {
        packet.extend_from_slice(&[0, count]);
    }
    packet
}

/// ID, opcode and code of the 12 bytes that refuse a packet.
fn refusal(packet: &[u8]) -> (u16, u8, u8) {
    assert_eq!(packet.len(), 12);
    assert_eq!(packet[2] & 0x80, 0x80, "an answer");
    assert_eq!(packet[4..], [0; 8]);
    (u16::from_be_bytes([packet[0], packet[1]]), packet[2] >> 3 & 15, packet[3] & 15)
}

#[tokio::test]
async fn broken_packets_get_a_format_error_and_other_opcodes_are_not_implemented() {
    let server = Server::start(Config::default()).await;
    let name = b"\x03web\x07service\x06consul\0\0\x01\0\x01";
    let with = |flags, counts, rest: &[&[u8]]| [&header(flags, counts)[..], &rest.concat()].concat();
    let root_option = b"\0\0\x29\x04\xd0\0\0\0\0\0\0";
    let broken = [
        with([1, 0], [1, 0, 0, 0], &[]),
        with([1, 0], [0, 0, 0, 0], &[]),
        with([1, 0], [2, 0, 0, 0], &[name, name]),
        with([1, 0], [1, 0, 0, 0], &[&name[..name.len() - 1]]),
        with([1, 0], [1, 0, 0, 0], &[b"\xc0\x0c\0\x01\0\x01"]),
        with([1, 0], [1, 0, 0, 0], &[b"\x40", &[b'a'; 64], b"\0\0\x01\0\x01"]),
        with([1, 0], [1, 0, 0, 3], &[name, root_option]),
        with([1, 0], [1, 0, 0, 0], &[&name[..name.len() - 2]]),
    ];
    for packet in broken {
        assert_eq!(refusal(&server.exchange(&packet).await), (0x1267, 0, 1), "{packet:02x?}");
    }
    // What is broken stands behind the question: that comes back.
    let broken_behind: [&[&[u8]]; 6] = [
        &[],
        &[b"\x01a\0\0\x29\x04\xd0\0\0\0\0\0\0"],
        &[root_option, root_option],
        &[b"\0\0\x29\x04\xd0\0\0\0\0\0\x05\0\x08\0\x08\0"],
        // A subnet of 33 bits, and one whose address is longer than it says.
        &[b"\0\0\x29\x04\xd0\0\0\0\0\0\x0d\0\x08\0\x09\0\x01\x21\0\x0a\0\0\0\0"],
        &[b"\0\0\x29\x04\xd0\0\0\0\0\0\x0b\0\x08\0\x07\0\x01\x08\0\x0a\0\0"],
    ];
    for behind in broken_behind {
        let count = u8::try_from(behind.len().max(1)).unwrap();
        let packet = with([1, 0], [1, 0, 0, count], &[name, &behind.concat()]);
        let expected = [&header([0x81, 1], [1, 0, 0, 0])[..], name].concat();
        assert_eq!(server.exchange(&packet).await, expected, "{behind:02x?}");
    }
    for opcode in 1..16 {
        let packet = with([opcode << 3, 0], [1, 0, 0, 0], &[name]);
        assert_eq!(refusal(&server.exchange(&packet).await), (0x1267, opcode, 4));
    }
    let message = server.ask("consul.", RecordType::AXFR).await;
    assert_eq!(message.metadata.response_code, ResponseCode::NotImp);
    assert_eq!(message.metadata.id, 4711);
}

/// A signature (TSIG) that says nothing: there are no keys here that it could be of.
#[tokio::test]
async fn what_stands_behind_a_question_is_passed_over_but_for_edns() {
    let server = Server::start(Config::default()).await;
    let signature = b"\0\0\xfa\0\xff\0\0\0\0\0\x03abc";
    let name = b"\x06consul\0\0\x06\0\x01";
    let packet = [&header([1, 0], [1, 0, 0, 1])[..], name, signature].concat();
    let answer = Message::from_vec(&server.exchange(&packet).await).unwrap();
    assert_eq!((answer.metadata.response_code, answer.answers.len()), (ResponseCode::NoError, 1));
    let (address, root_option) = (b"\0\0\x01\0\x01\0\0\0\0\0\x04abcd", b"\0\0\x29\x04\xd0\0\0\0\0\0\0");
    for counts in [[1, 0, 0, 1], [1, 1, 0, 1], [1, 0, 1, 1], [1, 1, 1, 1], [1, 1, 1, 2]] {
        let before = address.repeat(usize::from(counts[1] + counts[2] + counts[3] - 1));
        let packet = [&header([1, 0], counts)[..], name, &before, root_option].concat();
        let answer = Message::from_vec(&server.exchange(&packet).await).unwrap();
        assert!(answer.answers.len() == 1 && answer.edns.is_some(), "{counts:?}: {answer}");
    }
}

#[tokio::test]
async fn answers_and_scraps_are_left_unanswered() {
    let server = Server::start(Config::default()).await;
    let mut answer = question("web.service.consul.", RecordType::A, None);
    answer[2] |= 0x80;
    for noise in [&answer[..], &answer[..11], &[], &[0; 11]] {
        let mut scratch = Scratch::default();
        assert_eq!(server.dns.handle(noise, Transport::Udp, &mut scratch), Handled::Silence);
    }
}

#[tokio::test]
async fn a_clients_subnet_comes_back_with_the_scope_of_everybody() {
    let server = Server::start(Config::default()).await;
    server.register_many("web", 1).await;
    let mut packet = question("web.service.consul.", RecordType::A, Some(1232));
    let length = packet.len();
    packet[length - 1] = 11;
    packet.extend_from_slice(b"\0\x08\0\x07\0\x01\x18\0\x0a\x01\x02");
    let answer = server.exchange(&packet).await;
    assert!(answer.ends_with(b"\0\0\x29\x04\xd0\0\0\0\0\0\x0b\0\x08\0\x07\0\x01\x18\0\x0a\x01\x02"));
    assert_eq!(Message::from_vec(&answer).unwrap().answers.len(), 1);
}

#[tokio::test]
async fn several_questions_on_one_connection_are_answered_in_order() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let server = Server::start(Config::default()).await;
    server.register_many("web", 2).await;
    let mut stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let names = ["web-1.node.consul.", "none.node.consul.", "web-2.node.consul."];
    let mut all = Vec::new();
    for name in names {
        let packet = question(name, RecordType::A, None);
        all.extend_from_slice(&(packet.len() as u16).to_be_bytes());
        all.extend_from_slice(&packet);
    }
    stream.write_all(&all).await.unwrap();
    for name in names {
        let mut answer = vec![0; usize::from(stream.read_u16().await.unwrap())];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(Message::from_vec(&answer).unwrap().queries[0].name.to_string(), name);
    }
}

/// A server without ports. Its registry is empty but real; nothing runs in the background.
static EMPTY: LazyLock<Dns> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let journal = std::sync::Arc::new(MemoryJournal::new(HistoryId::random()));
    let (registry, _) = runtime.block_on(Registry::open(journal, RegistryConfig::default())).unwrap();
    Config::default().build(registry)
});

/// Whatever comes back is an answer to this packet that a client can read.
fn check(dns: &Dns, packet: &[u8], transport: Transport) -> Result<(), TestCaseError> {
    let mut scratch = Scratch::default();
    if dns.handle(packet, transport, &mut scratch) != Handled::Reply {
        return Ok(());
    }
    let reply = scratch.packet();
    prop_assert!(reply.len() >= 12 && reply[..2] == packet[..2] && reply[2] & 0x80 != 0);
    if reply.len() > 12 {
        let message = Message::from_vec(reply);
        prop_assert!(message.is_ok(), "{message:?} in {reply:02x?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived(packet in prop::collection::vec(any::<u8>(), 0..600)) {
        check(&EMPTY, &packet, Transport::Udp)?;
        check(&EMPTY, &packet, Transport::Tcp)?;
    }

    #[test]
    fn a_question_with_some_bytes_changed_is_answered_or_refused(
        name in prop::sample::select(vec!["web.service.consul.", "_web._tcp.service.dc1.consul.", "n.node.consul.",
            "0a000001.addr.consul.", "1.0.0.10.in-addr.arpa.", "consul.", "example.com."]),
        kind in prop::sample::select(vec![RecordType::A, RecordType::SRV, RecordType::SOA, RecordType::ANY]),
        edns in prop::option::of(any::<u16>()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut packet = question(name, kind, edns);
        for (at, byte) in changes {
            let at = at.index(packet.len());
            packet[at] = byte;
        }
        if let Some(cut) = cut {
            packet.truncate(cut.index(packet.len()));
        }
        check(&EMPTY, &packet, Transport::Udp)?;
        check(&EMPTY, &packet, Transport::Tcp)?;
    }
}

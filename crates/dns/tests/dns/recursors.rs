//! Recursors: servers of the test's own, with a port each.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{CNAME, SOA};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use muster_dns::{Config, RecursorStrategy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;

use crate::server::{Server, lines, node, question, service, sockets, targets};

/// A recursor that answers as a function says, and notes what it was asked: name, type and transport.
struct Recursor {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

/// As long as a recursor of ours may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// What to answer; the flag says whether it was asked over TCP.
type Answers = fn(&Message, bool) -> Vec<Message>;

impl Recursor {
    async fn start(answers: Answers) -> Self {
        let (udp, tcp) = sockets().await;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        let address = udp.local_addr().unwrap();
        tasks.spawn(over_udp(udp, answers, Arc::clone(&asked)));
        tasks.spawn(over_tcp(tcp, answers, Arc::clone(&asked)));
        Self { address, asked, _tasks: tasks }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn over_udp(socket: UdpSocket, answers: Answers, asked: Arc<Mutex<Vec<String>>>) {
    let mut buffer = [0; 4096];
    while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
        let message = Message::from_vec(&buffer[..length]).unwrap();
        note(&asked, &message, "UDP");
        for answer in answers(&message, false) {
            socket.send_to(&answer.to_vec().unwrap(), client).await.unwrap();
        }
    }
}

async fn over_tcp(listener: TcpListener, answers: Answers, asked: Arc<Mutex<Vec<String>>>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut packet = vec![0; usize::from(stream.read_u16().await.unwrap())];
        stream.read_exact(&mut packet).await.unwrap();
        let message = Message::from_vec(&packet).unwrap();
        note(&asked, &message, "TCP");
        for answer in answers(&message, true) {
            let packet = answer.to_vec().unwrap();
            stream.write_u16(packet.len() as u16).await.unwrap();
            stream.write_all(&packet).await.unwrap();
        }
    }
}

fn note(asked: &Mutex<Vec<String>>, message: &Message, transport: &str) {
    let query = &message.queries[0];
    asked.lock().unwrap().push(format!("{} {} {transport}", query.name, query.query_type));
}

/// An answer with these records, its question as it was asked.
fn reply(message: &Message, records: Vec<Record>) -> Message {
    let mut reply = Message::new(message.metadata.id, MessageType::Response, OpCode::Query);
    reply.queries = message.queries.clone();
    reply.answers = records;
    reply
}

fn failing(message: &Message, code: ResponseCode) -> Message {
    let mut reply = reply(message, Vec::new());
    reply.metadata.response_code = code;
    reply
}

fn addresses(message: &Message, count: u8) -> Vec<Record> {
    let name = &message.queries[0].name;
    let record = |number| Record::from_rdata(name.clone(), 300, RData::from(IpAddr::from([192, 0, 2, number])));
    (1..=count).map(record).collect()
}

fn one(message: &Message, _: bool) -> Vec<Message> {
    vec![reply(message, addresses(message, 1))]
}

async fn server(recursors: &[&Recursor]) -> Server {
    let recursors = recursors.iter().map(|recursor| recursor.address).collect();
    Server::start(Config { recursors, recursor_timeout: PATIENCE, ..Config::default() }).await
}

#[tokio::test]
async fn what_is_outside_the_domain_is_asked_and_comes_back_with_the_clients_case() {
    let recursor = Recursor::start(one).await;
    let server = server(&[&recursor]).await;
    let message = server.ask("WWW.Example.com.", RecordType::A).await;
    assert_eq!(lines(&message), ["192.0.2.1"]);
    assert_eq!(message.metadata.id, 4711);
    assert_eq!(message.queries[0].name.to_string(), "WWW.Example.com.");
    assert_eq!(message.answers[0].name.to_string(), "WWW.Example.com.");
    assert!(message.metadata.recursion_available && !message.metadata.authoritative);
    let message = server.ask("none.service.consul.", RecordType::A).await;
    assert!(message.metadata.recursion_available && message.metadata.authoritative);
    assert_eq!(message.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(recursor.asked(), ["www.example.com. A UDP"], "its own domain it answers itself");
}

#[tokio::test]
async fn what_was_answered_is_kept_and_failures_are_not() {
    let recursor = Recursor::start(|message, _| match message.queries[0].name.to_string().as_str() {
        "gone.example.com." => {
            let mut reply = failing(message, ResponseCode::NXDomain);
            let soa = SOA::new(Name::root(), Name::root(), 1, 2, 3, 4, 60);
            reply.authorities.push(Record::from_rdata(Name::root(), 300, RData::SOA(soa)));
            vec![reply]
        }
        "broken.example.com." => vec![failing(message, ResponseCode::ServFail)],
        "empty.example.com." => vec![reply(message, Vec::new())],
        _ => one(message, false),
    })
    .await;
    let server = server(&[&recursor]).await;
    let asks = [("www", 1), ("gone", 1), ("broken", 2), ("empty", 2)];
    for (name, _) in asks {
        for _ in 0..2 {
            server.ask(&format!("{name}.example.com."), RecordType::A).await;
        }
    }
    for (name, times) in asks {
        let line = format!("{name}.example.com. A UDP");
        assert_eq!(recursor.asked().iter().filter(|asked| **asked == line).count(), times, "{name}");
    }
    let message = server.ask("GONE.example.com.", RecordType::A).await;
    assert_eq!(message.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(message.queries[0].name.to_string(), "GONE.example.com.", "also from the cache");
    let message = server.ask("broken.example.com.", RecordType::A).await;
    assert_eq!(message.metadata.response_code, ResponseCode::ServFail);
    assert!(message.metadata.recursion_available);
}

#[tokio::test]
async fn a_recursor_that_fails_or_is_not_there_is_passed_over() {
    // A port where nobody is: bound once, so that it was free, and closed.
    let nobody = sockets().await.0.local_addr().unwrap();
    let broken = Recursor::start(|message, _| vec![failing(message, ResponseCode::Refused)]).await;
    let sound = Recursor::start(one).await;
    let recursors = vec![nobody, broken.address, sound.address];
    let server = Server::start(Config { recursors, recursor_timeout: PATIENCE, ..Config::default() }).await;
    assert_eq!(lines(&server.ask("www.example.com.", RecordType::A).await), ["192.0.2.1"]);
    assert_eq!((broken.asked().len(), sound.asked().len()), (1, 1));
}

#[tokio::test]
async fn a_recursor_that_says_nothing_is_given_up_after_its_time() {
    let silent = Recursor::start(|_, _| Vec::new()).await;
    let sound = Recursor::start(one).await;
    let recursors = vec![silent.address, sound.address];
    // On a slow machine the first times may be too short for the sound one too.
    for milliseconds in [50, 1000, 20_000] {
        let recursor_timeout = Duration::from_millis(milliseconds);
        let config = Config { recursors: recursors.clone(), recursor_timeout, ..Config::default() };
        let message = Server::start(config).await.ask("www.example.com.", RecordType::A).await;
        if message.metadata.response_code != ResponseCode::ServFail {
            assert_eq!(lines(&message), ["192.0.2.1"]);
            return assert!(!silent.asked().is_empty());
        }
    }
    panic!("the sound one is never asked");
}

#[tokio::test]
async fn at_random_all_are_asked_and_in_sequence_only_the_first() {
    for (recursor_strategy, both) in [(RecursorStrategy::Random, true), (RecursorStrategy::Sequential, false)] {
        let recursors = [Recursor::start(one).await, Recursor::start(one).await];
        let addresses = recursors.iter().map(|recursor| recursor.address).collect();
        let config =
            Config { recursors: addresses, recursor_strategy, recursor_timeout: PATIENCE, ..Config::default() };
        let server = Server::start(config).await;
        for number in 0..40 {
            server.ask(&format!("www{number}.example.com."), RecordType::A).await;
        }
        assert!(!recursors[0].asked().is_empty());
        assert_eq!(!recursors[1].asked().is_empty(), both, "{recursor_strategy:?}");
    }
}

#[tokio::test]
async fn what_did_not_fit_is_asked_again_over_tcp_and_marked_for_a_client_that_takes_less() {
    let recursor = Recursor::start(|message, tcp| {
        let mut whole = reply(message, addresses(message, 100));
        if !tcp {
            whole.answers.clear();
            whole.metadata.truncation = true;
        }
        vec![whole]
    })
    .await;
    let server = server(&[&recursor]).await;
    let (message, _) = server.ask_with("www.example.com.", RecordType::A, Some(4096)).await;
    assert_eq!((message.answers.len(), message.metadata.truncation), (100, false));
    assert_eq!(recursor.asked(), ["www.example.com. A UDP", "www.example.com. A TCP"]);
    let (message, length) = server.ask_with("www.example.com.", RecordType::A, Some(600)).await;
    assert_eq!((message.answers.len(), message.metadata.truncation), (0, true));
    assert!(length <= 600);
    assert_eq!(server.ask_tcp("www.example.com.", RecordType::A).await.answers.len(), 100);
}

#[tokio::test]
async fn forged_answers_are_not_taken() {
    let recursor = Recursor::start(|message, _| {
        let mut other_id = reply(message, addresses(message, 9));
        other_id.metadata.id ^= 1;
        let mut other_name = reply(message, addresses(message, 9));
        other_name.queries[0].name = Name::from_str("evil.example.com.").unwrap();
        let mut other_kind = reply(message, addresses(message, 9));
        other_kind.queries[0].query_type = RecordType::AAAA;
        vec![other_id, other_name, other_kind, reply(message, addresses(message, 1))]
    })
    .await;
    let server = server(&[&recursor]).await;
    assert_eq!(lines(&server.ask("www.example.com.", RecordType::A).await), ["192.0.2.1"]);
}

#[tokio::test]
async fn an_instance_whose_address_is_a_name_is_resolved() {
    let recursor = Recursor::start(|message, _| {
        let query = &message.queries[0];
        let real = Name::from_str("real.example.com.").unwrap();
        let alias = Record::from_rdata(query.name.clone(), 300, RData::CNAME(CNAME(real.clone())));
        let address = |number: u16| match query.query_type {
            RecordType::AAAA => IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, number]),
            _ => IpAddr::from([192, 0, 2, number as u8]),
        };
        let all = (1..=8).map(|number| Record::from_rdata(real.clone(), 300, RData::from(address(number))));
        vec![reply(message, std::iter::once(alias).chain(all).collect())]
    })
    .await;
    let server = server(&[&recursor]).await;
    server.register(node("n1", "10.0.0.1"), Some(service("web", "some.example.com", 80)), None).await;
    let (message, _) = server.ask_with("web.service.consul.", RecordType::A, Some(4096)).await;
    assert_eq!(message.answers.len(), 10, "{message}");
    assert_eq!(message.answers[0].data.to_string(), "some.example.com.");
    assert_eq!(message.answers[1].data.to_string(), "real.example.com.");
    assert!(message.answers.iter().all(|record| record.ttl == 0), "the service's time to live");
    let message = server.ask_tcp("web.service.consul.", RecordType::A).await;
    assert_eq!(message.answers.len(), 6, "without EDNS: the alias, and five of what it leads to");
    let (message, _) = server.ask_with("web.service.consul.", RecordType::AAAA, Some(4096)).await;
    assert!(lines(&message).contains(&"2001:db8::1".to_owned()), "{message}");
    let (message, _) = server.ask_with("web.service.consul.", RecordType::SRV, Some(4096)).await;
    assert_eq!(lines(&message), ["1 1 80 some.example.com."]);
    assert_eq!(targets(&message).1.len(), 9);
    assert_eq!(recursor.asked(), ["some.example.com. A UDP", "some.example.com. AAAA UDP"], "the rest from the cache");
}

#[tokio::test]
async fn an_address_that_nobody_here_has_is_asked_backwards() {
    let recursor = Recursor::start(|message, _| {
        let name = Name::from_str("host.example.com.").unwrap();
        let pointer = RData::PTR(hickory_proto::rr::rdata::PTR(name));
        vec![reply(message, vec![Record::from_rdata(message.queries[0].name.clone(), 300, pointer)])]
    })
    .await;
    let server = server(&[&recursor]).await;
    server.register(node("n1", "10.0.0.1"), None, None).await;
    assert_eq!(lines(&server.ask("1.0.0.10.in-addr.arpa.", RecordType::PTR).await), ["n1.node.dc1.consul."]);
    assert_eq!(lines(&server.ask("9.9.9.9.in-addr.arpa.", RecordType::PTR).await), ["host.example.com."]);
    assert_eq!(recursor.asked(), ["9.9.9.9.in-addr.arpa. PTR UDP"]);
}

#[tokio::test]
async fn without_recursors_it_is_refused() {
    let server = Server::start(Config::default()).await;
    let packet = server.exchange(&question("www.example.com.", RecordType::A, Some(1232))).await;
    let message = Message::from_vec(&packet).unwrap();
    assert_eq!(message.metadata.response_code, ResponseCode::Refused);
    assert!(!message.metadata.recursion_available && message.edns.is_some());
}

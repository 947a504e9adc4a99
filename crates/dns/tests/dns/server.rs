//! A server on loopback with a registry in memory, and a client.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RData, RecordType};
use muster_catalog::{Catalog, CatalogCheck, CatalogRegistration, NodeUpdate, Owner};
use muster_dns::{Config, Dns};
use muster_journal::{HistoryId, MemoryJournal};
use muster_model::{Check, CheckId, CheckStatus, Node, NodeName, Service, ServiceId, ServiceName, Weights};
use muster_registry::{Registry, RegistryConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio_util::sync::CancellationToken;

pub struct Server {
    pub registry: Registry,
    pub dns: Dns,
    pub address: SocketAddr,
    _stop: tokio_util::sync::DropGuard,
}

impl Server {
    pub async fn start(config: Config) -> Self {
        let journal = Arc::new(MemoryJournal::new(HistoryId::random()));
        let (registry, committer) = Registry::open(journal, RegistryConfig::default()).await.unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(committer.run(stop.clone()));
        let (udp, tcp) = sockets().await;
        let address = udp.local_addr().unwrap();
        let dns = config.build(registry.clone());
        let server = dns.clone();
        let until = stop.clone();
        tokio::spawn(async move { server.serve(udp, tcp, until).await });
        Self { registry, dns, address, _stop: stop.drop_guard() }
    }

    pub async fn register(&self, node: Node, service: Option<Service>, status: Option<CheckStatus>) {
        let service_id = service.as_ref().map(|service| service.id.clone());
        let check = status.map(|status| Check {
            id: CheckId::new(format!("{}-{}", node.name, service.as_ref().map_or("", |own| own.id.as_str()))).unwrap(),
            name: Arc::from("check"),
            status,
            notes: Arc::from(""),
            output: Arc::from(""),
            service_id,
            kind: Arc::from(""),
            definition: None,
        });
        let checks = check.map(|check| CatalogCheck { check, keep_result: false }).into_iter().collect();
        let node = NodeUpdate::Put(node);
        let registration = CatalogRegistration { node, service, checks, replace_checks: false, owner: Owner::Catalog };
        self.registry.register(registration).await.unwrap();
    }

    /// `count` instances of `name` on nodes of their own, from 10.0.0.1 on.
    pub async fn register_many(&self, name: &str, count: u32) {
        for number in 1..=count {
            let [_, high, middle, low] = number.to_be_bytes();
            let node = node(&format!("{name}-{number}"), &format!("10.{high}.{middle}.{low}"));
            self.register(node, Some(service(name, "", 8000)), None).await;
        }
    }

    pub async fn ask(&self, name: &str, kind: RecordType) -> Message {
        self.ask_with(name, kind, None).await.0
    }

    /// Over UDP, with EDNS's size if there is one; also the packet's length.
    pub async fn ask_with(&self, name: &str, kind: RecordType, edns: Option<u16>) -> (Message, usize) {
        let packet = self.exchange(&question(name, kind, edns)).await;
        (Message::from_vec(&packet).unwrap(), packet.len())
    }

    pub async fn exchange(&self, packet: &[u8]) -> Vec<u8> {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(self.address).await.unwrap();
        socket.send(packet).await.unwrap();
        let mut buffer = vec![0; 65_535];
        let length = socket.recv(&mut buffer).await.unwrap();
        buffer.truncate(length);
        buffer
    }

    pub async fn ask_tcp(&self, name: &str, kind: RecordType) -> Message {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let packet = question(name, kind, None);
        stream.write_u16(packet.len() as u16).await.unwrap();
        stream.write_all(&packet).await.unwrap();
        let mut answer = vec![0; usize::from(stream.read_u16().await.unwrap())];
        stream.read_exact(&mut answer).await.unwrap();
        Message::from_vec(&answer).unwrap()
    }
}

/// Both kinds of socket on one free port.
pub async fn sockets() -> (UdpSocket, TcpListener) {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
            return (udp, tcp);
        }
    }
}

pub fn question(name: &str, kind: RecordType, edns: Option<u16>) -> Vec<u8> {
    let mut message = Message::new(4711, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.queries.push(Query::query(Name::from_ascii(name).unwrap(), kind));
    message.edns = edns.map(|size| {
        let mut edns = Edns::new();
        edns.set_max_payload(size);
        edns
    });
    message.to_vec().unwrap()
}

pub fn node(name: &str, address: &str) -> Node {
    Node {
        name: NodeName::new(name).unwrap(),
        id: Arc::from(""),
        address: Arc::from(address),
        tagged_addresses: BTreeMap::new(),
        meta: BTreeMap::new(),
    }
}

pub fn service(name: &str, address: &str, port: i32) -> Service {
    Service {
        id: ServiceId::new(format!("{name}-{port}")).unwrap(),
        name: ServiceName::new(name).unwrap(),
        tags: Vec::new(),
        address: Arc::from(address),
        tagged_addresses: BTreeMap::new(),
        meta: BTreeMap::new(),
        port,
        socket_path: Arc::from(""),
        weights: Weights::default(),
        enable_tag_override: false,
    }
}

/// The answers as `data` lines, sorted.
pub fn lines(message: &Message) -> Vec<String> {
    let mut lines: Vec<_> = message.answers.iter().map(|record| record.data.to_string()).collect();
    lines.sort();
    lines
}

/// SRV targets, and the names of what came beside; both sorted.
pub fn targets(message: &Message) -> (Vec<String>, Vec<String>) {
    let target = |data: &RData| if let RData::SRV(srv) = data { srv.target.to_string() } else { panic!("{data}") };
    let mut targets: Vec<_> = message.answers.iter().map(|record| target(&record.data)).collect();
    let mut beside: Vec<_> = message.additionals.iter().map(|record| record.name.to_string()).collect();
    targets.sort();
    beside.sort();
    (targets, beside)
}

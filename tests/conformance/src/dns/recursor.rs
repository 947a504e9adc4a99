//! A DNS server outside the domain, for what muster and Consul make of what it says.
//!
//! `both.test` has an address of each family, `long.test` sixty addresses that do not fit UDP, and the text of
//! `count.test` is how often it was asked for. Nothing else is there.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, TXT};
use hickory_proto::rr::{RData, Record, RecordType};

/// For how long an answer may be kept.
const TTL: u32 = 3600;

/// Starts one that runs until the process ends, and says where.
pub fn start() -> io::Result<SocketAddr> {
    let (udp, tcp) = sockets()?;
    let address = tcp.local_addr()?;
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((length, client)) = udp.recv_from(&mut buffer) {
            if let Some(answer) = answer(&buffer[..length], false, &counter) {
                // Who asked may have gone.
                let _ = udp.send_to(&answer, client);
            }
        }
    });
    thread::spawn(move || {
        // One that breaks off is no reason to serve no other.
        tcp.incoming().flatten().for_each(|stream| drop(connection(stream, &asked)));
    });
    Ok(address)
}

/// Both kinds on one port.
fn sockets() -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = None;
    for _ in 0..20 {
        let tcp = TcpListener::bind("127.0.0.1:0")?;
        match UdpSocket::bind(tcp.local_addr()?) {
            Ok(udp) => return Ok((udp, tcp)),
            Err(taken) => last = Some(taken),
        }
    }
    Err(last.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
}

fn connection(mut stream: TcpStream, asked: &AtomicUsize) -> io::Result<()> {
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut packet = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut packet)?;
    let Some(answer) = answer(&packet, true, asked) else { return Ok(()) };
    let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], &answer].concat())
}

fn answer(packet: &[u8], whole: bool, asked: &AtomicUsize) -> Option<Vec<u8>> {
    let question = Message::from_vec(packet).ok()?;
    let query = question.queries.first()?.clone();
    let mut message = Message::new(question.metadata.id, MessageType::Response, question.metadata.op_code);
    message.metadata.recursion_desired = question.metadata.recursion_desired;
    message.metadata.recursion_available = true;
    let mut add = |data: RData| message.answers.push(Record::from_rdata(query.name.clone(), TTL, data));
    match (&*query.name.to_string().to_ascii_lowercase(), query.query_type) {
        ("both.test.", RecordType::A) => add(RData::A(A(Ipv4Addr::new(192, 0, 2, 1)))),
        ("both.test.", RecordType::AAAA) => {
            add(RData::AAAA(AAAA(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))));
        }
        ("count.test.", RecordType::TXT) => {
            let times = asked.fetch_add(1, Ordering::Relaxed) + 1;
            add(RData::TXT(TXT::new(vec![times.to_string()])));
        }
        ("long.test.", RecordType::A) if whole => {
            (1..=60).for_each(|last| add(RData::A(A(Ipv4Addr::new(192, 0, 2, last)))));
        }
        ("long.test.", RecordType::A) => message.metadata.truncation = true,
        ("both.test." | "count.test." | "long.test.", _) => {}
        _ => message.metadata.response_code = ResponseCode::NXDomain,
    }
    message.queries.push(query);
    message.to_vec().ok()
}

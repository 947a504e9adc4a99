//! DNS questions over UDP and TCP, broken ones among them.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::{PATIENCE, Registry};

const A: u16 = 1;
const SRV: u16 = 33;
const ANY: u16 = 255;

pub(super) async fn cycle(registry: Registry, dns: SocketAddr) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("DNS: {error}");
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
    socket.connect(dns).await.map_err(failed)?;
    for number in 0..10 {
        let name = ["stays.service.consul", "web-0.service.consul", "soak.node.consul", "none.service.consul"];
        let question = question(number, name[usize::from(number) % 4], [A, SRV, ANY][usize::from(number) % 3]);
        registry.count();
        // Broken ones first, which get a FORMERR or nothing.
        for broken in [&question[..7], &question[..question.len() - 3]] {
            socket.send(broken).await.map_err(failed)?;
        }
        socket.send(&question).await.map_err(failed)?;
        let mut answer = [0; 4096];
        let ours = async {
            loop {
                let length = socket.recv(&mut answer).await?;
                if length > 12 && answer[..2] == question[..2] {
                    return std::io::Result::Ok(());
                }
            }
        };
        timeout(PATIENCE, ours).await.map_err(|_| "a DNS question is not answered")?.map_err(failed)?;
    }
    let mut stream = TcpStream::connect(dns).await.map_err(failed)?;
    for number in 0..3 {
        registry.count();
        let question = question(number, "stays.service.consul", SRV);
        let length = u16::try_from(question.len()).expect("short").to_be_bytes();
        stream.write_all(&[&length[..], &question].concat()).await.map_err(failed)?;
        let asked = async {
            let length = stream.read_u16().await?;
            stream.read_exact(&mut vec![0; usize::from(length)]).await
        };
        timeout(PATIENCE, asked).await.map_err(|_| "DNS over TCP is not answered")?.map_err(failed)?;
    }
    Ok(())
}

/// A question packet (RFC 1035, 4.1).
fn question(id: u16, name: &str, kind: u16) -> Vec<u8> {
    let mut packet = [&id.to_be_bytes()[..], &[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]].concat();
    for label in name.split('.') {
        packet.push(u8::try_from(label.len()).expect("a short label"));
        packet.extend_from_slice(label.as_bytes());
    }
    packet.push(0);
    packet.extend_from_slice(&kind.to_be_bytes());
    packet.extend_from_slice(&[0, 1]);
    packet
}

//! Connections that end half-way, are slow or talk nonsense.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::Registry;

/// More than the buffers of a connection hold.
const BIG: usize = 500_000;
/// How long a slow client waits between two things.
const PAUSE: Duration = Duration::from_millis(40);

/// Something big to read.
pub(super) async fn begin(registry: &Registry) -> Result<(), String> {
    registry.put("/v1/kv/big", "x".repeat(BIG)).await.map(drop)
}

pub(super) async fn cycle(registry: Registry, cycle: u64, dns: SocketAddr) -> Result<(), String> {
    let address = registry.address;
    for number in 0..8 {
        registry.count();
        // What comes back is nothing to go by: the server may have had enough at any point.
        let _ = match number {
            0 => half(address, b"GET /v1/agent/self HTTP/1.1\r\nHost: ", false).await,
            1 => half(address, b"GET /v1/agent/self HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/kv/", true).await,
            2 => half(address, b"PUT /v1/kv/half HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf", false).await,
            3 => {
                half(address, b"PUT /v1/txn HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal", true)
                    .await
            }
            4 => half(address, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", false).await,
            5 => slow(address).await,
            6 => half(dns, &[0, 100, 0, 1, 1, 0], cycle.is_multiple_of(2)).await,
            _ => unread(address).await,
        };
    }
    Ok(())
}

/// Part of something, and then the end: a proper one or a reset.
async fn half(address: SocketAddr, part: &[u8], reset: bool) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(part).await?;
    tokio::time::sleep(PAUSE).await;
    if reset { stream.set_zero_linger() } else { stream.shutdown().await }
}

/// A big answer in small sips, then away in the middle of it.
async fn slow(address: SocketAddr) -> std::io::Result<()> {
    let mut stream = deaf(address).await?;
    let mut sip = [0; 512];
    for _ in 0..8 {
        stream.read_exact(&mut sip).await?;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// A big answer of which nothing is read.
async fn unread(address: SocketAddr) -> std::io::Result<()> {
    let stream = deaf(address).await?;
    tokio::time::sleep(PAUSE * 4).await;
    drop(stream);
    Ok(())
}

/// Asks for the big value, with a window that does not hold it.
async fn deaf(address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    socket.set_recv_buffer_size(4096)?;
    let mut stream = socket.connect(address).await?;
    stream.write_all(b"GET /v1/kv/big?raw HTTP/1.1\r\nHost: x\r\n\r\n").await?;
    Ok(stream)
}

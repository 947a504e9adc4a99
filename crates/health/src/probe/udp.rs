//! A port does not refuse datagrams. Silence is taken for consent: most protocols do not answer an empty one.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;

use crate::Outcome;
use crate::dial::{reason, resolve};

pub(super) async fn run(address: &str, timeout: Duration) -> Outcome {
    let remote = match tokio::time::timeout(timeout, resolve("udp", address)).await {
        Ok(Ok(addresses)) => addresses[0],
        Ok(Err(error)) => return Outcome::critical(error.to_string()),
        Err(_) => return Outcome::critical(format!("dial udp {address}: i/o timeout")),
    };
    match tokio::time::timeout(timeout, exchange(remote)).await {
        Ok(Err(text)) => Outcome::critical(text),
        Ok(Ok(())) | Err(_) => Outcome::passing(format!("UDP connect {address}: Success")),
    }
}

async fn exchange(remote: SocketAddr) -> Result<(), String> {
    let any = if remote.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let opened = async {
        let socket = UdpSocket::bind(any).await?;
        socket.connect(remote).await?;
        Ok::<_, io::Error>((socket.local_addr()?, socket))
    };
    let (local, socket) = opened.await.map_err(|error| format!("dial udp {remote}: {}", reason(&error)))?;
    let failed = |call: &str, error: io::Error| format!("{call} udp {local}->{remote}: {call}: {}", reason(&error));
    socket.send(&[]).await.map_err(|error| failed("write", error))?;
    socket.recv(&mut [0; 1]).await.map(drop).map_err(|error| failed("read", error))
}

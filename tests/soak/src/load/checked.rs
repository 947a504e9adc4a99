//! What the registry's checks look at: a small HTTP server, and a UDP port beside it.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;

/// Something that is well. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) address: SocketAddr,
    _served: JoinSet<()>,
}

impl Checked {
    pub(super) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let socket = UdpSocket::bind(address).await?;
        let mut served = JoinSet::new();
        served.spawn(serve(listener));
        served.spawn(echo(socket));
        Ok(Self { address, _served: served })
    }
}

async fn serve(listener: TcpListener) {
    let mut answers = JoinSet::new();
    loop {
        tokio::select! {
            Ok((mut stream, _)) = listener.accept() => {
                answers.spawn(async move {
                    let mut request = [0; 4096];
                    // A TCP check connects and goes.
                    if matches!(stream.read(&mut request).await, Ok(read) if read > 0) {
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nwell").await;
                    }
                });
            }
            Some(_) = answers.join_next() => {}
        }
    }
}

async fn echo(socket: UdpSocket) {
    let mut packet = [0; 1500];
    loop {
        if let Ok((length, from)) = socket.recv_from(&mut packet).await {
            let _ = socket.send_to(&packet[..length], from).await;
        }
    }
}

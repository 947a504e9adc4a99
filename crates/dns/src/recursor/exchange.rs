//! One question to one recursor: UDP, then TCP if the answer did not fit.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::Ask;
use super::message::Message;

/// Why a recursor gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The network, or the other end, did not work.
    #[error("no connection")]
    Network(#[from] std::io::Error),
    /// It took too long.
    #[error("no answer in time")]
    Time(#[from] tokio::time::error::Elapsed),
    /// What came over TCP is no answer to the question.
    #[error("its answer is damaged")]
    Damaged,
}

/// Asks `server`; each of the two ways may take `patience`.
pub async fn ask(server: SocketAddr, ask: &Ask, patience: Duration) -> Result<Message, AskError> {
    // A fresh port and a random ID for each question: what a forger has to guess.
    let id = RandomState::new().build_hasher().finish() as u16;
    let message = timeout(patience, over_udp(server, ask, id)).await??;
    if !message.is_truncated() {
        return Ok(message);
    }
    match timeout(patience, over_tcp(server, ask, id)).await {
        Ok(Ok(whole)) => Ok(whole),
        // A part of the answer, marked as one, is better than none.
        Ok(Err(_)) | Err(_) => Ok(message),
    }
}

async fn over_udp(server: SocketAddr, ask: &Ask, id: u16) -> Result<Message, AskError> {
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    // Connected, so that the kernel drops what others send, and says when nobody is there.
    socket.connect(server).await?;
    socket.send(&ask.packet(id)).await?;
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        let length = socket.recv(&mut buffer).await?;
        // Anything else than the answer may be forged: go on waiting.
        if let Some(message) = Message::read(buffer[..length].to_vec(), ask, id) {
            return Ok(message);
        }
    }
}

async fn over_tcp(server: SocketAddr, ask: &Ask, id: u16) -> Result<Message, AskError> {
    let mut stream = TcpStream::connect(server).await?;
    let packet = ask.packet(id);
    let mut question = (packet.len() as u16).to_be_bytes().to_vec();
    question.extend_from_slice(&packet);
    stream.write_all(&question).await?;
    let length = stream.read_u16().await?;
    let mut answer = vec![0; usize::from(length)];
    stream.read_exact(&mut answer).await?;
    Message::read(answer, ask, id).ok_or(AskError::Damaged)
}

//! TCP: messages behind their length (RFC 1035 §4.2.2), answered one after another on each connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::server::{Dns, Handled, Scratch, Transport};

/// How long a client may be silent, or not take its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many clients are served at once; others wait to be accepted.
const MOST_CLIENTS: usize = 1024;

/// Serves `listener` until `shutdown`.
pub async fn serve(dns: Dns, listener: TcpListener, shutdown: CancellationToken) {
    let places = Arc::new(Semaphore::new(MOST_CLIENTS));
    let mut clients = JoinSet::new();
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            (place, accepted) = accepted => match accepted {
                Ok((stream, _)) => {
                    let dns = dns.clone();
                    clients.spawn(async move {
                        let _place = place;
                        if let Err(error) = connection(dns, stream).await {
                            debug!(%error, "a DNS connection ended early");
                        }
                    });
                }
                Err(error) => {
                    // Out of descriptors, mostly: others may be closed meanwhile.
                    warn!(%error, "a DNS connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = clients.join_next(), if !clients.is_empty() => {}
            () = shutdown.cancelled() => break,
        }
    }
    clients.shutdown().await;
}

async fn connection(dns: Dns, mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut scratch = Scratch::default();
    let (mut packet, mut message) = (Vec::new(), Vec::new());
    loop {
        let mut length = [0; 2];
        match timeout(PATIENCE, stream.read_exact(&mut length)).await {
            // The end between two messages is how connections end.
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(()),
            read => read??,
        };
        packet.resize(usize::from(u16::from_be_bytes(length)), 0);
        timeout(PATIENCE, stream.read_exact(&mut packet)).await??;
        let reply = match dns.handle(&packet, Transport::Tcp, &mut scratch) {
            // Noise has no answer, but its length says where the next message begins.
            Handled::Silence => continue,
            Handled::Reply => scratch.packet().to_vec(),
            Handled::Others => dns.ask_others(&packet, Transport::Tcp).await,
        };
        message.clear();
        message.extend_from_slice(&(reply.len() as u16).to_be_bytes());
        message.extend_from_slice(&reply);
        timeout(PATIENCE, stream.write_all(&message)).await??;
    }
}

//! UDP: packets are answered where they are read; what needs a recursor gets a task of its own.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::server::{Dns, Handled, Scratch, Transport};

/// How many packets are read before others get their turn.
const BURST: usize = 64;
/// How many questions may wait for recursors; those above it are dropped, and their clients ask again.
const MOST_WAITING: usize = 1024;
/// The longest packet.
const LONGEST: usize = 65_535;

/// Serves `socket` until `shutdown`.
pub async fn serve(dns: Dns, socket: UdpSocket, shutdown: CancellationToken) {
    let socket = Arc::new(socket);
    let mut worker = Worker { dns, socket: Arc::clone(&socket), scratch: Scratch::default(), waiting: JoinSet::new() };
    let mut buffer = vec![0; LONGEST];
    let mut stopped = std::pin::pin!(shutdown.cancelled());
    loop {
        tokio::select! {
            ready = socket.readable() => match ready {
                Ok(()) => worker.take(&mut buffer),
                Err(error) => {
                    warn!(%error, "DNS over UDP ends: its socket failed");
                    break;
                }
            },
            Some(_) = worker.waiting.join_next(), if !worker.waiting.is_empty() => {}
            () = &mut stopped => break,
        }
    }
    worker.waiting.shutdown().await;
}

struct Worker {
    dns: Dns,
    socket: Arc<UdpSocket>,
    scratch: Scratch,
    waiting: JoinSet<()>,
}

impl Worker {
    /// Reads and answers what is there, up to [`BURST`].
    fn take(&mut self, buffer: &mut [u8]) {
        for _ in 0..BURST {
            match self.socket.try_recv_from(buffer) {
                Ok((length, client)) => self.packet(&buffer[..length], client),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return,
                // An earlier answer found nobody, mostly.
                Err(error) => debug!(%error, "a DNS packet could not be read"),
            }
        }
    }

    fn packet(&mut self, packet: &[u8], client: SocketAddr) {
        match self.dns.handle(packet, Transport::Udp, &mut self.scratch) {
            Handled::Silence => {}
            // A full send buffer loses the answer, as UDP may: the client asks again.
            Handled::Reply => sent(self.socket.try_send_to(self.scratch.packet(), client)),
            Handled::Others if self.waiting.len() >= MOST_WAITING => debug!("a DNS question too many is dropped"),
            Handled::Others => {
                let (dns, socket, packet) = (self.dns.clone(), Arc::clone(&self.socket), packet.to_vec());
                self.waiting.spawn(async move {
                    let reply = dns.ask_others(&packet, Transport::Udp).await;
                    sent(socket.send_to(&reply, client).await);
                });
            }
        }
    }
}

fn sent(result: std::io::Result<usize>) {
    if let Err(error) = result {
        debug!(%error, "a DNS answer could not be sent");
    }
}

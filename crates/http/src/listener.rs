//! Where connections come from: a port, or a socket in the file system.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// After so long a silence the system asks whether the client is still there, as Go's servers have it.
const ALIVE_AFTER: Duration = Duration::from_secs(15);

/// Hands out connections.
pub trait Listener: Send + Sync + 'static {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection with its client's address; none: somebody on this host, by a socket.
    fn next(&self) -> impl Future<Output = io::Result<(Self::Stream, Option<IpAddr>)>> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn next(&self) -> io::Result<(TcpStream, Option<IpAddr>)> {
        let (stream, client) = self.accept().await?;
        // Answers are written whole: nothing is gained by waiting for more.
        let _ = stream.set_nodelay(true);
        let alive = TcpKeepalive::new().with_time(ALIVE_AFTER).with_interval(ALIVE_AFTER);
        let _ = SockRef::from(&stream).set_tcp_keepalive(&alive);
        Ok((stream, Some(client.ip())))
    }
}

impl Listener for UnixListener {
    type Stream = UnixStream;

    async fn next(&self) -> io::Result<(UnixStream, Option<IpAddr>)> {
        let (stream, _) = self.accept().await?;
        Ok((stream, None))
    }
}

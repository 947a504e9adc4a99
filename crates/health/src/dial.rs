//! Connections, with the errors in the words that Go has for them: people search for those.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};

/// A connection, whatever it runs over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Why there is no connection. Displays as Go's error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    #[error("dial {network}: address {address}: missing port in address")]
    MissingPort { network: &'static str, address: String },
    #[error("dial {network}: lookup {host}: {reason}")]
    Lookup { network: &'static str, host: String, reason: String },
    #[error("dial {network} {address}: connect: {reason}")]
    Connect { network: &'static str, address: SocketAddr, reason: String },
    #[error("dial {network} {address}: i/o timeout")]
    Timeout { network: &'static str, address: String },
    #[error("tls: {0}")]
    Tls(String),
}

/// The addresses that `host:port` stands for.
pub(crate) async fn resolve(network: &'static str, address: &str) -> Result<Vec<SocketAddr>, DialError> {
    let missing = || DialError::MissingPort { network, address: address.to_owned() };
    let (host, port) = address.rsplit_once(':').ok_or_else(missing)?;
    if port.parse::<u16>().is_err() || host.ends_with(':') {
        return Err(missing());
    }
    // Nothing before the port is this host.
    let wanted = if host.is_empty() { format!("localhost:{port}") } else { address.to_owned() };
    let failed = |reason: String| DialError::Lookup { network, host: host.to_owned(), reason };
    let found: Vec<SocketAddr> = match lookup_host(wanted).await {
        Ok(found) => found.collect(),
        Err(_) => Vec::new(),
    };
    if found.is_empty() { Err(failed("no such host".to_owned())) } else { Ok(found) }
}

/// Connects to the first address that takes the connection.
pub(crate) async fn connect(address: &str) -> Result<TcpStream, DialError> {
    let mut first = None;
    for address in resolve("tcp", address).await? {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // A probe is one small question.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => {
                let failed = DialError::Connect { network: "tcp", address, reason: reason(&error) };
                first.get_or_insert(failed);
            }
        }
    }
    Err(first.expect("resolve returns at least one address"))
}

/// The same within `timeout`.
pub(crate) async fn connect_within(address: &str, timeout: Duration) -> Result<TcpStream, DialError> {
    match tokio::time::timeout(timeout, connect(address)).await {
        Ok(result) => result,
        Err(_) => Err(DialError::Timeout { network: "tcp", address: address.to_owned() }),
    }
}

/// The system's words as Go writes them: lower case, without the number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

//! The counter in Redis: one `INCR` per hit.
//!
//! One command with a one-line answer needs no Redis client library, and each hit has a connection of its own: an
//! `INCR` on a connection that broke may or may not have counted, so it must never be tried again on another one.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(2);
const INCREMENT: &[u8] = b"*2\r\n$4\r\nINCR\r\n$4\r\nhits\r\n";
/// Longer than any answer to `INCR`.
const LONGEST_REPLY: u64 = 512;

/// The counter `hits` of one Redis server.
pub(crate) struct Counter {
    host: String,
    port: u16,
}

/// Why a hit was not counted (or perhaps not: see `Lost`).
#[derive(Debug, thiserror::Error)]
pub(crate) enum IncrementError {
    #[error("cannot reach redis at {host}:{port}")]
    Unreachable { host: String, port: u16, source: std::io::Error },
    #[error("redis at {host}:{port} did not answer within {PATIENCE:?}")]
    Slow { host: String, port: u16 },
    #[error("redis at {host}:{port} went away before it answered")]
    Lost { host: String, port: u16, source: std::io::Error },
    #[error("redis at {host}:{port} answered {reply:?}")]
    Refused { host: String, port: u16, reply: String },
}

impl Counter {
    pub(crate) fn new(host: String, port: u16) -> Self {
        Self { host, port }
    }

    /// Adds one and gives the new value.
    pub(crate) async fn increment(&self) -> Result<u64, IncrementError> {
        let Self { host, port } = self;
        match tokio::time::timeout(PATIENCE, self.exchange()).await {
            Ok(result) => result,
            Err(_) => Err(IncrementError::Slow { host: host.clone(), port: *port }),
        }
    }

    async fn exchange(&self) -> Result<u64, IncrementError> {
        let (host, port) = (self.host.clone(), self.port);
        let mut stream = TcpStream::connect((host.as_str(), port))
            .await
            .map_err(|source| IncrementError::Unreachable { host: host.clone(), port, source })?;
        let reply =
            ask(&mut stream).await.map_err(|source| IncrementError::Lost { host: host.clone(), port, source })?;
        parse_integer(&reply).ok_or(IncrementError::Refused { host, port, reply })
    }
}

async fn ask(stream: &mut TcpStream) -> std::io::Result<String> {
    stream.set_nodelay(true)?;
    stream.write_all(INCREMENT).await?;
    let mut reply = String::new();
    BufReader::new(stream.take(LONGEST_REPLY)).read_line(&mut reply).await?;
    if reply.ends_with("\r\n") {
        Ok(reply.trim_end().to_owned())
    } else {
        Err(std::io::ErrorKind::UnexpectedEof.into())
    }
}

/// RESP's integer: `:42`.
fn parse_integer(reply: &str) -> Option<u64> {
    reply.strip_prefix(':')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// A server that reads one command and answers `reply`.
    async fn redis_that_answers(reply: &'static [u8]) -> (Counter, tokio::task::JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut command = vec![0; INCREMENT.len()];
            stream.read_exact(&mut command).await.unwrap();
            stream.write_all(reply).await.unwrap();
            command
        });
        (Counter::new("127.0.0.1".to_owned(), port), server)
    }

    #[tokio::test]
    async fn the_new_value_comes_from_redis() {
        let (counter, server) = redis_that_answers(b":42\r\n").await;
        assert_eq!(counter.increment().await.unwrap(), 42);
        assert_eq!(server.await.unwrap(), b"*2\r\n$4\r\nINCR\r\n$4\r\nhits\r\n");
    }

    #[tokio::test]
    async fn an_error_reply_is_passed_on_in_its_own_words() {
        let (counter, _server) = redis_that_answers(b"-LOADING Redis is loading the dataset in memory\r\n").await;
        let error = counter.increment().await.unwrap_err();
        assert!(error.to_string().contains("LOADING Redis is loading"), "{error}");
    }

    #[tokio::test]
    async fn an_answer_cut_short_is_no_answer() {
        let (counter, _server) = redis_that_answers(b":4").await;
        assert!(matches!(counter.increment().await.unwrap_err(), IncrementError::Lost { .. }));
    }

    #[tokio::test]
    async fn no_redis_is_said_with_its_address() {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let error = Counter::new("127.0.0.1".to_owned(), port).increment().await.unwrap_err();
        assert_eq!(error.to_string(), format!("cannot reach redis at 127.0.0.1:{port}"));
    }
}

//! Targets that the URL standard does not allow and Consul's users send all the same: `?filter=Port=="80"`.
//!
//! hyper refuses a bare `"`, `<` or `>` in a query, and leaves off what follows a `#`. So the first line of each request is read here before hyper
//! sees it, and what may not stand there is percent-encoded, which means the same.
//!
//! Here is also seen how long a request's head takes: a client that began one has to end it in time, one that is silent
//! between two requests may be so as long as it likes.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a client may take for the head of a request that it has begun.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// What the reader of requests tells their connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct NextRequest(Arc<Progress>);

#[derive(Debug, Default)]
struct Progress {
    /// A request with its whole body is taken: what comes next begins with a request line.
    next: AtomicBool,
    /// Bytes of a head are read, and not yet all of them.
    in_head: AtomicBool,
}

impl NextRequest {
    /// The request under way is read to its end.
    pub(crate) fn is_next(&self) {
        self.0.next.store(true, Ordering::Release);
    }

    /// The head of the request under way is read.
    pub(crate) fn has_head(&self) {
        self.0.in_head.store(false, Ordering::Release);
    }
}

/// A connection whose request lines are in order. A request that is sent before the one ahead of it was read to
/// its end is passed on as it is.
#[derive(Debug)]
pub(crate) struct RequestLines<S> {
    stream: S,
    next: NextRequest,
    /// In a request line, and past its method.
    line: Option<bool>,
    /// What is read and encoded, but did not fit into the reader's buffer.
    left: Vec<u8>,
    /// When the head under way is over time; none as long as it came in one piece.
    head_time: Option<Pin<Box<Sleep>>>,
}

impl<S> RequestLines<S> {
    pub(crate) fn new(stream: S, next: NextRequest) -> Self {
        next.is_next();
        Self { stream, next, line: Some(false), left: Vec::new(), head_time: None }
    }

    /// Whether a head that was begun has taken too long. Polled when more of it is waited for.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.next.0.in_head.load(Ordering::Acquire) {
            self.head_time = None;
            return false;
        }
        let head_time = self.head_time.get_or_insert_with(|| Box::pin(sleep(HEAD_TIME)));
        head_time.as_mut().poll(cx).is_ready()
    }

    /// What is still of the line in `bytes`, with what must be encoded; none if nothing must be.
    fn encode(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut encoded: Option<Vec<u8>> = None;
        let mut plain_from = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            match byte {
                b'\n' => {
                    self.line = None;
                    break;
                }
                b' ' => self.line = Some(true),
                b'"' | b'#' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}' | b'\\' | 0x80..
                    if self.line == Some(true) =>
                {
                    let encoded = encoded.get_or_insert_default();
                    encoded.extend_from_slice(&bytes[plain_from..at]);
                    encoded.extend_from_slice(format!("%{byte:02X}").as_bytes());
                    plain_from = at + 1;
                }
                _ => {}
            }
        }
        let mut encoded = encoded?;
        encoded.extend_from_slice(&bytes[plain_from..]);
        Some(encoded)
    }

    fn hand_over(&mut self, buffer: &mut ReadBuf<'_>) {
        let count = self.left.len().min(buffer.remaining());
        buffer.put_slice(&self.left[..count]);
        self.left.drain(..count);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for RequestLines<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.left.is_empty() {
            this.hand_over(buffer);
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        if this.is_late(cx) {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the head of a request took too long")));
        }
        ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() == before {
            return Poll::Ready(Ok(()));
        }
        if this.next.0.next.swap(false, Ordering::AcqRel) {
            this.line = Some(false);
            this.next.0.in_head.store(true, Ordering::Release);
        }
        if this.line.is_some()
            && let Some(encoded) = this.encode(&buffer.filled()[before..])
        {
            this.left = encoded;
            buffer.set_filled(before);
            this.hand_over(buffer);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for RequestLines<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// What hyper would read of `parts`, each sent after the one before was read.
    async fn read(parts: &[(&str, bool)]) -> String {
        let (mut client, server) = tokio::io::duplex(1024);
        let next = NextRequest::default();
        let mut lines = RequestLines::new(server, next.clone());
        let mut seen = Vec::new();
        for (part, is_next) in parts {
            if *is_next {
                next.is_next();
            }
            client.write_all(part.as_bytes()).await.unwrap();
            let mut buffer = [0; 7];
            loop {
                tokio::select! {
                    biased;
                    count = lines.read(&mut buffer) => seen.extend_from_slice(&buffer[..count.unwrap()]),
                    () = std::future::ready(()) => break,
                }
            }
        }
        drop(client);
        lines.read_to_end(&mut seen).await.unwrap();
        String::from_utf8(seen).unwrap()
    }

    #[tokio::test]
    async fn the_target_is_encoded_and_nothing_else() {
        let request = "PUT /v1/kv/é?x=\"<>^` HTTP/1.1\r\nA: \"<>\r\n\r\n\"body\"\n<>";
        let expected = "PUT /v1/kv/%C3%A9?x=%22%3C%3E%5E%60 HTTP/1.1\r\nA: \"<>\r\n\r\n\"body\"\n<>";
        assert_eq!(read(&[(request, false)]).await, expected);
    }

    #[tokio::test]
    async fn a_line_may_come_in_pieces_and_a_body_is_no_line() {
        let parts = [("GET /a?\"", false), ("\" HTTP/1.1\r\n\r\n", false), ("\"body\"\n", false)];
        assert_eq!(read(&parts).await, "GET /a?%22%22 HTTP/1.1\r\n\r\n\"body\"\n");
        let next = [("GET /a HTTP/1.1\r\n\r\n", false), ("GET /\"b\" HTTP/1.1\r\n\r\n", true)];
        assert_eq!(read(&next).await, "GET /a HTTP/1.1\r\n\r\nGET /%22b%22 HTTP/1.1\r\n\r\n");
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_was_begun_has_to_end_in_time_and_silence_before_it_is_none() {
        let (mut client, server) = tokio::io::duplex(1024);
        let next = NextRequest::default();
        let mut lines = RequestLines::new(server, next.clone());
        let mut buffer = [0; 64];
        let patient = tokio::time::timeout(Duration::from_secs(3600), lines.read(&mut buffer));
        assert!(patient.await.is_err(), "nothing was sent, and nothing is wrong with that");
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        assert_eq!(lines.read(&mut buffer).await.unwrap(), 18);
        next.has_head();
        next.is_next();
        let patient = tokio::time::timeout(Duration::from_secs(3600), lines.read(&mut buffer));
        assert!(patient.await.is_err(), "silence between two requests");
        client.write_all(b"GET").await.unwrap();
        assert_eq!(lines.read(&mut buffer).await.unwrap(), 3);
        let begun = tokio::time::Instant::now();
        assert_eq!(lines.read(&mut buffer).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed().as_secs(), HEAD_TIME.as_secs());
    }
}

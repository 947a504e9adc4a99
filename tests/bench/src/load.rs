//! Requests over many connections, each with one request under way, for a fixed time or number.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::server::Server;

/// How many keys are written.
const KEYS: usize = 10_000;
/// A load of a fixed number that takes longer has failed.
const AT_MOST: Duration = Duration::from_secs(120);

/// What one run gave.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample {
    /// Requests a second; or the one number of a row that is no load.
    pub value: f64,
    /// The server's CPU time per request, in microseconds.
    pub cpu_micros: Option<f64>,
    /// Half of the requests took less, in milliseconds.
    pub median_millis: Option<f64>,
    /// 99 of 100 requests took less, in milliseconds.
    pub p99_millis: Option<f64>,
}

/// A load.
#[derive(Clone)]
pub struct Load {
    connections: usize,
    time: Duration,
    count: usize,
    /// Method, target and body of a request by its number.
    request: Arc<dyn Fn(usize) -> (&'static str, String, String) + Send + Sync>,
}

impl Load {
    pub fn get(path: &'static str, connections: usize, time: Duration) -> Self {
        let request = move |_| ("GET", path.to_owned(), String::new());
        Self { connections, time, count: usize::MAX, request: Arc::new(request) }
    }

    /// Values of 256 bytes, each another one, for [`KEYS`] keys under `path` in turn: so what is stored in the end
    /// does not depend on how quick a server is.
    pub fn put(path: &'static str, connections: usize, time: Duration) -> Self {
        let request = move |number| ("PUT", format!("{path}{}", number % KEYS), format!("{number:0256}"));
        Self { connections, time, count: usize::MAX, request: Arc::new(request) }
    }

    /// So many requests.
    pub fn count(
        connections: usize,
        count: usize,
        request: impl Fn(usize) -> (&'static str, String, String) + Send + Sync + 'static,
    ) -> Self {
        Self { connections, time: AT_MOST, count, request: Arc::new(request) }
    }

    pub async fn run(&self, server: &Server) -> Result<Sample> {
        self.run_on(&server.address, || server.cpu()).await
    }

    pub async fn run_on(&self, address: &str, cpu: impl Fn() -> Result<Duration>) -> Result<Sample> {
        let before = cpu()?;
        let begun = Instant::now();
        let next = Arc::new(AtomicUsize::new(0));
        let mut clients = JoinSet::new();
        for _ in 0..self.connections {
            clients.spawn(self.clone().client(address.to_owned(), Arc::clone(&next), begun + self.time));
        }
        let mut times: Vec<Duration> = Vec::new();
        while let Some(done) = clients.join_next().await {
            times.extend(done??);
        }
        let (elapsed, cpu) = (begun.elapsed(), cpu()? - before);
        times.sort_unstable();
        let requests = times.len() as f64;
        if self.count != usize::MAX && times.len() < self.count {
            bail!("{} of {} requests were answered within {AT_MOST:?}", times.len(), self.count);
        }
        let one_of_100 = |rank: usize| times.get(times.len() * rank / 100).context("no request was answered");
        let (median, p99) = (one_of_100(50)?, one_of_100(99)?);
        Ok(Sample {
            value: requests / elapsed.as_secs_f64(),
            cpu_micros: Some(cpu.as_micros() as f64 / requests),
            median_millis: Some(median.as_secs_f64() * 1000.0),
            p99_millis: Some(p99.as_secs_f64() * 1000.0),
        })
    }

    async fn client(self, address: String, next: Arc<AtomicUsize>, until: Instant) -> Result<Vec<Duration>> {
        let mut stream = TcpStream::connect(&address).await?;
        stream.set_nodelay(true)?;
        let (mut times, mut buffer) = (Vec::new(), Vec::with_capacity(64 << 10));
        while Instant::now() < until {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= self.count {
                break;
            }
            let (method, target, body) = (self.request)(number);
            let request = text(method, &target, &body);
            let begun = Instant::now();
            stream.write_all(request.as_bytes()).await?;
            answer(&mut stream, &mut buffer).await?;
            times.push(begun.elapsed());
        }
        Ok(times)
    }
}

fn text(method: &str, target: &str, body: &str) -> String {
    match method {
        "GET" => format!("GET {target} HTTP/1.1\r\nHost: bench\r\n\r\n"),
        _ => {
            let length = body.len();
            format!("{method} {target} HTTP/1.1\r\nHost: bench\r\nContent-Length: {length}\r\n\r\n{body}")
        }
    }
}

/// One request on a connection of its own; the body.
pub async fn once(address: &str, method: &str, path: &str, body: &str) -> Result<String> {
    let (buffer, start) = whole(address, method, path, body).await?;
    Ok(String::from_utf8_lossy(&buffer[start..]).into_owned())
}

/// The headers of the answer to a GET.
pub async fn head(address: &str, path: &str) -> Result<String> {
    let (buffer, start) = whole(address, "GET", path, "").await?;
    Ok(String::from_utf8_lossy(&buffer[..start]).into_owned())
}

/// The whole answer to a GET, as it comes.
pub async fn raw(address: &str, path: &str) -> Result<Vec<u8>> {
    Ok(whole(address, "GET", path, "").await?.0)
}

async fn whole(address: &str, method: &str, path: &str, body: &str) -> Result<(Vec<u8>, usize)> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(text(method, path, body).as_bytes()).await?;
    let mut buffer = Vec::new();
    let start = answer(&mut stream, &mut buffer).await?;
    Ok((buffer, start))
}

/// The value of a header, by its name in lower case.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (own, value) = line.split_once(':')?;
        own.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Reads one answer, which must be 200 with a length; where its body starts.
pub async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<usize> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&buffer[..end])?;
        if !head.starts_with("HTTP/1.1 200") {
            bail!("the server answered {:?}", head.lines().next().unwrap_or_default());
        }
        let length = header(head, "content-length").and_then(|value| value.parse::<usize>().ok());
        let chunked = header(head, "transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
        match length {
            Some(length) => {
                let whole = end + 4 + length;
                while buffer.len() < whole {
                    if stream.read_buf(buffer).await? == 0 {
                        bail!("the server closed the connection");
                    }
                }
            }
            None if chunked => {
                while !buffer.ends_with(b"0\r\n\r\n") {
                    if stream.read_buf(buffer).await? == 0 {
                        bail!("the server closed the connection");
                    }
                }
            }
            None => bail!("an answer without length"),
        }
        return Ok(end + 4);
    }
}
